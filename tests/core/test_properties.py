"""What holds for every release, however its pods behave and wherever its driver dies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from automation.core.decide import Veto
from automation.core.observation import Answer, HookAnswer, NothingMeasured, QueryFailed, Route
from automation.core.status import Phase, Purpose, Request
from tests.core.documents import MISSING, document
from tests.core.world import HEALTHY, Killed, World, deployment, initialised, split

ENDS = (Phase.SUCCEEDED, Phase.FAILED)
PATIENCE = 600.0
"""Seconds until hooks let everything pass: one that never does holds a release for ever, and rightly."""
A = "spec.analysis"


def hook(kind: str) -> dict[str, str]:
    return {"name": kind, "type": kind, "url": "http://x/"}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    steps = draw(st.lists(st.integers(1, 100), unique=True, min_size=1, max_size=4).map(sorted))
    by_list = draw(st.booleans())
    kinds = ["pre-rollout", "confirm-traffic-increase", "confirm-promotion", "post-rollout"]
    hooks = [hook(kind) for kind in kinds]
    return {
        f"{A}.stepWeight": MISSING if by_list else draw(st.integers(10, 100)),
        f"{A}.stepWeights": steps if by_list else [],
        f"{A}.maxWeight": draw(st.integers(1, 100)),
        f"{A}.stepWeightPromotion": draw(st.sampled_from([0, 10, 35, 100])),
        f"{A}.threshold": draw(st.integers(1, 5)),
        f"{A}.interval": draw(st.sampled_from(["1s", "5s", "30s"])),
        f"{A}.webhooks": draw(st.sampled_from([[], hooks[:1], hooks[1:], hooks])),
        "spec.skipAnalysis": draw(st.sampled_from([False, False, False, True])),
    }


RULES: tuple[dict[str, Any], ...] = (
    {},
    {"rollout": {"approvals": 1, "deadline": "5s", "onDeadline": "open"}},
    {"traffic": {"deadline": "30s"}, "promotion": {"approvals": 2, "deadline": "5s"}},
    {"traffic": {"approvals": 1, "deadline": "2s", "onDeadline": "open"}},
)
"""Of gates that nobody opens, and that yet end."""
MOODS = st.sampled_from(["good", "good", "good", "good", "bad", "silent", "away", "wrong"])


def mood_answer(world: World, name: str, mood: str) -> Answer:
    match mood:
        case "good":
            return world.measured(HEALTHY[name])
        case "bad":
            return world.measured(0.0 if name == "request-success-rate" else 9000.0)
        case "silent":
            return NothingMeasured()
        case _:
            return QueryFailed("E", away=mood == "away")


def moody(world: World, moods: list[str]) -> World:
    """Answers change with time, in a cycle; hooks pass while the mood is good, and in the end whatever it is."""
    opens = world.now + PATIENCE

    def now() -> str:
        return moods[int(world.now) // 10 % len(moods)]

    world.answer = lambda seen, check: mood_answer(seen, check.name, now())
    world.hook = lambda seen, webhook: HookAnswer(now() in ("good", "away") or seen.now >= opens)
    return world


def invariants(world: World) -> None:
    status = world.status
    if world.route and status.intent is None and status.in_force:
        assert status.in_force.traffic == world.route.traffic
    if status.phase in ENDS:
        assert world.route
        assert world.route.traffic == split(0)
        assert world.target
        assert world.target.workload.replicas == 0
        assert world.primary_revision == status.last_promoted_spec


@settings(max_examples=60)
@example(
    {f"{A}.interval": "30s", f"{A}.webhooks": [hook("confirm-traffic-increase")]},
    ["good", "wrong", "good"],
    {},
)
@given(documents(), st.lists(MOODS, min_size=1, max_size=6), st.sampled_from(RULES))
def test_every_run_ends_and_the_failed_checks_never_sink_within_it(
    changes: dict[str, Any], moods: list[str], rules: dict[str, Any]
) -> None:
    world = moody(initialised(document({**changes, f"{A}.gates": rules})), moods)
    world.release("v2")
    failed = 0
    for _ in range(4000):
        world.tick()
        invariants(world)
        if world.status.phase in ENDS:
            break
        assert world.status.failed_checks >= failed
        failed = world.status.failed_checks
    assert world.status.phase in ENDS
    assert (world.primary_revision == "v2") == (world.status.phase == Phase.SUCCEEDED)


@settings(max_examples=60)
@given(documents())
def test_a_good_release_climbs_by_declared_steps_and_is_promoted(changes: dict[str, Any]) -> None:
    world = initialised(document(changes))
    world.release("v2")
    world.until(Phase.SUCCEEDED, ticks=2000)
    analysis = world.canary.analysis
    rises = [(a, b) for a, b in zip(world.weights, world.weights[1:], strict=False) if b > a]
    for before, after in rises:
        listed = analysis.step_weights if analysis.step_weight == 0 else ()
        assert after in listed if listed else after - before <= analysis.step_weight
        assert after <= (listed[-1] if listed else analysis.max_weight)


@settings(max_examples=60)
@given(documents(), st.integers(1, 12))
def test_a_rollback_ends_with_all_traffic_on_primary(changes: dict[str, Any], good_ticks: int) -> None:
    world = initialised(document(changes | {"spec.skipAnalysis": False}))
    world.release("v2")
    world.tick(good_ticks)
    assume(world.status.phase == Phase.PROGRESSING)
    world.answer = lambda seen, check: mood_answer(seen, check.name, "bad")
    world.until(Phase.FAILED, Phase.SUCCEEDED, ticks=2000)
    invariants(world)
    assert world.status.traffic == split(0)


def faulty(world: World, event: str) -> None:
    """Something that people or clusters do in mid-run."""
    match event:
        case "release":
            world.release(f"v{world.attempts}")
        case "revert":
            world.release("v1")
        case "abort" | "retry":
            world.status = replace(world.status, request=Request(event, "1", "ann"))
        case "weights by hand" if world.route:
            world.route = Route(split(100), world.route.attempt, changed_by="kubectl")
        case "route deleted":
            world.route = None
        case "primary deleted":
            world.primary = None
        case "primary down" if world.primary:
            world.primary = deployment("podinfo-primary", 1, available=0)
        case "primary up":
            world.primary = world.primary and deployment("podinfo-primary")
        case "target deleted":
            world.target = None
        case "apex":
            world.apex = "target"


EVENTS = st.sampled_from(
    [
        "release",
        "revert",
        "abort",
        "retry",
        "weights by hand",
        "route deleted",
        "primary deleted",
        "primary down",
        "primary up",
        "apex",
        "target deleted",
        "die",
    ]
)


@settings(max_examples=60)
@given(documents(), st.lists(st.tuples(EVENTS, st.integers(0, 6), st.integers(0, 9)), max_size=8))
def test_whatever_happens_it_ends_well_once_it_stops_happening(
    changes: dict[str, Any], happenings: list[tuple[str, int, int]]
) -> None:
    world = initialised(document(changes))
    world.release("v2")
    for event, ticks, acts in happenings:
        for _ in range(ticks):
            world.tick()
        faulty(world, event)
        if event == "die":
            tick_until_killed(world, acts)
    faulty(world, "primary up")
    if world.target is None:
        world.release("v1")
    for _ in range(2000):
        world.tick()
        if at_rest(world):
            break
    assert at_rest(world)
    world.tick(3)
    invariants(world)
    assert world.apex == "primary"


def at_rest(world: World) -> bool:
    """Nothing is under way, and nothing is left to be done."""
    status = world.status
    known = world.target and world.target.revision in (status.last_applied_spec, status.last_promoted_spec)
    return (
        bool(known) and status.phase in (*ENDS, Phase.INITIALIZED) and not (status.request or status.intent)
    )


def tick_until_killed(world: World, acts: int) -> None:
    """A tick whose driver dies before the act of that number."""
    world.lives = acts
    try:
        world.tick()
    except Killed:
        world.now += world.canary.analysis.interval
    finally:
        world.lives = None


STORIES: dict[str, tuple[dict[str, Any], str]] = {
    "promotion": ({f"{A}.stepWeight": 25}, "good"),
    "promotion in steps": ({f"{A}.stepWeight": 50, f"{A}.stepWeightPromotion": 20}, "good"),
    "rollback": ({f"{A}.threshold": 2}, "bad"),
    "skipped analysis": ({"spec.skipAnalysis": True}, "good"),
}


@pytest.mark.parametrize("mood", [pytest.param(story, id=name) for name, story in STORIES.items()])
def test_a_driver_killed_before_any_act_comes_to_the_same_end_and_makes_no_step_twice(
    mood: tuple[dict[str, Any], str],
) -> None:
    changes, behaviour = mood
    written = document(changes)
    undisturbed = moody(World(written), [behaviour])
    finish(undisturbed)
    for act in range(120):
        world = moody(World(written), [behaviour])
        world.lives = act
        finish(world)
        assert world.status.phase == undisturbed.status.phase
        assert world.weights == undisturbed.weights
        assert world.primary_revision == undisturbed.primary_revision
        assert len({intent.placement.attempt for intent in world.made_live}) == len(world.made_live)
        invariants(world)


def finish(world: World) -> None:
    for _ in range(200):
        try:
            world.tick()
        except Killed:
            world.now += world.canary.analysis.interval
        if world.status.phase == Phase.INITIALIZED and world.target and world.target.revision == "v1":
            world.release("v2")
        if world.status.phase in ENDS:
            return
    raise AssertionError(world.status.phase)


@settings(max_examples=60)
@given(documents(), st.lists(st.booleans(), min_size=1, max_size=8))
def test_a_policy_only_ever_holds_what_goes_forward(changes: dict[str, Any], refusals: list[bool]) -> None:
    world = initialised(document(changes))
    asked: list[Purpose] = []

    def policy(intent: Any) -> Veto | None:
        asked.append(intent.kind)
        return Veto("p", "m") if refusals[len(asked) % len(refusals)] else None

    world.policy = policy
    world.release("v2")
    for _ in range(100):
        world.tick()
        invariants(world)
    assert set(asked) <= {Purpose.ADVANCE, Purpose.PROMOTE}


@settings(max_examples=60)
@given(documents(), st.lists(MOODS, min_size=1, max_size=4))
def test_traffic_only_rises_on_passed_checks(changes: dict[str, Any], moods: list[str]) -> None:
    world = moody(initialised(document(changes)), moods)
    world.release("v2")
    world.tick(100)
    for intent in world.made_live:
        evidence = intent.placement.evidence
        assert evidence
        if evidence.to.canary > evidence.from_.canary:
            assert evidence.checks
            assert all(check.passed for check in evidence.checks)
