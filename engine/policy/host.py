"""Runs a policy pack as `python -m pulumi.policy` does, and lets the same process serve one stack after another.

Started as a script by the pack's own interpreter, which may know nothing of this project: only the standard
library and the pack's `pulumi` are imported. The pack's code and `pulumi_policy` run as they are; added is that

- ConfigureStack brings project, stack and configuration up to date in the places where the SDK looks for them;
- its answer says (trailer `stack-bound`) whether the pack's own module has read any of these while it was
  loaded; such a process can serve only the stack it was started for;
- properties of a request are decoded once, not once for each policy;
- the process ends when its standard input does, so with whoever started it.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import threading
from contextvars import ContextVar
from typing import Any

BOUND = "stack-bound"
_STACK_ATTRIBUTES = ("stack", "project", "dry_run", "organization")


class Watch:
    """Whether the pack has read anything of the stack. `reading` is set while its own module is being loaded."""

    reading = True
    bound = False

    def note(self) -> None:
        if self.reading:
            self.bound = True


def main() -> None:
    """Arguments: the engine's address and the pack's program, as those of `pulumi.policy`."""
    # A script's own folder leads sys.path; `python -m` puts the working folder there.
    sys.path[0] = ""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    watch = Watch()
    config = _watched_config(watch)
    _watch_settings(watch)
    _wrap_servicer(watch, config)
    _decode_once()
    runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    # Not through sys.stdin: its lock would be held when the interpreter shuts down.
    while os.read(0, 4096):
        pass
    os._exit(0)


def _watched_config(watch: Watch) -> dict[str, Any]:
    """Replaces the SDK's empty default configuration by one that notices being read."""
    from pulumi.runtime import config

    class Watched(dict):  # type: ignore[type-arg]
        def __contains__(self, key: object) -> bool:
            watch.note()
            return super().__contains__(key)

    values: dict[str, Any] = Watched()
    config.CONFIG = ContextVar("global_config", default=values)
    return values


def _watch_settings(watch: Watch) -> None:
    """Makes the SDK's settings notice that somebody asks for the stack, the project or the like."""
    from pulumi.runtime.settings import SETTINGS

    inner = type(SETTINGS)

    class Watched(inner):  # type: ignore[misc, valid-type]
        def __getattribute__(self, name: str) -> Any:
            if name in _STACK_ATTRIBUTES:
                watch.note()
            return super().__getattribute__(name)

    SETTINGS.__class__ = Watched


def _wrap_servicer(watch: Watch, config: dict[str, Any]) -> None:
    from pulumi.runtime.proto import analyzer_pb2_grpc

    add = analyzer_pb2_grpc.add_AnalyzerServicer_to_server

    def add_wrapped(servicer: Any, server: Any) -> None:
        watch.reading = False
        configure = servicer.ConfigureStack

        def configure_stack(request: Any, context: Any) -> Any:
            os.environ.update(
                PULUMI_ORGANIZATION=request.organization,
                PULUMI_PROJECT=request.project,
                PULUMI_STACK=request.stack,
                PULUMI_DRY_RUN="true" if request.dry_run else "false",
                PULUMI_CONFIG=json.dumps(dict(request.config)),
            )
            config.clear()
            config.update(request.config)
            context.set_trailing_metadata(((BOUND, "true" if watch.bound else "false"),))
            return configure(request, context)

        servicer.ConfigureStack = configure_stack
        add(servicer, server)

    analyzer_pb2_grpc.add_AnalyzerServicer_to_server = add_wrapped


def _decode_once() -> None:
    """`pulumi_policy` decodes the same message for every policy, and copies what it gets: one decoding will do."""
    try:
        from pulumi_policy import policy
    except ImportError:
        # The pack's own import will say it better.
        return
    inner, latest = policy.json_format, threading.local()

    class Remembering:
        @staticmethod
        def MessageToDict(message: Any) -> Any:
            if getattr(latest, "message", None) is not message:
                latest.message, latest.document = message, inner.MessageToDict(message)
            return latest.document

    policy.json_format = Remembering


if __name__ == "__main__":
    main()
