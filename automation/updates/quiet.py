"""Keeps the SDK's debug messages about itself away from the engine.

For each resource the SDK sends half a dozen debug messages and waits for the answer to each: a good half of all the
calls of an update. The driver never asks the engine to show them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime import settings
from pulumi.runtime.proto import engine_pb2


def quiet(program: Callable[[], None]) -> Callable[[], None]:
    """The inline program without debug messages; what the program itself logs still gets through."""

    def run() -> None:
        if (engine := settings.get_engine()) is not None:
            settings.SETTINGS.engine = _Quiet(engine)
        program()

    return run


class _Quiet:
    """The engine's service, which is spared debug messages."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def Log(self, request: engine_pb2.LogRequest) -> Any:
        if request.severity == engine_pb2.DEBUG:
            return empty_pb2.Empty()
        return self._engine.Log(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)
