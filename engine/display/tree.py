"""Properties and their changes as a tree of lines, in the official CLI's notation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import yaml

from engine.values import PropertyMap, Reference, Secret, Unknown, Value
from engine.wire import marked
from engine.yamltext import load

_RESOURCE = "@isPulumiResource"
"""What the SDK marks exported resources with in a preview."""
_CONTEXT = 2
"""Lines of a text that are told before and after a change."""


@dataclass(frozen=True)
class Branch:
    """Where something is written: how deep, and with which sign; unmarked lines have none."""

    depth: int = 1
    sign: str = ""

    def within(self, levels: int = 1) -> Branch:
        return replace(self, depth=self.depth + levels)

    def signed(self, sign: str) -> Branch:
        return replace(self, sign=sign)

    @property
    def start(self) -> str:
        return f"{'    ' * self.depth}"[:-2] + f"{self.sign} " if self.sign else "    " * self.depth

    @property
    def end(self) -> str:
        return "    " * self.depth


def properties(values: Mapping[str, Value], at: Branch = Branch(), width: int = 0) -> Iterator[str]:
    """The properties, sorted, one or more lines each; `width` is that of the longest name beside them."""
    width = width or max(map(len, values), default=0)
    for key in sorted(values):
        yield from f"{at.start}{key.ljust(width)}: {value(values[key], at)}".split("\n")


def value(given: Value, at: Branch) -> str:
    """One value; maps, lists and texts of JSON take several lines."""
    if isinstance(given, Reference):
        known = {"URN": given.urn, "ID": "" if given.id is None else given.id}
        lines = properties({**known, "PackageVersion": given.package_version}, at.within(), width=3)
        return _braced("{}", lines, at)
    if isinstance(given, dict) and given:
        return _braced("{}", properties(given, at.within()), at)
    if isinstance(given, list) and given:
        inner = at.within()
        lines = (f"{at.start}    [{index}]: {value(item, inner)}" for index, item in enumerate(given))
        return _braced("[]", lines, at)
    if isinstance(given, str):
        kind, decoded = _decoded(given)
        return f"({kind}) {value(decoded, at)}\n" if kind else json.dumps(given, ensure_ascii=False)
    return _leaf(given)


def _braced(brackets: str, lines: Iterator[str], at: Branch) -> str:
    return "\n".join([brackets[0], *lines, at.end + brackets[1]])


def _leaf(given: Value) -> str:
    if isinstance(given, Secret):
        return "[secret]"
    if isinstance(given, Unknown):
        return "[unknown]"
    if given is None:
        return "<null>"
    if isinstance(given, bool | int | dict | list):
        return json.dumps(given)
    return repr(given) if isinstance(given, float) else json.dumps(marked(given), default=str)


def _decoded(text: str) -> tuple[str, Value]:
    """What a text holds, if it is JSON, or YAML of several lines, of a map or a list; else no kind."""
    for kind, decode in (("json", json.loads), ("yaml", load)):
        if kind == "yaml" and "\n" not in text.strip():
            break
        try:
            found = decode(text)
        except (ValueError, yaml.YAMLError, TypeError):
            continue
        if isinstance(found, dict | list):
            return kind, found
        break
    return "", None


def same(old: Value, new: Value) -> bool:
    """Whether two values look the same: of secrets nobody sees more than that they are."""
    if isinstance(old, Secret) or isinstance(new, Secret):
        return isinstance(old, Secret) and isinstance(new, Secret)
    if isinstance(old, dict) and isinstance(new, dict):
        return all(same(old.get(key), new.get(key)) for key in {*old, *new})
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(same(*pair) for pair in zip(old, new, strict=True))
    return bool(old == new) and isinstance(old, bool) is isinstance(new, bool)


@dataclass(frozen=True)
class Title:
    """A name in front of a value, which begins `before` levels further to the left than the value goes on."""

    name: str
    before: int = 0

    def of(self, at: Branch) -> str:
        return f"{at.within(-self.before).start}{self.name}: "


def changes(
    old: PropertyMap, new: PropertyMap, at: Branch = Branch(), unchanged: bool = True
) -> Iterator[str]:
    """Two maps beside each other: what came, went and changed with a sign, and what did not, if that is wanted."""
    names = _told(old, new)
    width = max(map(len, names), default=0)
    for key in names:
        if unchanged or not same(old.get(key), new.get(key)):
            yield from _change(Title(key.ljust(width)), old.get(key), new.get(key), at)


def _told(old: PropertyMap, new: PropertyMap) -> list[str]:
    """The names worth telling: neither the SDK's mark of a resource, nor what a preview does not know."""
    names = [
        key for key in sorted({*old, *new} - {_RESOURCE}) if (old.get(key), new.get(key)) != (None, None)
    ]
    hidden = [
        key
        for key in names
        if isinstance(new.get(key), Unknown) and (old.get(key) is not None or _RESOURCE in new)
    ]
    return [key for key in names if key not in hidden]


def _change(title: Title, old: Value, new: Value, at: Branch) -> Iterator[str]:
    if same(old, new):
        if new not in ("", [], {}):
            yield from f"{title.of(at)}{value(new, at)}".split("\n")
    elif old is None or new is None:
        sign, given = ("+", _unmarked(new)) if old is None else ("-", old)
        marked_so = at.signed(sign)
        yield from f"{title.of(marked_so)}{value(given, marked_so)}".split("\n")
    else:
        yield from _both(title, old, new, at)


def _unmarked(given: Value) -> Value:
    if isinstance(given, dict):
        return {key: _unmarked(item) for key, item in given.items() if key != _RESOURCE}
    return [_unmarked(item) for item in given] if isinstance(given, list) else given


def _both(title: Title, old: Value, new: Value, at: Branch) -> Iterator[str]:
    head = title.of(at.signed("~"))
    kinds, (old, new) = _both_decoded(old, new)
    head += kinds
    if isinstance(old, dict) and isinstance(new, dict):
        yield from (f"{head}{{", *changes(old, new, at.within()), at.end + "}")
    elif isinstance(old, list) and isinstance(new, list):
        yield f"{head}["
        for index in range(max(len(old), len(new))):
            before, after = (items[index] if index < len(items) else None for items in (old, new))
            yield from _change(Title(f"[{index}]", before=1), before, after, at.within(2))
        yield at.end + "]"
    elif isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
        yield from (head.rstrip(), *_lines(old.splitlines(), new.splitlines(), at.within()))
    elif _is_plain(old) and _is_plain(new):
        yield f"{head}{value(old, at)} => {value(new, at)}"
    else:
        yield from _change(title, old, None, at)
        yield from _change(title, None, new, at)


def _lines(old: list[str], new: list[str], at: Branch) -> Iterator[str]:
    """Two texts beside each other, of what is the same only the lines next to what is not."""
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for index, (kind, start, end, first, last) in enumerate(steps):
        if kind == "equal":
            kept = [line for line in old[start:end] if line.strip()]
            yield from (at.start + line for line in _nearby(kept, index > 0, index < len(steps) - 1))
        else:
            yield from (at.signed("-").start + line for line in old[start:end] if line.strip())
            yield from (at.signed("+").start + line for line in new[first:last] if line.strip())


def _nearby(lines: list[str], follows: bool, precedes: bool) -> list[str]:
    before, after = (lines[:_CONTEXT] if follows else []), (lines[-_CONTEXT:] if precedes else [])
    short = len(lines) <= len(before) + len(after) + 1
    return lines if short else [*before, "...", *after]


def _both_decoded(old: Value, new: Value) -> tuple[str, tuple[Value, Value]]:
    """What two texts hold, if that is of one kind and differs, and its name for the line; else they themselves."""
    if isinstance(old, str) and isinstance(new, str):
        (kind, before), (other, after) = _decoded(old), _decoded(new)
        if kind and other and type(before) is type(after) and not same(before, after):
            return f"({kind}) " if kind == other else f"({kind} => {other}) ", (before, after)
    return "", (old, new)


def _is_plain(given: Value) -> bool:
    return not isinstance(given, dict | list | Reference)
