"""What a case is: a small program and the stages that it goes through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

UP = "up --yes --non-interactive --skip-preview"
CONTINUED = f"{UP} --continue-on-error"
PREVIEW = "preview --non-interactive"
REFRESH = "refresh --yes --non-interactive --skip-preview"
DESTROY = "destroy --yes --non-interactive --skip-preview"
NO_CHANGES = f"{UP} --expect-no-changes"


@dataclass(frozen=True)
class Api:
    """The cluster and the backend as somebody else sees them.

    `request` asks the API server, `namespace` is the case's own; `state` is the folder that the stacks are kept in,
    `work` the project's.
    """

    request: Callable[..., Any]
    namespace: str
    state: Path
    work: Path


@dataclass(frozen=True)
class Stage:
    """One command, `NAMESPACE` in it the case's; one of `python` runs a file, which may drive stacks itself.

    `number` is what the program finds as `STAGE`; `before` is what others do first.

    `env` is what the command finds in its environment beside what is always there; None takes that away.
    `told` is its standard input.
    `changes_hands` has the command done by the other engine, on the state that this one has left.
    """

    command: str
    number: int = 1
    before: Callable[[Api], None] | None = None
    env: Mapping[str, str | None] = field(default_factory=dict)
    told: str = ""
    changes_hands: bool = False


@dataclass(frozen=True)
class Case:
    """A project: its program, what else lies in its folder, and its stages in their order."""

    name: str
    program: str
    stages: tuple[Stage, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    project: str = "name: shop\nruntime: python\n"


def brought_up(name: str, program: str, *numbers: int) -> Case:
    """A case whose program is brought up in each of its forms; then the other engine finds nothing to change."""
    forms = numbers or (1,)
    ups = [Stage(UP, number) for number in forms]
    return Case(name, program, (*ups, Stage(NO_CHANGES, forms[-1], changes_hands=True)))
