"""Stacks in memory: an update writes what its program declares, and removes what it declared before and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from automation.cluster.ports import Objects
from automation.core.kinds import Kind, Manifest
from automation.core.refusal import Refused
from automation.errors import ClusterRefused, UpdateFailed
from automation.updates.ports import Gate, Program
from automation.updates.stacks import PolicyRefused

Declared = tuple[Kind, Manifest]
"""An object that a program declares. Programs of these stacks return an iterable of them."""


@dataclass(frozen=True)
class Update:
    """An update that was asked for: its stack, its message, what it declares, and whether a gate stands before it."""

    stack: str
    message: str
    declared: tuple[Declared, ...]
    gated: bool


@dataclass(frozen=True)
class Denial:
    """A policy's no."""

    policy: str
    message: str


class MemoryStacks:
    """The stacks of one project. `policy` is asked where there is a gate; `begin` may raise before anything is done,
    as a stack that is locked does; `done` hears of each update that went through. What is `retained` stays when it is
    not declared any more."""

    def __init__(
        self,
        cluster: Objects,
        policy: Callable[[Update], Denial | None] = lambda update: None,
        begin: Callable[[Update], None] = lambda update: None,
        done: Callable[[Update], None] = lambda update: None,
        retained: Callable[[Manifest], bool] = lambda manifest: False,
    ) -> None:
        self._cluster, self.policy, self.begin, self.done = cluster, policy, begin, done
        self._retained = retained
        self._state: dict[str, tuple[Declared, ...]] = {}

    def update(self, stack: str, program: Program, message: str, gate: Gate | None = None) -> None:
        update = Update(stack, message, self._declared(stack, program), gate is not None)
        self.begin(update)
        if gate is not None and (refusal := self.policy(update)) is not None:
            raise PolicyRefused(refusal.policy, refusal.message)
        try:
            for kind, manifest in update.declared:
                self._cluster.apply(kind, manifest)
        except ClusterRefused as refused:
            raise UpdateFailed(f"update of stack {stack} failed: {refused.problem}") from refused
        self._remove(self._state.get(stack, ()), update.declared)
        self._state[stack] = update.declared
        self.done(update)

    def refresh(self, stack: str, program: Program, message: str) -> None:
        """The state holds nothing that an update would trust more than the cluster."""

    def _declared(self, stack: str, program: Program) -> tuple[Declared, ...]:
        try:
            return tuple(program())
        except Refused as refused:
            raise UpdateFailed(f"update of stack {stack} failed: {refused}") from refused

    def _remove(self, before: Iterable[Declared], now: Iterable[Declared]) -> None:
        kept = {_name(*declared) for declared in now}
        for kind, manifest in before:
            if _name(kind, manifest) not in kept and not self._retained(manifest):
                self._cluster.delete(kind, manifest["metadata"]["namespace"], manifest["metadata"]["name"])


def _name(kind: Kind, manifest: Manifest) -> tuple[Kind, str, str]:
    return kind, manifest["metadata"]["namespace"], manifest["metadata"]["name"]
