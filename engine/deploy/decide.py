"""What happens to a registered resource: pure decisions over its old state, its goal and the provider's diff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as changed
from enum import Enum

from engine import paths
from engine.provider import Change, Diff, PropertyDiff
from engine.resource import Resource
from engine.values import PropertyMap, Value, reveal

INIT_ERROR = "#initerror"


class Fate(Enum):
    """What becomes of a resource that an update is to touch."""

    CREATE = "create"
    SAME = "same"
    UPDATE = "update"
    REPLACE = "replace"
    RECREATE = "recreate"


@dataclass(frozen=True)
class Verdict:
    """The fate and, for changes, the diff that explains it."""

    fate: Fate
    diff: Diff = field(default_factory=Diff)


@dataclass(frozen=True)
class Circumstances:
    """What a decision depends on besides old and new state.

    recreating: the old one was deleted a moment ago, or by an earlier run, to make room.
    forced: the user asked for a replacement, or the state marks the resource as tainted.
    linked: what it is deleted with is being replaced.
    moved: its provider is another one, for which it has to be replaced.
    """

    recreating: bool = False
    forced: bool = False
    linked: bool = False
    moved: bool = False


def before_diff(old: Resource | None, new: Resource, now: Circumstances) -> Verdict | None:
    """The verdict where no provider has to be asked for a diff, else None."""
    if now.recreating:
        return Verdict(Fate.RECREATE)
    if old is None or (old.external and not new.external):
        return Verdict(Fate.CREATE)
    if now.forced:
        return Verdict(Fate.REPLACE, Diff(Change.SOME, replaces=("id",)))
    if now.linked:
        return Verdict(Fate.REPLACE, Diff(Change.SOME, replaces=("deletedWith",)))
    if now.moved:
        return Verdict(Fate.REPLACE, Diff(Change.SOME, replaces=("provider",)))
    if _triggered(old, new):
        return Verdict(Fate.REPLACE, Diff(Change.SOME))
    if not new.custom:
        return (
            Verdict(Fate.SAME)
            if reveal(old.inputs) == reveal(new.inputs)
            else Verdict(Fate.UPDATE, Diff(Change.SOME))
        )
    return None


def _triggered(old: Resource, new: Resource) -> bool:
    triggers = (old.replacement_trigger, new.replacement_trigger)
    return None not in triggers and reveal(triggers[0]) != reveal(triggers[1])


def after_diff(old: Resource, new: Resource, diff: Diff) -> Verdict:
    """The verdict that follows from the provider's diff."""
    diff = settled(diff, old.inputs, new.inputs)
    own = diff.replaces
    diff = forced_replacements(diff, new.replace_on_changes, bool(old.init_errors))
    if diff.replaces:
        # What only the program asks for is no key of the replacement, but for an earlier failure.
        return Verdict(Fate.REPLACE, changed(diff, replaces=(*own, *(set(diff.replaces) & {INIT_ERROR}))))
    if diff.change is Change.SOME:
        return Verdict(Fate.UPDATE, diff)
    if old.init_errors:
        return Verdict(Fate.UPDATE, changed(diff, detailed={}))
    return Verdict(Fate.SAME, diff)


def settled(diff: Diff, old_inputs: PropertyMap, new_inputs: PropertyMap) -> Diff:
    """The diff with UNKNOWN decided by a comparison of the inputs."""
    if diff.change is not Change.UNKNOWN:
        return diff
    found = differences(old_inputs, new_inputs)
    tops = tuple(dict.fromkeys(str(paths.parse(path)[0]) for path in found))
    if not found:
        return changed(diff, change=Change.NONE)
    return changed(diff, change=Change.SOME, changed=diff.changed or tops, detailed=diff.detailed or found)


def differences(old: Value, new: Value, at: str = "") -> dict[str, PropertyDiff]:
    """What differs between two values, path by path. Whether something is secret makes no difference."""
    old, new = reveal(old), reveal(new)
    if isinstance(old, dict) and isinstance(new, dict):
        found: dict[str, PropertyDiff] = {}
        for key in dict.fromkeys([*old, *new]):
            found |= _difference(old, new, key, _joined(at, key))
        return found
    if isinstance(old, list) and isinstance(new, list):
        found = {}
        left: dict[object, Value] = dict(enumerate(old))
        right: dict[object, Value] = dict(enumerate(new))
        for index in range(max(len(old), len(new))):
            found |= _difference(left, right, index, f"{at}[{index}]")
        return found
    return {} if old == new else {at: PropertyDiff("update", input_diff=True)}


def _difference(
    old: Mapping[object, Value], new: Mapping[object, Value], key: object, at: str
) -> dict[str, PropertyDiff]:
    if key not in new:
        return {at: PropertyDiff("delete", input_diff=True)}
    if key not in old:
        return {at: PropertyDiff("add", input_diff=True)}
    return differences(old[key], new[key], at)


def _joined(at: str, key: str) -> str:
    if any(mark in key for mark in '.[]"'):
        escaped = key.replace('"', '\\"')
        return f'{at}["{escaped}"]'
    return f"{at}.{key}" if at else key


def forced_replacements(diff: Diff, patterns: Iterable[str], has_init_errors: bool) -> Diff:
    """The diff in which changes at the given paths replace the resource. An earlier failure is one at `#initerror`."""
    wanted = [paths.parse(pattern) for pattern in patterns]
    if has_init_errors and _matches(wanted, INIT_ERROR):
        failure = {INIT_ERROR: PropertyDiff("update")}
        diff = changed(diff, change=Change.SOME, detailed={**(diff.detailed or {}), **failure})
    if diff.change is not Change.SOME or not wanted:
        return diff
    if diff.detailed is None:
        hit = [key for key in diff.changed if _matches(wanted, key)]
    else:
        hit = [path for path in diff.detailed if _matches(wanted, path)]
    keys = dict.fromkeys([*diff.replaces, *(str(paths.parse(path)[0]) for path in hit)])
    detailed = diff.detailed and {
        path: _replacing(item) if path in hit else item for path, item in diff.detailed.items()
    }
    return changed(diff, replaces=tuple(keys), detailed=detailed)


def _matches(patterns: list[paths.Path], path: str) -> bool:
    try:
        keys = paths.parse(path)
    except ValueError:
        keys = (path,)
    return any(paths.covers(pattern, keys) for pattern in patterns)


def _replacing(item: PropertyDiff) -> PropertyDiff:
    return item if item.kind.endswith("-replace") else changed(item, kind=f"{item.kind}-replace")
