"""`pulumi import`: existing resources join the state without a program that declares them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from engine import urn as urns
from engine.deploy.context import Context
from engine.deploy.defaults import is_default
from engine.deploy.executor import Executor
from engine.deploy.goal import Goal, PackageKey
from engine.deploy.hooks import Hooks
from engine.deploy.policing import Policing
from engine.deploy.providers import Providers, reference_of
from engine.deploy.registrar import Aborted, Registrar
from engine.errors import ConfigurationError, EngineError
from engine.events import StepDone, StepStarted
from engine.step import Op, Step


@dataclass(frozen=True)
class Import:
    """One resource to import. `parent` and `provider` are names in the table, or URNs; empty for the defaults."""

    type: str
    name: str
    id: str
    parent: str = ""
    provider: str = ""
    version: str = ""


@dataclass(frozen=True)
class Imports:
    """Resources to import, and the URNs that their names for parents and providers stand for."""

    resources: tuple[Import, ...]
    names: Mapping[str, str]
    protect: bool = True


def parse(text: str, origin: str, protect: bool) -> Imports:
    """The imports of a JSON file. Raises `ConfigurationError`, naming `origin`."""
    try:
        document = json.loads(text)
        resources = tuple(_import(entry) for entry in document["resources"])
        imports = Imports(resources, dict(document.get("nameTable") or {}), protect)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError(
            f"could not read the import file '{origin}' ({error!r}); it has to hold "
            '{"resources": [{"type": …, "name": …, "id": …}]}'
        ) from error
    found = list(_problems(imports))
    if found:
        raise ConfigurationError("\n".join(found))
    return imports


def _import(entry: Mapping[str, Any]) -> Import:
    return Import(**{item.name: str(entry.get(item.name) or "") for item in fields(Import)})


def _problems(imports: Imports) -> Iterator[str]:
    """What is missing or said twice, resource by resource."""
    taken: set[tuple[str, str, str]] = set()
    for index, item in enumerate(imports.resources):
        subject = f"resource {_quoted(item.name or item.id) or index}{_quoted(item.type, ' of type ')}"
        missing = [word for word in ("type", "name", "id") if not getattr(item, word)]
        yield from (f"{subject} has no {'ID' if word == 'id' else word}" for word in missing)
        for role in ("parent", "provider"):
            name = getattr(item, role)
            if name and not name.startswith("urn:") and name not in imports.names:
                yield f"the {role} '{name}' for {subject} has no entry in 'nameTable'"
        key = (item.parent, item.type, item.name)
        if key in taken:
            yield f"{subject} has an ambiguous URN, set name (or logical name) to be unique"
        taken.add(key)


def _quoted(text: str, before: str = "") -> str:
    return f"{before}'{text}'" if text else ""


class Adoption:
    """Imports resources one after the other, in the order of the file."""

    def __init__(self, context: Context, providers: Providers):
        self._context = context
        self._registrar = Registrar(
            context, providers, Executor(context, providers, Hooks()), Policing(context)
        )
        self._providers = providers

    def run(self, imports: Imports) -> bool:
        """Whether everything could be imported; what could not has been reported."""
        self._learn_what_exists()
        try:
            root = self._root()
            for goal in [self._goal(item, imports, root) for item in imports.resources]:
                if not self._is_held(goal):
                    self._registrar.register(goal)
        except Aborted:
            self._context.error("preview failed" if self._context.options.preview else "import failed")
            return False
        return True

    def _is_held(self, goal: Goal) -> bool:
        """Whether the state holds it already, under the same name."""
        context = self._context
        old = context.ledger.olds.get(
            urns.make(context.stack, context.project, goal.type, goal.name, goal.parent)
        )
        return old is not None and goal.import_id == (old.import_id or old.id)

    def _learn_what_exists(self) -> None:
        """Parents and explicit providers are in the state; no program registers them here."""
        context = self._context
        for old in context.ledger.olds.values():
            if old.urn != context.root_urn and not is_default(old.urn):
                context.ledger.goals[old.urn] = Goal(old.type, urns.name_of(old.urn), old.custom, old.parent)
                context.ledger.results[old.urn] = old
                same = Step(Op.SAME, old.urn, old.type, old, old)
                context.events.emit(StepStarted(same, context.options.preview))
                context.events.emit(StepDone(same, context.options.preview))
            if urns.is_provider(old.type):
                self._providers.learn(old)

    def _root(self) -> str:
        """The stack's own resource; where a program has declared it, it stays said."""
        context = self._context
        goal = Goal(urns.ROOT_TYPE, f"{context.project}-{context.stack}")
        old = context.ledger.olds.get(context.root_urn)
        if old is not None:
            goal = replace(goal, source_position=old.source_position, stack_trace=old.stack_trace)
        return self._registrar.register(goal).urn

    def _goal(self, item: Import, imports: Imports, root: str) -> Goal:
        return Goal(
            item.type,
            item.name,
            custom=True,
            parent=self._named(item.parent, imports) or root,
            provider=self._provider(self._named(item.provider, imports)),
            package=PackageKey(urns.package_of(item.type), item.version),
            import_id=item.id,
            adopt=True,
            protect=imports.protect,
        )

    def _named(self, name: str, imports: Imports) -> str:
        return imports.names.get(name, name)

    def _provider(self, urn: str) -> str:
        if not urn:
            return ""
        found = self._context.ledger.olds.get(urn)
        if found is None:
            raise EngineError(f"the provider '{urn}' is not in the stack; import into a stack that holds it")
        return reference_of(found)
