"""Waiting until a lab that was just started is ready, and saying why it does not get there."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from lab.config import Config
from lab.control import ask
from lab.errors import Forbidden, NotRunning, StartFailed
from lab.namespaces import kernel_settings, refusal

PATIENCE = 90.0  # seconds a lab has to become ready; a busy machine is slow
OFTEN_ENOUGH = 4  # ends in a row after which a part is thought not to work at all
ROOM = 16 << 20  # bytes without which nothing can be expected to work
POLL = 0.05  # seconds between two questions


def wait_ready(config: Config, first: subprocess.Popen[bytes]) -> None:
    """Returns when the lab can take pods. Raises `Forbidden` or `StartFailed`."""
    end = time.monotonic() + PATIENCE
    waiting_for = "its first process"
    while time.monotonic() < end:
        if first.poll() is not None:
            raise _ended(config)
        with suppress(NotRunning):  # it does not listen yet
            status = ask(config, {"do": "status"})
            if not (waiting_for := status["waiting_for"]):
                return
            _check(config, status)
        time.sleep(POLL)
    raise _failed(config, f"it still waits for {waiting_for} after {PATIENCE:.0f} seconds")


def _check(config: Config, status: Mapping[str, Any]) -> None:
    for component in status["components"]:
        if component["failures"] >= OFTEN_ENOUGH:
            raise _failed(
                config, f"{component['name']} keeps ending: {_last_words(config, component['name'])}"
            )


def _ended(config: Config) -> Forbidden | StartFailed:
    said = _last_words(config, "supervisor")
    if "unshare: " in said or "unshare failed" in said:
        return Forbidden(refusal(said, kernel_settings(), os.getuid() == 0))
    return _failed(config, f"its first process ended: {said}")


def _failed(config: Config, reason: str) -> StartFailed:
    if shutil.disk_usage(config.state).free < ROOM:
        reason = f"there is no room left on the disk that holds {config.state}; {reason}"
    return StartFailed(f"The lab {config.name!r} did not start: {reason}")


def _last_words(config: Config, component: str) -> str:
    with suppress(OSError):
        return telling((config.logs / f"{component}.log").read_text(errors="replace"))
    return ""


def telling(log: str) -> str:
    """The lines of a log that are most likely to say why its program ended."""
    lines = [line for line in log.splitlines() if line.strip()]
    complaints = [
        line for line in lines if re.search(r"error|fatal|panic|fail|denied|refused", line, re.IGNORECASE)
    ]
    return "\n".join((complaints or lines)[-3:])
