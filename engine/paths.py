"""Property paths such as `spec.containers[0].image`, `labels["a.b"]` and `spec.*`, and what is done along them."""

from __future__ import annotations

import re
from typing import Any

from engine.values import PropertyMap, Secret, Value, reveal

Key = str | int
Path = tuple[Key, ...]

_TOKEN = re.compile(r"""\.?([^.\[\]"]+)|\["((?:[^"\\]|\\.)*)"\]|\[(\*|\d+)\]""")


class _Missing:
    pass


_MISSING: Any = _Missing()


def parse(text: str) -> Path:
    """The keys of a path. Raises `ValueError` if the text is no path."""
    keys: list[Key] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"'{text}' is not a property path (at character {position + 1})")
        name, quoted, index = match.groups()
        if name is not None:
            keys.append(name)
        elif quoted is not None:
            keys.append(quoted.replace('\\"', '"'))
        else:
            keys.append(index if index == "*" else int(index))
        position = match.end()
    return tuple(keys)


def written(path: Path) -> str:
    """The text of a path."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        elif re.fullmatch(r"\w*", key, re.ASCII):
            text += f".{key}" if text else key
        else:
            escaped = key.replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def covers(pattern: Path, path: Path) -> bool:
    """Whether the pattern names the path or something that contains it."""
    return len(pattern) <= len(path) and all(
        wanted == "*" or wanted == key for wanted, key in zip(pattern, path, strict=False)
    )


def carry_over(old: PropertyMap, new: PropertyMap, ignored: tuple[str, ...]) -> PropertyMap:
    """The new properties with the old values at the ignored paths; what the old ones lacked is left out."""
    result: PropertyMap = new
    for text in ignored:
        result = _carried(old, result, parse(text))
    return result


def beyond(old: Value, new: Value, path: Path) -> bool:
    """Whether the path leads to elements of a list that only one of the two has: those can't be carried over."""
    old, new = reveal(old), reveal(new)
    if not path:
        return False
    key, rest = path[0], path[1:]
    if isinstance(old, dict) and isinstance(new, dict):
        keys = {*old, *new} if key == "*" else {key}
        return any(beyond(old.get(each), new.get(each), rest) for each in keys)
    if isinstance(old, list) and isinstance(new, list):
        shorter, longer = sorted((len(old), len(new)))
        held = range(shorter) if key == "*" else [key] if isinstance(key, int) and key < shorter else []
        missed = shorter < longer if key == "*" else isinstance(key, int) and shorter <= key < longer
        return missed or any(beyond(old[at], new[at], rest) for at in held)
    return False


def _carried(old: Value, new: Value, path: Path) -> Value:
    if isinstance(new, Secret) and path:
        inner = old.value if isinstance(old, Secret) else old
        return Secret(_carried(inner, new.value, path))
    if isinstance(old, Secret) and path:
        return _carried(old.value, new, path)
    if not path:
        return old
    key, rest = path[0], path[1:]
    if isinstance(new, dict) and (isinstance(old, dict) or old is _MISSING):
        keys = list(dict.fromkeys([*new, *(old if isinstance(old, dict) else ())])) if key == "*" else [key]
        return _carried_map(old if isinstance(old, dict) else {}, new, keys, rest)
    if isinstance(new, list) and isinstance(old, list):
        return [
            _carried(old[at], item, rest) if at < len(old) and key in ("*", at) else item
            for at, item in enumerate(new)
        ]
    return new


def _carried_map(old: PropertyMap, new: PropertyMap, keys: list[Any], rest: Path) -> PropertyMap:
    result = dict(new)
    for key in keys:
        before = old.get(key, _MISSING)
        if key not in result and (before is _MISSING or rest):
            # A path that leads through a part the program no longer declares has nothing to hold on to.
            continue
        value = _carried(before, result.get(key), rest)
        if value is _MISSING:
            result.pop(key, None)
        else:
            result[key] = value
    return result
