"""Under which earlier names a resource may be found in the state."""

from __future__ import annotations

from collections.abc import Sequence

from engine import urn as urns
from engine.deploy.goal import Alias, Goal
from engine.urn import Urn


def candidates(goal: Goal, urn: str, parent_aliases: Sequence[str] = ()) -> list[str]:
    """URNs to try in order: every own alias, then each of them and the own name under the parent's aliases."""
    own = Urn.parse(urn)
    found = [_collapsed(alias, goal, own) for alias in goal.aliases]
    for parent in parent_aliases:
        name = _inherited_name(goal.name, goal.parent, parent)
        found.append(urns.make(own.stack, own.project, goal.type, name, parent))
        for alias in goal.aliases:
            if alias.urn or alias.parent or alias.no_parent:
                continue
            found.append(
                urns.make(
                    alias.stack or own.stack,
                    alias.project or own.project,
                    alias.type or goal.type,
                    alias.name or name,
                    parent,
                )
            )
    return [candidate for candidate in dict.fromkeys(found) if candidate != urn]


def _collapsed(alias: Alias, goal: Goal, own: Urn) -> str:
    if alias.urn:
        return alias.urn
    parent = "" if alias.no_parent else alias.parent or goal.parent
    stack, project = alias.stack or own.stack, alias.project or own.project
    return urns.make(stack, project, alias.type or goal.type, alias.name or goal.name, parent)


def _inherited_name(name: str, parent: str, parent_alias: str) -> str:
    """A child whose name starts with its parent's had the parent's former name in front."""
    parent_name = urns.name_of(parent) if parent else ""
    if parent_name and name.startswith(parent_name):
        return urns.name_of(parent_alias) + name.removeprefix(parent_name)
    return name
