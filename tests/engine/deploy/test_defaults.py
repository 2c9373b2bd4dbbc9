"""Which default provider a request gets that names no version."""

from __future__ import annotations

from engine.deploy.defaults import Defaults, newest_versions
from engine.deploy.goal import Goal, PackageKey
from engine.resource import Resource

STATE = [
    Resource(f"urn:{version}", f"pulumi:providers:{package}", custom=True, inputs={"version": version})
    for package, version in (("a", "4.9.0"), ("a", "4.10.0"), ("a", "4.2.0"), ("b", "no version"))
]


def test_versions_are_compared_by_their_numbers() -> None:
    assert newest_versions(STATE) == {"a": "4.10.0"}


def test_a_request_without_a_version_gets_the_newest_that_the_state_knows() -> None:
    made: list[Goal] = []

    def register(goal: Goal) -> str:
        made.append(goal)
        return goal.name

    defaults = Defaults({}, (), newest_versions(STATE), register)

    assert defaults.reference(PackageKey("a"), "") == "default_4_10_0"
    assert defaults.reference(PackageKey("a", "4.10.0"), "") == "default_4_10_0"
    assert defaults.reference(PackageKey("b"), "") == "default"
    assert [goal.inputs for goal in made] == [{"version": "4.10.0", "__internal": {}}, {}]
