"""Policy packs at work in updates and previews."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.policy.pool import Pool, Timeouts
from tests.engine.policy.conftest import write_pack
from tests.engine.world import Program, Thing, World

PACK = """
def no_red(args, report):
    if args.props.get("color") == "red":
        report("red is for stop")

def dyed(args):
    if args.resource_type == "cloud:index:Thing" and args.props.get("color") == "grey":
        return {**args.props, "color": "green"}

def few(args, report):
    if len([item for item in args.resources if item.resource_type == "cloud:index:Thing"]) > 2:
        report("too many")

PolicyPack("colors", [
    ResourceValidationPolicy("no-red", "Colors are chosen with care.", no_red, EnforcementLevel.MANDATORY),
    ResourceValidationPolicy("dyed", "Grey is dull.", remediate=dyed, enforcement_level=EnforcementLevel.REMEDIATE),
    StackValidationPolicy("few", "Stacks are small.", few, EnforcementLevel.MANDATORY),
])
"""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The folder of a pack whose process ends with the test."""
    pool = Pool(Timeouts(start=60, call=30))
    monkeypatch.setattr("engine.policy.packs.shared_pool", lambda: pool)
    yield str(write_pack(tmp_path / "pack", PACK))  # type: ignore[misc]
    pool.close()


def colored(*colors: str) -> Program:
    def program() -> None:
        for index, color in enumerate(colors):
            Thing(f"t{index}", name=f"t{index}", color=color)

    return program


def test_a_mandatory_violation_stops_an_update_before_the_resource_is_touched(
    world: World, pack: str
) -> None:
    outcome = world.up(colored("red"), policy_packs=[pack])

    events = [event.policy_event for event in outcome.events if event.policy_event]
    assert [(event.policy_name, event.enforcement_level) for event in events] == [("no-red", "mandatory")]
    assert events[0].message.strip() == "Colors are chosen with care.\nred is for stop"
    assert "❌ colors@v1.2.3" in str(outcome.error)
    assert "error: update failed" not in str(outcome.error)
    assert world.cloud.things() == {}


def test_a_preview_finds_every_violation_and_fails(world: World, pack: str) -> None:
    outcome = world.preview(colored("red", "blue", "red"), policy_packs=[pack])

    found = [event.policy_event.policy_name for event in outcome.events if event.policy_event]
    assert found == ["no-red", "no-red", "few"]
    assert "error: preview failed" in str(outcome.error)


def test_a_remediation_changes_what_is_created(world: World, pack: str) -> None:
    outcome = world.up(colored("grey"), policy_packs=[pack])

    assert outcome.error is None
    assert world.cloud.things()["t0"]["color"] == "green"
    assert "[remediate]  dyed  (1 resource)" in outcome.stdout


def test_a_stack_policy_fails_after_everything_is_applied(world: World, pack: str) -> None:
    outcome = world.up(colored("blue", "blue", "blue"), policy_packs=[pack])

    assert outcome.error is not None
    assert "too many" in str(outcome.error)
    assert len(world.cloud.things()) == 3


def test_what_passes_is_said_to_have_passed(world: World, pack: str) -> None:
    outcome = world.up(colored("blue"), policy_packs=[pack])

    assert "✅ colors@v1.2.3" in outcome.stdout
    summary = next(event.summary_event for event in outcome.events if event.summary_event)
    assert list(summary.policy_packs.values()) == ["1.2.3"]
