"""Inputs before they are used: what is ignored, what the provider makes of them, what policies say."""

from __future__ import annotations

import json
import random

from engine import paths
from engine.deploy.context import Context
from engine.deploy.goal import Goal
from engine.errors import Bail, EngineError
from engine.events import Diagnostic
from engine.provider import CheckFailure, Provider, ProviderError
from engine.resource import Resource
from engine.values import PropertyMap, Secret, Unknown, transform


def checked(context: Context, provider: Provider, new: Resource, olds: PropertyMap) -> PropertyMap:
    """The inputs as the provider accepts them. Raises `EngineError` where it can't take them for inputs at all, and
    `Bail` after reporting what is wrong with them."""
    try:
        result = provider.check(context.operation(new), new.type, olds, new.inputs, seed())
    except ProviderError as error:
        raise EngineError(str(error)) from error
    if result.failures:
        for failure in result.failures:
            context.error(explained(failure, new), new.urn)
        raise Bail(f"{new.urn} has invalid inputs")
    return result.inputs


def explained(failure: CheckFailure, new: Resource) -> str:
    """A check failure as it is shown."""
    name = new.urn.split("::", 3)[-1]
    if not failure.property:
        return f"{new.type} resource '{name}' has a problem: {failure.reason}"
    value = json.dumps(shown(new.inputs.get(failure.property)), ensure_ascii=False, default=str)
    place = f"property {failure.property} value {{{value}}}"
    return f"{new.type} resource '{name}': {place} has a problem: {failure.reason}"


def shown(value: object) -> object:
    """A value for a message: secrets masked, unknowns named."""
    return transform(
        value,
        lambda leaf: (
            "[secret]" if isinstance(leaf, Secret) else "[unknown]" if isinstance(leaf, Unknown) else leaf
        ),
    )


def with_ignored(goal: Goal, old: Resource | None) -> PropertyMap:
    """The goal's inputs, with the old ones at the paths whose changes are to be ignored."""
    if old is None or not goal.ignore_changes:
        return goal.inputs
    return paths.carry_over(old.inputs, goal.inputs, goal.ignore_changes)


def tell_of_unheld(context: Context, goal: Goal, old: Resource | None, urn: str) -> None:
    """Say which paths are to be ignored and can't be, because elements came or went."""
    for text in goal.ignore_changes if old is not None else ():
        assert old is not None
        if paths.beyond(old.inputs, goal.inputs, paths.parse(text)):
            said = f'cannot ignore changes in added or removed elements of the path: "{text}"'
            context.events.emit(Diagnostic("info", said, urn))


def seed() -> bytes:
    """Randomness for automatic names."""
    return random.randbytes(32)
