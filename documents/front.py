"""The kinds of documents that describe a release, and how each is read: the one place where they are chosen.

Whatever the kind, what comes out is the same: a `Canary` of the decision core, or an `Outline` of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from automation.core.kinds import CANARY, ROLLOUT, Kind
from automation.core.refusal import Problem, Refused
from automation.core.spec import Canary
from automation.core.status import Status
from documents import canary, pace
from documents.argo import memory, released
from documents.outline import Outline
from gateways.registry import DEFAULT

Document: TypeAlias = Mapping[str, Any]
"""A document as it stands in YAML, or a live object."""


@dataclass(frozen=True)
class Front:
    """How documents of one kind are read. Everything but `parse` also takes a document that is to be refused.

    `paced` is the document at another pace, with the interval between steps and that between two scrapes; `own_fields`
    are the paths of fields that only Sluice knows. `parse` and `outline` are told the gateway of a document that names
    none. `status` is where a live object says that its release stands.
    """

    kind: Kind
    parse: Callable[[Document, str], Canary]
    outline: Callable[[Document, str], Outline]
    paced: Callable[[Document, str | None, str | None], dict[str, Any]]
    own_fields: Callable[[Document], list[str]]
    status: Callable[[Document], Status]


FRONTS: Mapping[str, Front] = {
    CANARY.kind: Front(CANARY, canary.parse, canary.outline, pace.paced, canary.own_fields, canary.status),
    ROLLOUT.kind: Front(
        ROLLOUT, released.parse, released.outline, released.paced, released.own_fields, memory.status
    ),
}


def front_of(document: Document) -> Front:
    """The front of a document; one that doesn't say its kind is a Canary. Raises Refused for an unknown kind."""
    kind = document.get("kind") if isinstance(document, Mapping) else None
    if not isinstance(kind, str) or not kind:
        return FRONTS[CANARY.kind]
    if kind not in FRONTS:
        raise Refused((Problem("kind", f"{kind!r} is not known", f"use one of {', '.join(FRONTS)}"),))
    return FRONTS[kind]


def canary_of(document: Document, provider: str = DEFAULT) -> Canary:
    """The release that a document describes. Raises Refused with every problem of it at once.

    `provider` is the gateway of a document that names none: the environment's.
    """
    return front_of(document).parse(document, provider)


def outline_of(document: Document, provider: str = DEFAULT) -> Outline:
    """What is said of a release at a glance; its source depends on the gateway that a document without one has.

    Raises Refused for a document of an unknown kind.
    """
    return front_of(document).outline(document, provider)


def status_of(document: Document) -> Status:
    """Where the release of a live object stands. Raises Refused for a document of an unknown kind."""
    return front_of(document).status(document)


def release_kinds() -> tuple[Kind, ...]:
    """The kinds of documents that describe a release."""
    return tuple(front.kind for front in FRONTS.values())


def is_canary(document: Any) -> bool:
    """Whether a document is a Canary: it may be one of Flagger's, too."""
    return is_release(document) and document["kind"] == CANARY.kind


def is_release(document: Any) -> bool:
    """Whether a document describes a release, in whatever kind."""
    kind = document.get("kind") if isinstance(document, Mapping) else None
    return isinstance(kind, str) and kind in FRONTS
