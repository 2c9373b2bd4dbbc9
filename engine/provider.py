"""What the engine asks of a resource provider, and the answers it understands.

One provider object serves one configured provider resource. Inputs reach it revealed of `Output` wrappers but
with `Secret` and `UNKNOWN` in place; `olds` are what the state holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, runtime_checkable

from engine.values import PropertyMap


class ProviderError(Exception):
    """An operation failed and nothing was done to the resource. The text is shown to the user as it is."""


class InitFailed(ProviderError):
    """The resource exists (or was changed) but did not become ready: state is kept, with `reasons`."""

    def __init__(
        self,
        message: str,
        id: str,
        outputs: PropertyMap,
        reasons: list[str],
        inputs: PropertyMap | None = None,
    ):
        super().__init__(message)
        self.id, self.outputs, self.reasons, self.inputs = id, outputs, reasons, inputs


@dataclass(frozen=True)
class CheckFailure:
    """One wrong input: `property` may be empty when the whole resource is wrong."""

    property: str
    reason: str


@dataclass(frozen=True)
class Checked:
    inputs: PropertyMap
    failures: tuple[CheckFailure, ...] = ()


class Change(Enum):
    """Whether a diff found changes. UNKNOWN makes the engine compare inputs itself."""

    NONE = "none"
    SOME = "some"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class PropertyDiff:
    """One changed path. `kind` is add, delete, update or the same with `-replace`."""

    kind: str
    input_diff: bool = False


@dataclass(frozen=True)
class Diff:
    """What would change. `detailed` is None where nobody has looked path by path."""

    change: Change = Change.NONE
    replaces: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    detailed: Mapping[str, PropertyDiff] | None = None
    delete_before_replace: bool = False


@dataclass(frozen=True)
class Read:
    """What is there now. An empty `id` means that the resource is gone."""

    id: str
    outputs: PropertyMap = field(default_factory=dict)
    inputs: PropertyMap | None = None
    init_errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """The circumstances of one provider call.

    `timeout` is in seconds (None: the provider's own default); `log(severity, message, ephemeral)` shows
    progress; `cancelled()` turns true when the user interrupts and waits must end.
    """

    urn: str
    preview: bool = False
    timeout: float | None = None
    ignore_changes: tuple[str, ...] = ()
    log: Callable[[str, str, bool], None] = lambda severity, message, ephemeral: None
    cancelled: Callable[[], bool] = lambda: False


class Provider(Protocol):
    """A resource provider. Every method may raise `ProviderError`; `create` and `update` also `InitFailed`."""

    def check(
        self, operation: Operation, type: str, olds: PropertyMap, news: PropertyMap, seed: bytes
    ) -> Checked: ...

    def diff(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> Diff: ...

    def create(self, operation: Operation, type: str, news: PropertyMap) -> tuple[str, PropertyMap]:
        """(id, outputs); in a preview the id may be empty and unknown outputs absent."""
        ...

    def update(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> PropertyMap: ...

    def read(
        self,
        operation: Operation,
        type: str,
        id: str,
        inputs: PropertyMap | None,
        outputs: PropertyMap | None,
    ) -> Read: ...

    def delete(
        self, operation: Operation, type: str, id: str, inputs: PropertyMap, outputs: PropertyMap
    ) -> None: ...

    def invoke(self, operation: Operation, token: str, args: PropertyMap) -> PropertyMap: ...


@runtime_checkable
class Recovering(Protocol):
    """A provider that can tell what an interrupted create has left behind. Optional."""

    def recover(self, operation: Operation, type: str, inputs: PropertyMap) -> Read:
        """The resource that `create` with these checked inputs may have made before it was interrupted.

        An empty id says that there is none, or none that certainly came from such a create. Raises `ProviderError`.
        """
        ...


class Package(Protocol):
    """A package of resource types (such as `kubernetes`): makes providers out of configuration."""

    name: str

    def within(self, environment: Mapping[str, str]) -> Package:
        """The same package for a command with this environment; connections are shared where they can be."""
        ...

    def check_config(self, operation: Operation, news: PropertyMap) -> Checked: ...

    def diff_config(self, operation: Operation, olds: PropertyMap, news: PropertyMap) -> Diff: ...

    def configure(self, inputs: PropertyMap) -> Provider:
        """A provider for this configuration. Equal configurations may share one provider and its connections."""
        ...

    def secret_outputs(self, type: str) -> tuple[str, ...]:
        """Names of outputs that are always secret for this type."""
        ...
