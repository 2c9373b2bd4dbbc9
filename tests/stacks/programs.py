"""Runs a stack's program under Pulumi's mocks and tells what it declared and exported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import pulumi
from pulumi.runtime import mocks, set_all_config

GATEWAY = "http://127.0.0.1:9080"


@dataclass
class Declared:
    """What a program declared, in order, and what it exported."""

    resources: list[mocks.MockResourceArgs] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)
    requests: list[Any] = field(default_factory=list)

    def names(self, kind: str) -> list[str]:
        return [args.name for args in self.resources if args.typ.endswith(f":{kind}")]

    def one(self, kind: str, name: str) -> dict[str, Any]:
        """The inputs of a resource."""
        found = [args for args in self.resources if args.typ.endswith(f":{kind}") and args.name == name]
        assert len(found) == 1, f"{kind} {name}: declared {len(found)} times"
        inputs: dict[str, Any] = found[0].inputs
        return inputs

    def options(self, kind: str, name: str) -> Any:
        """The registration as it went to the engine: protect, ignoreChanges, parent and the rest."""
        found = [
            request for request in self.requests if request.type.endswith(f":{kind}") and request.name == name
        ]
        assert len(found) == 1, f"{kind} {name}: declared {len(found)} times"
        return found[0]


class _Mocks(mocks.Mocks):
    def __init__(self, declared: Declared) -> None:
        self._declared = declared

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self._declared.resources.append(args)
        outputs = dict(args.inputs)
        if args.typ == "pulumi:pulumi:StackReference":
            outputs |= {"outputs": {"gatewayUrl": GATEWAY}, "secretOutputNames": []}
        if "metadata" in outputs:
            outputs["metadata"] = {**outputs["metadata"], "uid": f"uid-of-{args.name}"}
        return f"{args.name}-id", outputs

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        return {}


class _Monitor(mocks.MockMonitor):
    """Keeps the whole requests: mocks alone don't show a resource's options."""

    def __init__(self, declared: Declared) -> None:
        super().__init__(_Mocks(declared))
        self._requests = declared.requests

    def RegisterResource(self, request: Any) -> Any:
        self._requests.append(request)
        return super().RegisterResource(request)


def run(program: Callable[[], None], stack: str = "dev", config: Mapping[str, str] | None = None) -> Declared:
    """Runs the program of a stack. Errors of the program come through."""
    declared = Declared()
    set_all_config(dict(config or {}), [])
    exported: dict[str, Any] = {}

    @pulumi.runtime.test
    def run_it() -> Any:
        with mock.patch("pulumi.export", exported.__setitem__):
            program()
        return pulumi.Output.all(**exported).apply(declared.exports.update)

    with _event_loop():
        mocks.set_mocks(_Mocks(declared), project="sluice", stack=stack, monitor=_Monitor(declared))
        run_it()
    return declared


@contextmanager
def _event_loop() -> Iterator[None]:
    """One for Pulumi to find, as it makes none itself."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()
