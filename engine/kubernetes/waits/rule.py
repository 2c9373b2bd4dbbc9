"""What a readiness rule is: a pure function over what is seen, and the list of what has to be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.kubernetes.objects import Object, at


@dataclass(frozen=True)
class Related:
    """Other objects that a rule looks at, found by a label selector, by name, or all in the namespace."""

    name: str
    api_version: str
    kind: str
    labels: str = ""
    object_name: str = ""

    def query(self) -> dict[str, str]:
        if self.object_name:
            return {"fieldSelector": f"metadata.name={self.object_name}"}
        return {"labelSelector": self.labels} if self.labels else {}


@dataclass(frozen=True)
class View:
    """What is seen at a moment: the object, and related objects by the name of their relation."""

    live: Object
    related: Mapping[str, Sequence[Object]] = field(default_factory=dict)

    def all(self, name: str) -> Sequence[Object]:
        """The related objects of that name, possibly none (yet)."""
        return self.related.get(name, ())


@dataclass(frozen=True)
class Verdict:
    """Whether the object is ready, what is in the way, and what to tell a person who waits.

    Ready counts once nothing has changed for `settle` seconds; what is `unsettled` is in the way only until then.
    `failed` says that waiting longer is of no use.
    """

    ready: bool = False
    problems: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    progress: str = ""
    failed: bool = False
    settle: float = 0.0


READY = Verdict(ready=True)


def waiting(progress: str, *problems: str) -> Verdict:
    return Verdict(problems=problems or (progress,), progress=progress)


def nothing_related(live: Object) -> tuple[Related, ...]:
    return ()


@dataclass(frozen=True)
class Rule:
    """How readiness is told for a kind, and how long it is waited for (`timeout`, in seconds)."""

    judge: Callable[[View], Verdict]
    related: Callable[[Object], tuple[Related, ...]] = nothing_related
    timeout: float = 600.0


def selector(value: Any) -> str:
    """The text of a label selector (`matchLabels`, `matchExpressions`, or a plain map of labels)."""
    if not isinstance(value, Mapping):
        return ""
    structured = {"matchLabels", "matchExpressions"} & set(value)
    labels = at(value, "matchLabels", default={}) if structured else value
    terms = [f"{key}={label}" for key, label in sorted(labels.items())]
    return ",".join(terms + [_expression(entry) for entry in at(value, "matchExpressions", default=[])])


def _expression(entry: Mapping[str, Any]) -> str:
    key, values = entry.get("key", ""), ",".join(entry.get("values") or [])
    operator = entry.get("operator")
    if operator in ("In", "NotIn"):
        return f"{key} {operator.lower()} ({values})"
    return str(key) if operator == "Exists" else f"!{key}"
