"""Hooks that hold a release back until somebody lets it in, and those by which somebody calls it back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from automation.core.kinds import CANARY
from automation.core.observation import HookAnswer
from automation.core.status import Phase, Purpose, Request
from tests.core.documents import MISSING, document
from tests.core.test_deletion import tick_until_gone
from tests.core.world import KEY, Killed, World, initialised, split

A = "spec.analysis"
COUNTED = {f"{A}.stepWeight": MISSING, f"{A}.maxWeight": MISSING, f"{A}.iterations": 2}
CHOSEN = {**COUNTED, f"{A}.match": [{"headers": {"x-canary": {"exact": "insider"}}}]}


def gated(*kinds: str, **changes: Any) -> World:
    """A Canary with a hook of each of these kinds, all of them closed."""
    hooks = [{"name": "gate", "type": kind, "url": f"http://x/{kind}"} for kind in kinds]
    world = initialised(document({f"{A}.webhooks": hooks, **changes}))
    world.hook = lambda seen, webhook: HookAnswer(False, "closed")
    world.release("v2")
    return world


def opened(world: World) -> World:
    world.hook = lambda seen, webhook: HookAnswer(webhook.type != "rollback")
    return world


def asked(world: World) -> list[str]:
    return [call.webhook.type for call in world.calls]


def test_no_run_begins_before_it_is_let_in() -> None:
    world = gated("confirm-rollout")
    world.tick(4)
    assert world.status.phase is Phase.WAITING
    assert world.target is not None
    assert (world.target.workload.replicas, world.primary_revision) == (0, "v1")
    assert world.texts == ["Halt podinfo.test advancement waiting for approval gate"]
    assert [call.payload["phase"] for call in world.calls][:2] == ["Initialized", "Waiting"]
    opened(world).until(Phase.SUCCEEDED)
    assert world.texts[1:3] == [
        "Confirm-rollout check gate passed",
        "New revision detected! Scaling up podinfo.test",
    ]
    assert world.primary_revision == "v2"


def test_a_revision_that_takes_the_place_of_one_that_waits_is_let_in_instead() -> None:
    world = gated("confirm-rollout").tick(2)
    world.release("v3")
    opened(world).until(Phase.SUCCEEDED)
    assert (world.primary_revision, world.recorded) == ("v3", ["v3"])


def test_a_return_to_the_promoted_revision_ends_the_wait_and_the_other_may_come_again() -> None:
    world = gated("confirm-rollout").tick(2)
    world.release("v1")
    world.tick(2)
    assert world.status.phase is Phase.INITIALIZED
    world.release("v2")
    world.tick()
    assert world.status.phase is Phase.WAITING


def test_a_call_of_a_gate_that_is_asked_again_is_another_call() -> None:
    world = gated("confirm-rollout").tick(3)
    assert len({call.key for call in world.calls}) == len(world.calls) == 3


def test_each_rise_of_the_weight_waits_to_be_let_in() -> None:
    world = gated("confirm-traffic-increase")
    world.tick(6)
    assert (world.status.phase, world.status.canary_weight, world.status.failed_checks) == (
        Phase.PROGRESSING,
        0,
        0,
    )
    assert world.texts[-1] == "Halt podinfo.test advancement waiting for traffic increase approval gate"
    opened(world).tick()
    assert world.status.canary_weight == 10
    world.hook = lambda seen, webhook: HookAnswer(False, "closed")
    world.tick(3)
    assert world.status.canary_weight == 10
    opened(world).until(Phase.SUCCEEDED)
    assert world.weights == [0, 10, 20, 30, 40, 50, 0]
    assert world.texts.count("Confirm-traffic-increase check gate passed") == 6  # once before the promotion


def test_checks_go_on_while_a_rise_waits() -> None:
    world = gated("confirm-traffic-increase", **{f"{A}.threshold": 2})
    opened(world).tick(2)
    assert world.status.canary_weight == 10
    world.hook = lambda seen, webhook: HookAnswer(False, "closed")
    world.answer = lambda seen, check: seen.measured(40.0)
    world.until(Phase.FAILED)
    assert world.primary_revision == "v1"


def until_held(world: World) -> World:
    return world.until(Phase.WAITING_PROMOTION)


def test_a_promotion_waits_with_its_weight_until_it_is_let_in() -> None:
    world = until_held(gated("confirm-promotion"))
    world.tick(3)
    assert (world.status.phase, world.status.canary_weight, world.primary_revision) == (
        Phase.WAITING_PROMOTION,
        50,
        "v1",
    )
    halt = "Halt podinfo.test advancement waiting for promotion approval gate"
    assert world.texts.count(halt) == 1
    opened(world).until(Phase.SUCCEEDED)
    assert world.primary_revision == "v2"
    assert "Confirm-promotion check gate passed" in world.texts


def test_what_waits_for_its_promotion_and_fails_is_rolled_back() -> None:
    world = until_held(gated("confirm-promotion", **{f"{A}.threshold": 2}))
    world.answer = lambda seen, check: seen.measured(40.0)
    world.until(Phase.FAILED)
    assert (world.primary_revision, world.weights[-1]) == ("v1", 0)


def test_a_further_revision_begins_a_run_of_its_own() -> None:
    world = until_held(gated("confirm-promotion"))
    world.release("v3")
    world.tick(2)
    assert (world.status.phase, world.status.canary_weight) == (Phase.PROGRESSING, 10)


def test_a_return_to_the_promoted_revision_cancels_what_waits() -> None:
    world = until_held(gated("confirm-promotion"))
    world.release("v1")
    world.until(Phase.FAILED)
    assert world.status.conditions[0].reason == "Cancelled"


def test_nobody_is_switched_before_the_promotion_is_let_in() -> None:
    world = until_held(gated("confirm-promotion", **COUNTED))
    world.tick(3)
    assert world.weights == [0]
    opened(world).until(Phase.SUCCEEDED)
    assert world.weights == [0, 100, 0]
    assert asked(opened(world))[-2:] == ["confirm-promotion", "confirm-promotion"]


def test_chosen_requests_are_led_to_the_canary_before_its_promotion_is_asked_for() -> None:
    world = until_held(gated("confirm-promotion", **CHOSEN))
    assert world.status.traffic.canary == 100
    assert asked(world)[-1] == "confirm-promotion"
    opened(world).until(Phase.SUCCEEDED)
    assert world.primary_revision == "v2"


@pytest.mark.parametrize("phase", [Phase.PROGRESSING, Phase.WAITING_PROMOTION])
def test_somebody_calls_a_run_back(phase: Phase) -> None:
    kinds = ("rollback",) if phase is Phase.PROGRESSING else ("confirm-promotion", "rollback")
    world = gated(*kinds)
    world.tick(3)
    if phase is Phase.WAITING_PROMOTION:
        until_held(world)
    assert world.status.phase is phase
    assert world.status.canary_weight > 0
    world.hook = lambda seen, webhook: HookAnswer(webhook.type == "rollback")
    world.until(Phase.FAILED)
    assert world.made_live[-1].kind is Purpose.ROLLBACK
    assert world.route is not None
    assert world.route.traffic == split(0)
    said = ["Rollback check gate passed", "Rolling back podinfo.test manual webhook invoked"]
    assert [text for text in world.texts if text in said] == said


def test_skipped_analysis_waits_to_be_let_in_and_for_nothing_else() -> None:
    world = gated("confirm-rollout", "confirm-promotion", "rollback", **{"spec.skipAnalysis": True})
    world.tick(2)
    assert world.status.phase is Phase.WAITING
    world.hook = lambda seen, webhook: HookAnswer(webhook.type == "confirm-rollout")
    world.until(Phase.SUCCEEDED)
    assert set(asked(world)) == {"confirm-rollout"}


@pytest.mark.parametrize("kind", ["confirm-rollout", "confirm-promotion"])
def test_what_waits_can_be_deleted_and_its_users_are_on_the_target_first(kind: str) -> None:
    world = gated(kind, **{"spec.revertOnDeletion": True})
    world.until(Phase.WAITING, Phase.WAITING_PROMOTION)
    world.cluster.delete(CANARY, *KEY)
    tick_until_gone(world)
    assert world.apex == "target"


def test_an_abort_takes_back_what_waits_and_a_retry_waits_again() -> None:
    world = until_held(gated("confirm-promotion"))
    world.status = replace(world.status, request=Request("abort", "1", "ann"))
    world.until(Phase.FAILED)
    assert (world.status.conditions[0].reason, world.weights[-1]) == ("Aborted", 0)
    world.status = replace(world.status, request=Request("retry", "2", "ann"))
    until_held(world)
    assert world.status.canary_weight == 50


def test_a_driver_that_dies_while_a_promotion_waits_goes_on_where_it_was() -> None:
    world = until_held(gated("confirm-promotion"))
    world.lives = 0
    with pytest.raises(Killed):
        world.tick()
    world.lives = None
    opened(world).until(Phase.SUCCEEDED)
    assert world.primary_revision == "v2"
