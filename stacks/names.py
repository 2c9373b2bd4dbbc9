"""Names of stacks: `<env>` is the platform, `<env>.<namespace>.<canary>` a release."""

from __future__ import annotations

from dataclasses import dataclass

from automation.core.refusal import Problem, Refused


@dataclass(frozen=True)
class StackName:
    """A parsed name. `namespace` and `canary` are empty for a platform stack."""

    environment: str
    namespace: str = ""
    canary: str = ""

    def __str__(self) -> str:
        return f"{self.environment}.{self.namespace}.{self.canary}" if self.canary else self.environment


def parse(stack: str) -> StackName:
    """The parts of a stack's name. Raises `Refused` when it is neither form."""
    parts = stack.split(".", 2)
    if len(parts) == 2 or not all(parts):
        remedy = "name it <env> for the platform or <env>.<namespace>.<canary> for a release, such as dev.test.podinfo"
        raise Refused((Problem("stack", f"{stack!r} is no name of a stack", remedy),))
    return StackName(*parts)
