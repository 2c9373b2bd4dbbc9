"""Runs with hooks of every type: what each of them is told, what it holds up, and what goes on meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from automation.core.analysis import MetricCheck, Webhook
from automation.core.kinds import CANARY
from automation.core.observation import Answer, HookAnswer
from automation.core.revision_hash import run_checksum
from automation.core.status import Phase, Request
from tests.core.documents import MISSING, document
from tests.core.test_deletion import tick_until_gone
from tests.core.world import KEY, Killed, World, initialised, split

A = "spec.analysis"
TYPES = (
    "confirm-rollout",
    "pre-rollout",
    "rollout",
    "confirm-traffic-increase",
    "confirm-promotion",
    "rollback",
    "post-rollout",
)
METADATA = {"cmd": "curl http://podinfo-canary.test/"}


def hooks(*kinds: str) -> dict[str, Any]:
    """A hook of each of these types, which has its name."""
    described = [{"name": k, "type": k, "url": f"http://{k}/", "metadata": METADATA} for k in kinds]
    return {f"{A}.webhooks": described, f"{A}.stepWeight": 25}


class Answers:
    """Hooks by name: open unless they are `closed`. Rollback hooks signal nothing unless they are open."""

    def __init__(self, *closed: str) -> None:
        self.closed = {"rollback", *closed}

    def __call__(self, world: World, webhook: Webhook) -> HookAnswer:
        return HookAnswer(webhook.name not in self.closed, "said")


def released(*kinds: str, closed: tuple[str, ...] = (), **changes: Any) -> tuple[World, Answers]:
    answers = Answers(*closed)
    world = initialised(document(hooks(*kinds) | changes), hook=answers)
    world.release("v2")
    return world, answers


def bad(world: World, check: MetricCheck) -> Answer:
    return world.measured(0.0)


def die_again_and_again(world: World) -> None:
    """Drivers that are killed before the first act of a tick, the second, and so on."""
    for acts in range(4):
        world.lives = acts
        try:
            world.tick()
        except Killed:
            world.now += 10.0
    world.lives = None


def names(world: World) -> list[str]:
    return [call.webhook.name for call in world.calls]


PHASES = {
    "confirm-rollout": "Initialized",
    "pre-rollout": "Progressing",
    "rollout": "Progressing",
    "confirm-traffic-increase": "Progressing",
    "confirm-promotion": "Progressing",
    "rollback": "Progressing",
    "post-rollout": "Succeeded",
}


@pytest.mark.parametrize(("kind", "phase"), PHASES.items(), ids=PHASES)
def test_each_hook_is_told_of_the_revision_under_test(kind: str, phase: str) -> None:
    world, _ = released(*TYPES)
    world.until(Phase.SUCCEEDED).tick()
    call = next(call for call in world.calls if call.webhook.type == kind)
    assert call.payload == {
        "name": "podinfo",
        "namespace": "test",
        "phase": phase,
        "checksum": run_checksum(world.hash("v2"), {}),
        "metadata": METADATA,
    }


def test_a_whole_release_in_the_models_words() -> None:
    world, _ = released(*TYPES)
    world.until(Phase.SUCCEEDED).tick()
    more = "Confirm-traffic-increase check confirm-traffic-increase passed"
    assert [text for text in world.texts if "Nothing is measured" not in text] == [
        "Confirm-rollout check confirm-rollout passed",
        "New revision detected! Scaling up podinfo.test",
        "Starting canary analysis for podinfo.test",
        "Pre-rollout check pre-rollout passed",
        more,
        "Advance podinfo.test canary weight 25",
        more,
        "Advance podinfo.test canary weight 50",
        more,
        "Confirm-promotion check confirm-promotion passed",
        "Copying podinfo.test template spec to podinfo-primary.test",
        "Routing all traffic to primary",
        "Post-rollout check post-rollout passed",
        "Promotion completed! Scaling down podinfo.test",
    ]


# confirm-rollout


def test_a_revision_that_is_not_let_in_waits_and_that_is_said_once() -> None:
    world, answers = released("confirm-rollout", closed=("confirm-rollout",))
    world.tick(3)
    assert world.texts == ["Halt podinfo.test advancement waiting for approval confirm-rollout"]
    assert [str(call.payload["phase"]) for call in world.calls] == ["Initialized", "Waiting", "Waiting"]
    assert len({call.key for call in world.calls}) == 3
    (condition,) = world.status.conditions
    assert (world.status.phase, world.status.last_applied_spec) == (Phase.WAITING, "v1")
    assert (condition.status, condition.reason, condition.message) == (
        "Unknown",
        "Waiting",
        "Waiting for approval.",
    )
    assert world.target
    assert world.target.workload.replicas == 0
    assert "waiting for approval" in world.ticked().waits
    answers.closed.clear()
    world.tick()
    assert (world.status.phase, world.status.last_applied_spec) == (Phase.PROGRESSING, "v2")


def test_a_hook_hears_of_the_revision_that_the_target_has_by_then() -> None:
    world, answers = released("confirm-rollout", closed=("confirm-rollout",))
    world.tick()
    world.release("v3")
    world.tick()
    first, second = world.calls
    assert first.payload["checksum"] != second.payload["checksum"]
    assert second.payload["checksum"] == run_checksum(world.hash("v3"), {})
    answers.closed.clear()
    world.tick()
    assert (world.status.last_applied_spec, world.recorded) == ("v3", ["v3"])


def test_a_return_to_the_promoted_revision_ends_the_wait_and_the_other_may_come_again() -> None:
    world, _ = released("confirm-rollout", closed=("confirm-rollout",))
    world.tick(2)
    world.release("v1")
    world.tick(2)
    assert world.status.phase is Phase.INITIALIZED
    world.release("v2")
    world.tick()
    assert world.status.phase is Phase.WAITING


def test_an_abort_turns_a_waiting_revision_away() -> None:
    world, answers = released("confirm-rollout", closed=("confirm-rollout",))
    world.tick()
    world.status = replace(world.status, request=Request("abort", "1", "ann"))
    world.tick()
    answers.closed.clear()
    world.tick(3)
    (condition,) = world.status.conditions
    assert (world.status.phase, condition.reason, world.weights) == (Phase.FAILED, "Aborted", [0])
    assert world.texts[-1] == "Rolling back podinfo.test aborted by ann"
    world.status = replace(world.status, request=Request("retry", "2", "ann"))
    world.tick()
    assert world.status.phase is Phase.PROGRESSING


def test_a_retry_asks_again_whether_it_may_begin() -> None:
    world, answers = released("confirm-rollout", **{f"{A}.threshold": 1})
    world.answer = bad
    world.until(Phase.FAILED)
    answers.closed.add("confirm-rollout")
    world.status = replace(world.status, request=Request("retry", "2", "ann"))
    world.tick()
    assert (world.status.phase, world.status.request) == (Phase.WAITING, None)
    answers.closed.clear()
    world.tick()
    assert (world.status.phase, world.status.last_applied_spec) == (Phase.PROGRESSING, "v2")


def test_nobody_is_asked_while_the_canary_is_suspended() -> None:
    world, _ = released("confirm-rollout", closed=("confirm-rollout",))
    world.tick()
    world.document = document(hooks("confirm-rollout") | {"spec.suspend": True})
    world.calls.clear()
    world.tick(3)
    assert (world.calls, world.status.phase) == ([], Phase.WAITING)


def test_a_waiting_canary_that_is_restarted_goes_on_waiting() -> None:
    world, answers = released("confirm-rollout", closed=("confirm-rollout",))
    world.tick()
    die_again_and_again(world)
    assert world.texts == ["Halt podinfo.test advancement waiting for approval confirm-rollout"]
    answers.closed.clear()
    world.until(Phase.SUCCEEDED)


# confirm-traffic-increase


def test_pre_rollout_hooks_pass_once_however_long_the_first_weight_is_held() -> None:
    world, answers = released("pre-rollout", "confirm-traffic-increase", closed=("confirm-traffic-increase",))
    world.tick(4)
    assert names(world).count("pre-rollout") == 1
    assert names(world).count("confirm-traffic-increase") == 3
    assert world.texts[-1] == (
        "Halt podinfo.test advancement waiting for traffic increase approval confirm-traffic-increase"
    )
    assert (world.status.phase, world.weights) == (Phase.PROGRESSING, [0])
    answers.closed.clear()
    world.tick()
    (step,) = world.made_live
    assert step.placement.evidence
    assert [check.name for check in step.placement.evidence.checks] == [
        "canary-ready",
        "pre-rollout",
        "confirm-traffic-increase",
    ]


def test_a_new_run_calls_its_pre_rollout_hooks_anew() -> None:
    world, _ = released("pre-rollout", "confirm-traffic-increase", closed=("confirm-traffic-increase",))
    world.tick(3)
    world.release("v3")
    world.tick(3)
    assert names(world).count("pre-rollout") == 2
    first, second = (call for call in world.calls if call.webhook.name == "pre-rollout")
    assert first.key != second.key


def test_each_rise_of_the_weight_waits_to_be_let_in() -> None:
    world, answers = released("confirm-traffic-increase", **{f"{A}.stepWeight": 10})
    world.tick(2)
    answers.closed.add("confirm-traffic-increase")
    world.tick(3)
    assert world.status.canary_weight == 10
    answers.closed.clear()
    world.until(Phase.SUCCEEDED)
    assert world.weights == [0, 10, 20, 30, 40, 50, 0]
    passed = "Confirm-traffic-increase check confirm-traffic-increase passed"
    assert world.texts.count(passed) == 6  # once before the promotion


def test_a_canary_that_fails_its_checks_is_rolled_back_while_its_traffic_is_held() -> None:
    world, answers = released("confirm-traffic-increase", **{f"{A}.threshold": 2})
    world.tick(2)
    answers.closed.add("confirm-traffic-increase")
    world.tick(3)
    assert (world.status.traffic, world.status.phase) == (split(25), Phase.PROGRESSING)
    world.answer = bad
    world.tick(2)
    assert (world.status.phase, world.status.traffic) == (Phase.FAILED, split(0))


def test_a_mirrored_release_is_not_asked_before_its_first_weight_twice() -> None:
    world, _ = released("confirm-traffic-increase", **{f"{A}.mirror": True})
    world.tick(3)
    assert (world.weights[-1], len(world.calls)) == (25, 1)  # it was asked before the mirroring


# confirm-promotion


def waiting_for_promotion(**changes: Any) -> tuple[World, Answers]:
    world, answers = released("confirm-promotion", closed=("confirm-promotion",), **changes)
    world.until(Phase.WAITING_PROMOTION)
    return world, answers


def test_a_held_promotion_keeps_its_weight_and_is_said_once() -> None:
    world, answers = waiting_for_promotion()
    world.tick(3)
    halted = "Halt podinfo.test advancement waiting for promotion approval confirm-promotion"
    (condition,) = world.status.conditions
    assert (world.texts.count(halted), world.texts[-1]) == (1, halted)
    assert (condition.status, condition.reason) == ("Unknown", "WaitingPromotion")
    assert (world.status.canary_weight, world.status.traffic) == (50, split(50))
    assert {call.payload["phase"] for call in world.calls} == {"Progressing"}
    assert len({call.key for call in world.calls}) == len(world.calls)  # each asks anew
    answers.closed.clear()
    world.until(Phase.SUCCEEDED)
    assert world.primary_revision == "v2"


def test_a_canary_that_fails_its_checks_is_rolled_back_while_its_promotion_is_held() -> None:
    world, _ = waiting_for_promotion(**{f"{A}.threshold": 2})
    world.answer = bad
    world.tick(2)
    assert (world.status.phase, world.status.traffic) == (Phase.FAILED, split(0))
    assert "Rolling back podinfo.test failed checks threshold reached 2" in world.texts


def abort(world: World) -> None:
    world.status = replace(world.status, request=Request("abort", "1", "ann"))


def suspend(world: World) -> None:
    world.document = document(hooks("confirm-promotion") | {"spec.suspend": True})


ENDS: dict[str, tuple[Callable[[World], object], Phase, str, int]] = {
    "an abort": (abort, Phase.FAILED, "Aborted", 0),
    "a return": (lambda world: world.release("v1"), Phase.FAILED, "Cancelled", 0),
    "a new revision": (lambda world: world.release("v3"), Phase.PROGRESSING, "Progressing", 0),
    "a suspension": (suspend, Phase.WAITING_PROMOTION, "WaitingPromotion", 50),
    "the target goes": (lambda world: setattr(world, "target", None), Phase.FAILED, "Failed", 0),
}


@pytest.mark.parametrize(("happens", "phase", "reason", "weight"), ENDS.values(), ids=ENDS)
def test_what_ends_a_run_ends_it_while_its_promotion_is_held(
    happens: Callable[[World], object], phase: Phase, reason: str, weight: int
) -> None:
    world, _ = waiting_for_promotion()
    happens(world)
    world.tick()
    (condition,) = world.status.conditions
    assert (world.status.phase, condition.reason) == (phase, reason)
    assert world.status.traffic == split(weight)


def test_a_driver_that_comes_back_to_a_held_promotion_asks_and_says_no_more_than_before() -> None:
    world, answers = waiting_for_promotion()
    said = len(world.texts)
    die_again_and_again(world)
    assert len(world.texts) == said
    answers.closed.clear()
    world.until(Phase.SUCCEEDED)
    assert len({intent.placement.attempt for intent in world.made_live}) == len(world.made_live)


def iterating(kind: str, **changes: Any) -> dict[str, Any]:
    removed = {f"{A}.{name}": MISSING for name in ("maxWeight",)}
    described = hooks(kind) | removed | {f"{A}.iterations": 2} | changes
    return described | {f"{A}.stepWeight": MISSING}


def test_blue_green_asks_before_users_come_and_before_the_promotion() -> None:
    answers = Answers("confirm-promotion")
    world = initialised(document(iterating("confirm-promotion")), hook=answers)
    world.release("v2")
    world.until(Phase.WAITING_PROMOTION)
    assert (world.status.traffic, world.status.iterations) == (split(0), 2)
    answers.closed.clear()
    world.tick()
    assert (world.status.phase, world.status.traffic) == (Phase.PROGRESSING, split(100))
    answers.closed.add("confirm-promotion")
    world.until(Phase.WAITING_PROMOTION)
    assert world.status.traffic == split(100)
    answers.closed.clear()
    world.until(Phase.SUCCEEDED)
    assert sum("waiting for promotion approval" in text for text in world.texts) == 2


def test_ab_asks_once_all_iterations_are_counted() -> None:
    match = [{"headers": {"x-user": {"exact": "insider"}}}]
    answers = Answers("confirm-promotion")
    world = initialised(document(iterating("confirm-promotion", **{f"{A}.match": match})), hook=answers)
    world.release("v2")
    world.until(Phase.WAITING_PROMOTION).tick(2)
    assert (world.status.iterations, sum("iteration 2/2" in text for text in world.texts)) == (2, 1)
    assert (world.status.traffic.canary, names(world)[-1]) == (100, "confirm-promotion")
    answers.closed.clear()
    world.until(Phase.SUCCEEDED)


def test_an_analysis_that_is_skipped_asks_nobody_but_whether_it_may_begin() -> None:
    closed = ("confirm-promotion", "confirm-traffic-increase", "pre-rollout", "rollout")
    world, _ = released(*TYPES, closed=closed, **{"spec.skipAnalysis": True})
    world.until(Phase.SUCCEEDED).tick()
    assert names(world) == ["confirm-rollout", "post-rollout"]


@pytest.mark.parametrize("kind", ["confirm-rollout", "confirm-promotion"])
def test_what_waits_can_be_deleted_and_its_users_are_on_the_target_first(kind: str) -> None:
    world, _ = released(kind, closed=(kind,), **{"spec.revertOnDeletion": True})
    world.until(Phase.WAITING, Phase.WAITING_PROMOTION)
    world.cluster.delete(CANARY, *KEY)
    tick_until_gone(world)
    assert world.apex == "target"


# rollback


@pytest.mark.parametrize("phase", [Phase.PROGRESSING, Phase.WAITING_PROMOTION], ids=str)
def test_a_rollback_hook_that_answers_ends_the_run(phase: Phase) -> None:
    world, answers = released("rollback", "confirm-promotion", closed=("confirm-promotion",))
    world.until(phase)
    answers.closed.discard("rollback")
    world.tick()
    assert world.texts[-3:] == [
        "Rollback check rollback passed",
        "Rolling back podinfo.test manual webhook invoked",
        "Canary failed! Scaling down podinfo.test",
    ]
    assert (world.calls[-1].payload["phase"], world.status.phase) == (str(phase), Phase.FAILED)
    assert world.status.traffic == split(0)


def test_the_first_rollback_hook_that_answers_is_enough() -> None:
    described = [{"name": name, "type": "rollback", "url": f"http://{name}/"} for name in ("one", "two")]
    world = initialised(document({f"{A}.webhooks": described}), hook=Answers("one"))
    world.release("v2")
    world.tick(2)
    assert names(world) == ["one", "two"]
    assert world.texts[-3:-1] == [
        "Rollback check two passed",
        "Rolling back podinfo.test manual webhook invoked",
    ]


def test_a_hook_that_can_not_be_reached_rolls_nothing_back() -> None:
    world, _ = released("rollback")
    world.until(Phase.SUCCEEDED)
    assert not any("ollback" in text for text in world.texts)


def test_before_a_run_there_is_nothing_to_roll_back() -> None:
    world, _ = released("rollback", "confirm-rollout", closed=("confirm-rollout",))
    world.tick(3)
    assert "rollback" not in names(world)


# post-rollout


@pytest.mark.parametrize(
    ("answer", "phase"), [(None, Phase.SUCCEEDED), (bad, Phase.FAILED)], ids=["succeeded", "failed"]
)
def test_after_a_run_each_hook_is_called_once_until_one_fails(answer: Any, phase: Phase) -> None:
    described = [{"name": n, "type": "post-rollout", "url": f"http://{n}/"} for n in ("one", "two", "three")]
    world = initialised(document({f"{A}.webhooks": described, f"{A}.threshold": 1}), hook=Answers("two"))
    world.answer = answer or world.answer
    world.release("v2")
    world.until(phase).tick(3)
    assert [(call.webhook.name, call.payload["phase"]) for call in world.calls] == [
        ("one", str(phase)),
        ("two", str(phase)),
    ]
    said = world.texts[-3:] if phase is Phase.SUCCEEDED else world.texts[-2:]
    assert said[:2] == ["Post-rollout check one passed", "Post-rollout hook two failed said"]


def test_a_release_is_done_once_its_post_rollout_hooks_were_called() -> None:
    world, _ = released("post-rollout")
    while world.status.phase is not Phase.SUCCEEDED:
        tick = world.ticked()
        world.now += 10.0
    assert (tick.done, tick.pause) == (False, 0.0)
    assert not world.ticked().trouble
    assert world.ticked().done


def test_hooks_whose_answers_were_lost_are_called_again_with_the_same_key() -> None:
    world, _ = released("post-rollout")
    world.until(Phase.SUCCEEDED)
    world.lives = 1  # it may take the Lease
    with pytest.raises(Killed):
        world.tick()
    world.now += 60.0
    world.tick(3)
    first, second = world.calls
    assert first.key == second.key
    assert world.texts.count("Promotion completed! Scaling down podinfo.test") == 1


def test_a_second_run_of_the_same_revision_has_keys_of_its_own() -> None:
    world, _ = released("post-rollout", **{f"{A}.threshold": 1})
    world.answer = bad
    world.until(Phase.FAILED).tick()
    world.status = replace(world.status, request=Request("retry", "2", "ann"))
    world.tick()
    world.until(Phase.FAILED).tick()
    first, second = world.calls
    assert first.key != second.key


def test_a_new_revision_waits_until_they_were_called() -> None:
    world, _ = released("post-rollout")
    world.until(Phase.SUCCEEDED)
    world.release("v3")
    world.tick()
    assert (world.status.phase, names(world)) == (Phase.SUCCEEDED, ["post-rollout"])
    world.tick()
    assert (world.status.phase, world.status.last_applied_spec) == (Phase.PROGRESSING, "v3")
