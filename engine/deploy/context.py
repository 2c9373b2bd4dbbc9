"""What every part of one operation on one stack shares."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from engine import urn as urns
from engine.cancellation import Cancellation
from engine.deploy.ledger import Ledger
from engine.deploy.snapshot import Snapshot
from engine.deploy.targets import Targets
from engine.events import Diagnostic, Emitter
from engine.provider import Operation, Package
from engine.resource import Resource


@dataclass(frozen=True)
class Options:
    """How an operation is to be done. `parallel` is the number of steps that may run at once."""

    preview: bool = False
    parallel: int = 16
    continue_on_error: bool = False
    refresh: bool = False
    targets: Targets = field(default_factory=Targets)
    replaces: Targets = field(default_factory=Targets)
    exclude_protected: bool = False
    ignore_protect: bool = False


@dataclass
class Context:
    """One operation.

    `config` is what the program sees: full keys, decrypted texts; `packages` by name; `folder` is the project's.
    """

    stack: str
    project: str
    config: Mapping[str, str]
    secret_keys: tuple[str, ...]
    packages: Mapping[str, Package]
    options: Options
    snapshot: Snapshot
    events: Emitter
    ledger: Ledger
    cancellation: Cancellation = field(default_factory=Cancellation)
    folder: str = ""

    @property
    def root_urn(self) -> str:
        """The URN of the stack's own resource."""
        return urns.make(self.stack, self.project, urns.ROOT_TYPE, f"{self.project}-{self.stack}")

    def operation(self, resource: Resource, kind: str = "") -> Operation:
        """The circumstances of a provider call about a resource; `kind` picks the timeout (create, update, delete)."""
        urn = resource.urn

        def log(severity: str, message: str, ephemeral: bool = False) -> None:
            self.events.emit(Diagnostic(severity, message, urn, ephemeral))

        return Operation(
            urn=urn,
            preview=self.options.preview,
            timeout=resource.custom_timeouts.get(kind) or None,
            ignore_changes=tuple(resource.ignore_changes),
            log=log,
            cancelled=lambda: self.cancellation.requested,
        )

    def finds(self, targets: Targets, known: Collection[str]) -> bool:
        """Whether all of the targets that are named are known; each that isn't is reported."""
        unknown = targets.unknown(known)
        for urn in unknown:
            hint = "" if "$" in urn else " Did you forget to escape $ in your shell?"
            self.error(f"Target '{urn}' could not be found in the stack.{hint}")
        return not unknown

    def warn(self, message: str, urn: str = "") -> None:
        self.events.emit(Diagnostic("warning", message, urn))

    def error(self, message: str, urn: str = "") -> None:
        self.events.emit(Diagnostic("error", message, urn))
