"""What was done to a stack and when: one file per update, and copies of the state for bad days."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from engine.state import layout
from engine.state.configkey import parse_key
from engine.state.configvalue import ConfigMap, listed
from engine.state.errors import StateError
from engine.state.files import Backend
from engine.state.properties import compact
from engine.state.reference import StackReference
from engine.state.secrets import Decrypter

_RECORD = ".history.json"


@dataclass(frozen=True)
class Update:
    """One operation that has ended.

    `kind` is update, refresh, destroy, resource-import, import or rename; `result` succeeded or failed. Times are
    whole seconds since the epoch. `config` is as it was then, secrets encrypted. `changes` counts operations.
    """

    kind: str
    start: int
    end: int
    result: str
    message: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    config: ConfigMap = field(default_factory=dict)
    changes: Mapping[str, int] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The form of a history file."""
        return {
            "kind": self.kind,
            "startTime": self.start,
            "message": self.message,
            "environment": dict(sorted(self.environment.items())),
            "config": {str(key): self.config[key] for key in sorted(self.config)},
            "version": 0,
            "result": self.result,
            "endTime": self.end,
            **({"resourceChanges": dict(sorted(self.changes.items()))} if self.changes else {}),
        }

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Update:
        """Raises `KeyError` or `TypeError` for what is no history file."""
        config = document.get("config") or {}
        return cls(
            document["kind"],
            document["startTime"],
            document.get("endTime") or 0,
            document["result"],
            document.get("message") or "",
            document.get("environment") or {},
            {parse_key(name, ""): value for name, value in config.items()},
            document.get("resourceChanges") or {},
        )

    def listed(self, decrypter: Decrypter | None) -> dict[str, Any]:
        """The entry of `stack history --json`. Without a decrypter, secrets have no value."""
        return {
            "kind": self.kind,
            "startTime": _moment(self.start),
            "message": self.message,
            "environment": dict(self.environment),
            "config": {str(key): listed(value, decrypter) for key, value in self.config.items()},
            "result": self.result,
            # The official CLI numbers updates only where a service keeps them.
            "version": 0,
            **({"endTime": _moment(self.end)} if self.end else {}),
            **({"resourceChanges": dict(self.changes)} if self.changes else {}),
        }


def record(backend: Backend, ref: StackReference, update: Update, checkpoint_key: str) -> None:
    """Writes the update, with the state as it left it."""
    name = f"{layout.history(ref)}/{ref.name}-{time.time_ns()}"
    backend.write(f"{name}{_RECORD}", compact(update.document()).encode())
    backend.copy(checkpoint_key, f"{name}.checkpoint.json")


def back_up(backend: Backend, ref: StackReference, checkpoint_key: str) -> None:
    """Copies the state to where nothing overwrites it."""
    suffix = checkpoint_key.rpartition("/")[2].removeprefix(ref.name)
    backend.copy(checkpoint_key, f"{layout.backups(ref)}/{ref.name}.{time.time_ns()}{suffix}")


def updates(backend: Backend, ref: StackReference, page_size: int = 0, page: int = 1) -> list[Update]:
    """The stack's updates, newest first; a page of them if `page_size` is above 0. Pages count from 1."""
    keys = [key for key in backend.files(layout.history(ref)) if key.endswith(_RECORD)]
    keys.sort(reverse=True)
    if page_size > 0:
        first = (max(page, 1) - 1) * page_size
        keys = keys[first : first + page_size]
    return [_read(backend, key) for key in keys]


def _read(backend: Backend, key: str) -> Update:
    try:
        return Update.parse(json.loads(backend.read(key)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StateError(
            f"could not read the history file '{backend.locate(key)}' ({error!r}); remove it"
        ) from error


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
