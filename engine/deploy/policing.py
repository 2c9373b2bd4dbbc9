"""Policies at the moments that matter: before a resource's step, and over the whole stack at the end."""

from __future__ import annotations

from collections.abc import Iterable

from engine.deploy.context import Context
from engine.deploy.goal import Goal
from engine.resource import Resource


class Policing:
    """Lets a resource pass, changed where a policy remediates. Without packs everything passes.

    `refused`: a mandatory policy had something against a resource or the stack. `silent`: what the policies
    reported is all that is to be said about the failure.
    """

    def __init__(self, context: Context):
        self._context = context
        self.refused = False
        self.silent = False

    def passed(self, goal: Goal, new: Resource) -> Resource:
        """The resource as policies let it through. Raises `Bail` when a mandatory policy refuses it in an update."""
        return new

    def judge_stack(self, resources: Iterable[Resource]) -> bool:
        """Whether the stack as a whole has nothing mandatory against it."""
        return True
