"""What runs a program, as seen by the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Launch:
    """All that a program has to be told to start. Addresses are those of the engine's gRPC servers."""

    project: str
    stack: str
    folder: str
    main: str
    config: Mapping[str, str]
    secret_keys: tuple[str, ...]
    preview: bool
    parallel: int
    monitor: str
    engine: str


@dataclass(frozen=True)
class Finished:
    """How a program ended. An empty `error` is success; `told` means that the error has been shown already."""

    error: str = ""
    told: bool = False


Say = Callable[[str, str], None]
"""`say(severity, text)`: what a program prints."""


class Program(Protocol):
    """A program that can be run, once or again."""

    def run(self, launch: Launch, say: Say) -> Finished:
        """Blocks until the program has ended. Raises `EngineError` if it cannot be started."""
        ...

    def stop(self) -> None:
        """End a running program that no longer answers. May be called from any thread."""
        ...
