"""Other programs that do a part of the work, where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence

from engine.provider import ProviderError

SECONDS = 300.0


def run(commands: Mapping[str, Sequence[str]], purpose: str, text: str = "") -> str:
    """The output of the first program that is installed, called with its arguments and given `text`.

    Raises `ProviderError` when none is on PATH, when it fails, or when it takes longer than five minutes.
    """
    name = next((name for name in commands if shutil.which(name)), None)
    if name is None:
        wanted = " or ".join(f"`{name}`" for name in commands)
        raise ProviderError(
            f"the embedded engine needs {wanted} on PATH to {purpose}: install it, or run the program with the "
            "official Pulumi CLI (https://www.pulumi.com/docs/install/)"
        )
    try:
        done = subprocess.run(
            [name, *commands[name]], input=text, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ProviderError(f"`{name}` did not finish within {SECONDS:.0f} s; it was to {purpose}") from error
    if done.returncode:
        raise ProviderError(f"`{name}` failed to {purpose}: {(done.stderr or done.stdout).strip()}")
    return done.stdout
