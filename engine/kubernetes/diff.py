"""What changed between a resource and its new inputs, and which changes need a new object. Pure.

A path counts as changed when the new input differs both from the old input and from what is live, so that neither
a value that the server rewrote (`0.5` to `500m`) nor one that a refresh found to be right already makes a change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from engine.kubernetes.objects import AUTONAMED, REPLACE_UNREADY, annotation, at
from engine.kubernetes.outputs import INPUTS
from engine.kubernetes.quantity import same_value
from engine.kubernetes.replacement import fields
from engine.kubernetes.settings import Settings
from engine.kubernetes.shape import cut
from engine.provider import Change, Diff, PropertyDiff
from engine.values import PropertyMap, Unknown, reveal

Path: TypeAlias = tuple[str | int, ...]

_MISSING = object()


def diff(
    type: str, old_inputs: PropertyMap, old_outputs: PropertyMap, news: PropertyMap, settings: Settings
) -> Diff:
    """The difference as the engine asks for it."""
    live: PropertyMap = reveal(old_outputs)
    declared = _placed(_written(reveal(old_inputs), live), live)
    wanted: PropertyMap = reveal(news)
    changes = dict(_changes(declared, live, wanted, ()))
    if not changes:
        return Diff()
    fixed = fields(type, live, wanted, settings)
    detailed = {
        render(path): PropertyDiff(f"{kind}-replace" if _covered(path, fixed) else kind, kind == "delete")
        for path, kind in changes.items()
    }
    replaces = tuple(path for path, change in detailed.items() if change.kind.endswith("-replace"))
    return Diff(
        change=Change.SOME,
        replaces=replaces,
        changed=tuple(dict.fromkeys(str(path[0]) for path in changes)),
        detailed=detailed,
        delete_before_replace=bool(replaces) and _same_name(live, wanted),
    )


def replaced(found: Diff, old_outputs: PropertyMap, news: PropertyMap) -> Diff:
    """The difference of an object that is not ready and asks to be replaced then, whether or not it changes."""
    return replace(
        found,
        change=Change.SOME,
        replaces=(*found.replaces, f'.metadata.annotations["{REPLACE_UNREADY}"]'),
        delete_before_replace=_same_name(reveal(old_outputs), reveal(news)),
    )


def _written(recorded: PropertyMap, live: PropertyMap) -> PropertyMap:
    """The old inputs; what is live of them where the record differs, because a change of them was refused."""
    sent: PropertyMap = live.get(INPUTS) or recorded
    return sent if sent == recorded else cut(sent, live)


def _placed(declared: PropertyMap, live: PropertyMap) -> PropertyMap:
    """The old inputs with the namespace that the object got, if they named none."""
    namespace = at(live, "metadata", "namespace")
    if not namespace or at(declared, "metadata", "namespace"):
        return declared
    return {**declared, "metadata": {**declared.get("metadata", {}), "namespace": namespace}}


def _changes(old: Any, live: Any, new: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """The changed paths, each with add, update or delete. `old`, `live` and `new` stand at the same path."""
    if isinstance(new, dict) and isinstance(old, dict):
        yield from _map_changes(old, live if isinstance(live, dict) else {}, new, path)
    elif isinstance(new, list) and isinstance(old, list):
        yield from _list_changes(old, live if isinstance(live, list) else [], new, path)
    elif not _same(path, old, new) and not _same(path, live, new):
        yield path, "update"


def _map_changes(
    old: Mapping[str, Any], live: Mapping[str, Any], new: Mapping[str, Any], path: Path
) -> Iterator[tuple[Path, str]]:
    for key in [*new, *(key for key in old if key not in new)]:
        here = (*path, key)
        if key not in new:
            # What neither was declared by name nor is there can't be taken away.
            if key in live or not live:
                yield here, "delete"
        elif key not in old:
            yield here, "add"
        else:
            yield from _changes(old[key], live.get(key, _MISSING), new[key], here)


def _list_changes(old: list[Any], live: list[Any], new: list[Any], path: Path) -> Iterator[tuple[Path, str]]:
    for index in range(max(len(old), len(new))):
        here = (*path, index)
        if index >= len(new):
            yield here, "delete"
        elif index >= len(old):
            yield here, "add"
        else:
            yield from _changes(old[index], live[index] if index < len(live) else _MISSING, new[index], here)


def _same(path: Path, one: Any, other: Any) -> bool:
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return False
    if path == ("metadata", "namespace"):
        return (one or "default") == (other or "default")
    return same_value(path, one, other)


def _covered(path: Path, fields: tuple[str, ...]) -> bool:
    """Whether the path is one of the fields or below one. Removing a whole map removes the fields in it."""
    dotted = ".".join(step for step in path if isinstance(step, str))
    return any(dotted == field or dotted.startswith(f"{field}.") for field in fields) or dotted == "metadata"


def _same_name(live: PropertyMap, wanted: PropertyMap) -> bool:
    """Whether old and new object would be in each other's way: a name that the user gave, in the same namespace."""
    if annotation(wanted, AUTONAMED) == "true":
        return False
    names, spaces = (
        [at(document, "metadata", field) for document in (live, wanted)] for field in ("name", "namespace")
    )
    return names[0] == names[1] and (spaces[0] or "default") == (spaces[1] or "default")


def render(path: Path) -> str:
    """The path as the official provider writes it: `spec.containers[0].image`, `metadata.annotations["a.b/c"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif any(sign in step for sign in '."[]'):
            escaped = step.replace('"', '\\"')
            text += f'["{escaped}"]'
        else:
            text += f".{step}" if text else step
    return text
