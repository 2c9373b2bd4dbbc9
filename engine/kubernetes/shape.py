"""A live object in the shape of what was declared of it. Pure."""

from __future__ import annotations

from typing import Any

from engine.kubernetes.quantity import same_value
from engine.values import Secret


def cut(declared: Any, live: Any, path: tuple[str | int, ...] = ()) -> Any:
    """The live values of what was declared, spelled as declared where that means the same."""
    if isinstance(declared, Secret):
        return Secret(cut(declared.value, live, path))
    if isinstance(declared, dict) and isinstance(live, dict):
        return {key: cut(item, live[key], (*path, key)) for key, item in declared.items() if key in live}
    if isinstance(declared, list) and isinstance(live, list):
        kept = [cut(item, live[i], (*path, i)) for i, item in enumerate(declared[: len(live)])]
        return [*kept, *live[len(declared) :]]
    return declared if same_value(path, declared, live) else live
