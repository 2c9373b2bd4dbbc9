"""Secrets of the configuration, kept out of what people and logs see, wherever a program lets them out."""

from __future__ import annotations

import json
from collections.abc import Iterable

MASK = "[secret]"
_SHORTEST = 3
"""Shorter ones would be found everywhere; the official engine lets them pass, too."""


class Mask:
    """Replaces secrets in texts, plain or as JSON writes them."""

    def __init__(self, secrets: Iterable[str] = ()):
        told = {form for text in secrets if len(text) >= _SHORTEST for form in (text, json.dumps(text)[1:-1])}
        # A secret that holds another one goes first.
        self._secrets = sorted(told, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text
