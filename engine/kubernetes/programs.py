"""Other programs that do a part of the work, where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence

from engine.provider import ProviderError

# A chart may wait ten minutes for its pods.
SECONDS = 900.0


class ProgramFailed(ProviderError):
    """A program was started and ended with an error, or did not end in time."""


def missing(names: Iterable[str], purpose: str) -> str:
    """Why that can't be done here, empty if one of the programs is installed."""
    if any(shutil.which(name) for name in names):
        return ""
    wanted = " or ".join(f"`{name}`" for name in names)
    return (
        f"the embedded engine needs {wanted} on PATH to {purpose}: install it, or run the program with the "
        "official Pulumi CLI (https://www.pulumi.com/docs/install/)"
    )


def run(commands: Mapping[str, Sequence[str]], purpose: str, text: str = "") -> str:
    """The output of the first of the programs that is installed, called with its arguments and given `text`.

    Raises `ProviderError` when none is installed and `ProgramFailed` when it fails or takes too long.
    """
    reason = missing(commands, purpose)
    if reason:
        raise ProviderError(reason)
    name = next(name for name in commands if shutil.which(name))
    try:
        done = subprocess.run(
            [name, *commands[name]], input=text, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ProgramFailed(f"`{name}` did not finish within {SECONDS:.0f} s; it was to {purpose}") from error
    if done.returncode:
        raise ProgramFailed(f"`{name}` failed to {purpose}: {(done.stderr or done.stdout).strip()}")
    return done.stdout
