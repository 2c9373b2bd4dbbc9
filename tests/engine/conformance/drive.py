"""What the cases that drive stacks by the Automation API share; it lies beside each of their programs."""

import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from pulumi import automation as auto
from pulumi.automation import errors
from pulumi.automation import events as kinds

__all__ = ["auto", "errors", "heard", "pulumi", "quietly", "refused", "say", "tell", "workspace"]


def pulumi() -> Any:
    """The command object of the engine that is asked."""
    if os.environ["ENGINE"] == "official":
        return auto.PulumiCommand()
    from engine.command import EmbeddedPulumi

    return EmbeddedPulumi()


def workspace(program: Callable[[], None] | None = None, **options: Any) -> auto.LocalWorkspace:
    """The project's folder, with a program of the driver's own, if any."""
    return auto.LocalWorkspace(work_dir=os.getcwd(), program=program, pulumi_command=pulumi(), **options)


_turn = threading.Lock()


def say(text: object) -> None:
    """Print a line, whole: what is heard and what is printed come from threads of their own."""
    with _turn:
        print(text, flush=True)


def tell(name: str, value: Any) -> None:
    """Print a value under a name."""
    say(f"{name}: {json.dumps(value, default=_plain, sort_keys=True)}")


def heard(event: auto.EngineEvent) -> None:
    """Print an event, but for debug messages."""
    for name, body in vars(event).items():
        if isinstance(body, kinds.BaseEvent) and getattr(body, "severity", "") != "debug":
            tell(name, {**vars(body), "duration_seconds": 0})


# A program that an engine ends leaves coroutines behind; when these are collected is chance.
sys.unraisablehook = lambda _: None
quietly: dict[str, Any] = {"on_event": heard, "on_output": say, "color": "never"}
"""What every operation is called with."""


def refused(name: str, call: Callable[[], Any]) -> None:
    """Print what a call that fails raises."""
    try:
        tell(name, call())
    except Exception as error:  # noqa: BLE001  which one it is, is what is asked
        tell(name, type(error).__name__)
        say(error)


def _plain(value: Any) -> Any:
    return vars(value) if hasattr(value, "__dict__") else str(value)
