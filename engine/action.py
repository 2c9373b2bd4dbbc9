"""One operation on a stack, from the lock to the history: up, preview, refresh, destroy."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from enum import StrEnum

from engine.collector import rarely_collected
from engine.deploy import pending
from engine.deploy.adoption import Adoption, Imports
from engine.deploy.builtin import BuiltinPackage
from engine.deploy.context import Context, Options
from engine.deploy.destroy import Destroy
from engine.deploy.ledger import Ledger
from engine.deploy.policing import Policing
from engine.deploy.program import Launch, Program
from engine.deploy.providers import Providers
from engine.deploy.refresh import Refresh
from engine.deploy.snapshot import Snapshot
from engine.errors import Cancelled, EngineError
from engine.events import Begun, Diagnostic, Emitter, Ended, Listener, PolicyLoad, Prelude, Summary
from engine.policy.analyzer import StackSettings
from engine.policy.packs import Packs, Sources, opened
from engine.resource import Deployment, Resource
from engine.state import history
from engine.state.lock import locked
from engine.state.projectconfig import ProgramConfig, with_defaults
from engine.state.snapshots import Snapshots, find_checkpoint, read_outputs
from engine.state.stacks import read_tags
from engine.step import Op
from engine.update import Update
from engine.values import PropertyMap
from engine.version import VERSION
from engine.workplace import Workplace

_TRUE = ("true", "1")


class Kind(StrEnum):
    """What is done, by the names that histories use."""

    UPDATE = "update"
    REFRESH = "refresh"
    DESTROY = "destroy"
    IMPORT = "resource-import"


@dataclass(frozen=True)
class Action:
    """What is to be done to a stack. `config` is what the program is given; `program` is None where none runs."""

    kind: Kind
    options: Options
    config: ProgramConfig
    program: Program | None = None
    message: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    clear_pending: bool = False
    policies: Sources = field(default_factory=Sources)
    imports: Imports | None = None


@dataclass(frozen=True)
class Result:
    """What it came to. `changes` counts resources by fate."""

    ok: bool
    changes: Mapping[str, int]

    @property
    def changed(self) -> bool:
        """Whether anything but looking was done or proposed."""
        harmless = {Op.SAME, Op.READ, Op.DISCARD, Op.READ_REPLACEMENT}
        return any(count and name not in harmless for name, count in self.changes.items())


def perform(place: Workplace, action: Action, listeners: tuple[Listener, ...]) -> Result:
    """Do it. What goes wrong with resources is reported to the listeners; everything else is raised."""
    preview = action.options.preview
    ref = place.existing
    lock = nullcontext() if preview else locked(place.backend, ref, place.shell.err)
    with lock, rarely_collected():
        return _Run(place, action, listeners).result()


class _Run:
    """The parts of one operation, put together."""

    def __init__(self, place: Workplace, action: Action, listeners: tuple[Listener, ...]):
        self._place, self._action = place, action
        self._snapshots = Snapshots(place.backend, place.ref, place.secrets)
        self._config = action.config
        self._events = Emitter(listeners)
        self._preview = action.options.preview
        self._stored = Deployment()
        self._packs: Mapping[str, str] = {}
        self._started = time.time()

    def result(self) -> Result:
        self._events.emit(Begun())
        base = self._stored = self._snapshots.load()
        with ExitStack() as lent:
            packs = self._admitted(base, lent)
            return self._run(base, packs)

    def _admitted(self, base: Deployment, lent: ExitStack) -> Packs | None:
        """The policy packs, if any. What is refused here has not begun, so there is nothing to sum up."""
        try:
            self._require_targets(base)
            return lent.enter_context(self._policies())
        except EngineError:
            self._record(ok=False)
            self._events.emit(Ended())
            raise

    def _require_targets(self, base: Deployment) -> None:
        """Where no program runs that may yet declare them, all named resources have to be in the state."""
        if self._action.kind in (Kind.REFRESH, Kind.DESTROY):
            for urn in self._action.options.targets.unknown({item.urn for item in base.resources}):
                raise EngineError(f"no resource named '{urn}' found")

    def _run(self, base: Deployment, packs: Packs | None) -> Result:
        self._events.emit(Prelude(self._config.blinded))
        ok = False
        try:
            with self._cancellable():
                ok = self._done(base, packs)
        finally:
            # Listeners wait for the end, whatever the end is.
            self._record(ok)
            self._events.emit(
                Summary(
                    self._preview,
                    time.time() - self._started,
                    self._events.changes,
                    "succeeded" if ok else "failed",
                    self._packs,
                )
            )
            self._events.emit(Ended())
        return Result(ok, self._events.changes)

    def _done(self, base: Deployment, packs: Packs | None) -> bool:
        action = self._action
        base = self._settled(base)
        if action.options.refresh or action.kind is Kind.REFRESH:
            base, read_all = self._refreshed(base)
            if not read_all or action.kind is Kind.REFRESH:
                return read_all
        context, providers = self._context(base)
        try:
            if action.kind is Kind.DESTROY:
                return Destroy(context, providers).run()
            if action.imports is not None:
                return Adoption(context, providers).run(action.imports)
            assert action.program is not None
            return Update(context, providers, Policing(context, packs)).run(action.program, self._launch())
        finally:
            if not self._preview and context.snapshot.changed:
                context.snapshot.persist()

    @contextmanager
    def _policies(self) -> Iterator[Packs | None]:
        """The policy packs of the action, ready to judge; their names go into the summary."""
        action, place = self._action, self._place
        if not action.policies.packs:
            yield None
            return
        self._events.emit(PolicyLoad())
        settings = StackSettings(
            stack=place.ref.name,
            project=place.ref.project,
            preview=self._preview,
            config=self._config.values,
            secret_keys=self._config.secret_keys,
            tags=read_tags(place.backend, place.ref),
        )
        with opened(action.policies, place.cwd, place.shell.env, settings) as packs:
            self._packs = {f"{item.name}|local|{item.path}": item.version for item in packs.infos}
            yield packs

    def _settled(self, base: Deployment) -> Deployment:
        """The state without operations that an earlier run left unfinished."""
        action = self._action
        if action.clear_pending or action.kind is Kind.REFRESH:
            return self._kept(replace(base, pending_operations=[]))
        return self._kept(pending.settle(*self._context(base), base))

    def _kept(self, deployment: Deployment) -> Deployment:
        """Save what differs from what is stored."""
        if not self._preview and deployment != self._stored:
            self._snapshots.save(deployment)
            self._stored = deployment
        return deployment

    def _refreshed(self, base: Deployment) -> tuple[Deployment, bool]:
        context, providers = self._context(base)
        refreshed, ok = Refresh(context, providers, alone=self._action.kind is Kind.REFRESH).run()
        self._kept(refreshed)
        if not ok:
            context.error("preview failed" if self._preview else "update failed")
        return refreshed, ok

    def _context(self, base: Deployment) -> tuple[Context, Providers]:
        place = self._place
        snapshot = Snapshot(base, self._snapshots.save)
        ledger = Ledger.of(base.resources)
        packages = dict(place.shell.packages)
        packages["pulumi"] = BuiltinPackage(self._stack_outputs, ledger)
        context = Context(
            stack=place.ref.name,
            project=place.ref.project,
            config=self._config.values,
            secret_keys=self._config.secret_keys,
            packages=packages,
            options=self._action.options,
            snapshot=snapshot,
            events=self._events,
            ledger=ledger,
            cancellation=place.shell.cancellation,
            folder=str(place.project.folder),
        )

        def find(urn: str, id: str) -> Resource | None:
            held = snapshot.resources()
            return next((item for item in held if item.urn == urn and item.id == id), None)

        return context, Providers(packages, find)

    def _stack_outputs(self, name: str) -> PropertyMap:
        """The outputs of another stack of the same backend. Raises `StackNotFound`."""
        place = self._place.at(self._place.reference(name))

        def elided() -> None:
            text = f"eliding undecryptable secrets for stack reference '{name}'"
            self._events.emit(Diagnostic("info", text))

        return read_outputs(place.backend, place.existing, self._place.secrets, elided)

    def _launch(self) -> Launch:
        project, config = self._place.project, self._config
        return Launch(
            project=self._place.ref.project,
            stack=self._place.ref.name,
            folder=str(project.folder),
            main=project.main,
            config=config.values,
            secret_keys=config.secret_keys,
            preview=self._preview,
            parallel=self._action.options.parallel,
            monitor="",
            engine="",
        )

    def _record(self, ok: bool) -> None:
        """History and backup; a preview leaves no trace."""
        if self._preview:
            return
        place, action = self._place, self._action
        update = history.Update(
            kind=str(action.kind),
            start=int(self._started),
            end=int(time.time()),
            result="succeeded" if ok else "failed",
            message=action.message,
            environment={"pulumi.version": f"v{VERSION}", **action.environment},
            config=with_defaults(place.config.config, place.project)[0],
            changes=self._events.changes,
        )
        key = find_checkpoint(place.backend, place.ref)
        if key is None:
            return
        history.record(place.backend, place.ref, update, key)
        if place.shell.env.get("PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS", "") not in _TRUE:
            history.back_up(place.backend, place.ref, key)

    @contextmanager
    def _cancellable(self) -> Iterator[None]:
        try:
            yield
        except Cancelled:
            self._events.emit(Diagnostic("error", "update canceled"))
            raise


def parallelism(given: str, env: Mapping[str, str]) -> int:
    """How many steps may run at once: the flag, the environment, else four for each processor."""
    text = given or env.get("PULUMI_PARALLEL", "")
    try:
        count = int(text) if text else 4 * (os.cpu_count() or 4)
    except ValueError as error:
        raise EngineError(f"--parallel takes a whole number, not '{text}'") from error
    return max(count, 1) if count < _UNLIMITED else _UNLIMITED


_UNLIMITED = 2**31 - 1
