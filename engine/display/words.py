"""The words and signs of displays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from engine.step import Op, Step
from engine.values import blinded

SIGNS = {
    Op.SAME: "  ",
    Op.CREATE: "+ ",
    Op.UPDATE: "~ ",
    Op.DELETE: "- ",
    Op.REPLACE: "+-",
    Op.CREATE_REPLACEMENT: "++",
    Op.DELETE_REPLACED: "--",
    Op.READ: "> ",
    Op.READ_REPLACEMENT: ">>",
    Op.REFRESH: "~ ",
    Op.DISCARD: "< ",
    Op.DISCARD_REPLACED: "<<",
    Op.REMOVE_PENDING_REPLACE: "~ ",
    Op.IMPORT: "= ",
    Op.IMPORT_REPLACEMENT: "=>",
}
_PLANNED = {
    Op.CREATE: "create",
    Op.UPDATE: "update",
    Op.DELETE: "delete",
    Op.REPLACE: "replace",
    Op.CREATE_REPLACEMENT: "create replacement",
    Op.DELETE_REPLACED: "delete original",
    Op.READ: "read",
    Op.READ_REPLACEMENT: "read for replacement",
    Op.REFRESH: "refresh",
    Op.DISCARD: "discard",
    Op.DISCARD_REPLACED: "discard original",
    Op.IMPORT: "import",
    Op.IMPORT_REPLACEMENT: "import replacement",
}
_DOING = {
    Op.CREATE: "creating",
    Op.UPDATE: "updating",
    Op.DELETE: "deleting",
    Op.REPLACE: "replacing",
    Op.CREATE_REPLACEMENT: "creating replacement",
    Op.DELETE_REPLACED: "deleting original",
    Op.READ: "reading",
    Op.READ_REPLACEMENT: "reading for replacement",
    Op.REFRESH: "refreshing",
    Op.DISCARD: "discarding",
    Op.DISCARD_REPLACED: "discarding original",
    Op.IMPORT: "importing",
    Op.IMPORT_REPLACEMENT: "importing replacement",
}
_DONE = {
    Op.CREATE: "created",
    Op.UPDATE: "updated",
    Op.DELETE: "deleted",
    Op.REPLACE: "replaced",
    Op.CREATE_REPLACEMENT: "created replacement",
    Op.DELETE_REPLACED: "deleted original",
    Op.READ: "read",
    Op.READ_REPLACEMENT: "read for replacement",
    Op.REFRESH: "refresh",
    Op.DISCARD: "discarded",
    Op.DISCARD_REPLACED: "discarded original",
    Op.IMPORT: "imported",
    Op.IMPORT_REPLACEMENT: "imported replacement",
}
# The order in which totals are listed, and how.
_TOTALS = ("create", "import", "update", "delete", "replace")


def planned(op: Op) -> str:
    """What is going to happen: `create`. Empty if nothing is."""
    return _PLANNED.get(op, "")


def doing(op: Op) -> str:
    """What is happening: `creating`."""
    return _DOING.get(op, "")


def done(op: Op) -> str:
    """What has happened: `created`."""
    return _DONE.get(op, "")


def failed(op: Op) -> str:
    """What went wrong: `**creating failed**`, also where it was a replacement."""
    verb = doing(op).partition(" ")[0]
    return f"**{verb} failed**" if verb else "**failed**"


def totals(changes: Mapping[str, int], preview: bool, errors: int = 0) -> list[str]:
    """The lines under `Resources:`."""
    lines = []
    for name in _TOTALS:
        count = changes.get(name, 0)
        if count:
            text = f"to {name}" if preview else done(Op(name))
            lines.append(f"    {SIGNS[Op(name)]}{count} {text}")
    kinds, changed, same = len(lines), sum(changes.get(name, 0) for name in _TOTALS), changes.get("same", 0)
    summary = []
    if kinds > 1:
        summary.append(f"{changed} change{'' if changed == 1 else 's'}")
    if same:
        summary.append(f"{same} unchanged")
    if summary:
        lines.append(f"    {'. '.join(summary)}")
    if errors:
        lines.append(f"    {errors} errored")
    return lines


def differences(step: Step) -> str:
    """Which properties change, as a row tells it: `[diff: ~spec]`."""
    tops = dict(_changed(step)) if step.old and step.new else {}
    told = [",".join(sorted(key for key, kind in tops.items() if kind == sign)) for sign in "+-~"]
    return (
        f"[diff: {''.join(sign + keys for sign, keys in zip('+-~', told, strict=True) if keys)}]"
        if tops
        else ""
    )


def _changed(step: Step) -> Iterable[tuple[str, str]]:
    """The changed properties, each with its sign: by the provider's word, else by the inputs."""
    assert step.old
    assert step.new
    old, new = step.old.inputs, step.new.inputs
    if not step.detailed:
        for key in {*old, *new}:
            if key not in old or key not in new:
                yield key, "+" if key in new else "-"
            elif blinded(old[key]) != blinded(new[key]):
                yield key, "~"
    if not step.diffs:
        yield from ((name, "~") for name in ("protect", "provider") if _differs(step, name))
    for path, item in (step.detailed or {}).items():
        top = path.split(".")[0].split("[")[0]
        sign = {"add": "+", "delete": "-"}.get(item.kind.removesuffix("-replace"), "~")
        # A change within a property is an update of that property, whatever it is further down.
        yield top, sign if path == top else "~"


def _differs(step: Step, name: str) -> bool:
    return bool(getattr(step.old, name) != getattr(step.new, name))


def duration(seconds: float) -> str:
    """`7s` or `2m3s`, rounded up."""
    whole = max(math.ceil(seconds), 1)
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
