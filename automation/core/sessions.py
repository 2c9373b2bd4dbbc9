"""Session affinity: users who met the canary stay there, until a run ends and they are let go."""

import hashlib
from dataclasses import replace

from automation.core.analysis import Analysis
from automation.core.traffic import Traffic

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def kept_apart(analysis: Analysis, traffic: Traffic, before: Traffic, attempt: str) -> Traffic:
    """The traffic with the cookie of its users: one for each run, made from the attempt that begins it."""
    if analysis.affinity is None or traffic.match:
        return traffic
    if traffic.on_primary:
        return replace(traffic, expired=before.withdrawn().expired)
    return replace(traffic, affinity=before.affinity or _value(attempt))


def _value(attempt: str) -> str:
    """Ten letters that nobody can guess from another run's, as Flagger's cookies have."""
    digest = hashlib.sha256(attempt.encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:10])
