"""Whole releases in memory: given a Canary, when the target changes, then this is what people see."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from automation.core.decide import Veto
from automation.core.kinds import CONFIG_MAP, DEPLOYMENT, ENDPOINT_SLICE
from automation.core.marks import REPLICAS
from automation.core.observation import (
    HookAnswer,
    Measured,
    NothingMeasured,
    QueryFailed,
    Route,
    Target,
)
from automation.core.status import Intent, Phase, Purpose, Request
from automation.driver.tick import Rival
from automation.errors import UpdateFailed
from automation.inmemory.stacks import Update
from tests.core.documents import document
from tests.core.world import HEALTHY, SOURCE, World, deployment, initialised, split

AVAILABLE = "all the metrics providers are available!"
NOT_FOUND = (
    'spec.routeRef.name: apisixroutes.apisix.apache.org "podinfo" not found in namespace test; '
    "apply the ApisixRoute first, or name the one that leads users to the application"
)


def broken(world: World, check: object) -> Measured:
    return world.measured(40.0 if world.status.traffic.canary else 100.0)


def test_initialisation_flips_the_apex_before_the_target_goes_to_zero() -> None:
    world = World(document())
    world.tick()
    assert (world.status.phase, world.apex, world.recorded) == (Phase.INITIALIZING, "target", ["v1"])
    world.tick()
    assert [intent.kind for intent in world.made_live] == [Purpose.INITIALISE, Purpose.APEX]
    assert (world.apex, world.target and world.target.workload.replicas) == ("primary", 0)
    assert world.status.phase == Phase.INITIALIZED
    assert world.status.last_promoted_spec == "v1"
    assert world.texts == [AVAILABLE, "Initialization done! podinfo.test"]


@pytest.mark.parametrize("skipped", [False, True], ids=["with analysis", "without analysis"])
def test_the_target_serves_for_as_long_as_primary_is_not_ready(skipped: bool) -> None:
    world = World(document({"spec.skipAnalysis": skipped})).tick()
    world.primary = replace(deployment("podinfo-primary", 1, available=0), short_since=0.0)
    world.tick(20)
    assert (world.apex, world.status.phase) == ("target", Phase.INITIALIZING)
    assert world.target
    assert world.target.workload.replicas == 1
    assert world.texts[-2:] == [
        "podinfo-primary.test not ready: waiting for rollout to finish: "
        "0 of 1 (readyThreshold 100%) updated replicas are available",
        "podinfo.test serves alone until podinfo-primary.test is ready: mend that, or set an image that gets ready: "
        "kubectl -n test set image deployment/podinfo podinfod=IMAGE",
    ]


def test_a_good_release_is_promoted_with_the_articles_events() -> None:
    world = initialised(document())
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    assert world.texts == [
        "New revision detected! Scaling up podinfo.test",
        "Starting canary analysis for podinfo.test",
        "Advance podinfo.test canary weight 10",
        "Advance podinfo.test canary weight 20",
        "Advance podinfo.test canary weight 30",
        "Advance podinfo.test canary weight 40",
        "Advance podinfo.test canary weight 50",
        "Copying podinfo.test template spec to podinfo-primary.test",
        "Routing all traffic to primary",
        "Promotion completed! Scaling down podinfo.test",
    ]
    assert (world.primary_revision, world.status.last_promoted_spec) == ("v2", "v2")
    assert (world.status.canary_weight, world.target and world.target.workload.replicas) == (0, 0)
    (condition,) = world.status.conditions
    assert (condition.status, condition.reason) == ("True", "Succeeded")


def test_a_bad_release_is_rolled_back_in_the_tick_of_the_last_failed_check() -> None:
    world = initialised(document({"spec.analysis.threshold": 3}), answer=broken)
    world.release("v2")
    world.until(Phase.FAILED)
    halt = "Halt podinfo.test advancement success rate 40.00% < 99%"
    assert world.texts[2:] == [
        "Advance podinfo.test canary weight 10",
        halt,
        halt,
        halt,
        "Rolling back podinfo.test failed checks threshold reached 3",
        "Canary failed! Scaling down podinfo.test",
    ]
    assert world.route
    assert world.route.traffic == split(0)
    assert (world.primary_revision, world.forward[-1]) == ("v1", False)
    (condition,) = world.status.conditions
    assert (condition.status, condition.reason, condition.message) == (
        "False",
        "Failed",
        "Canary analysis failed, Deployment scaled to zero.",
    )
    evidence = world.made_live[-1].placement.evidence
    assert evidence
    assert [check.name for check in evidence.checks if not check.passed] == ["request-success-rate"]


def test_each_step_carries_the_checks_that_it_rests_on() -> None:
    world = initialised(document())
    world.release("v2")
    world.until(Phase.PROMOTING)
    step = next(i for i in world.made_live if i.placement.traffic == split(20))
    evidence = step.placement.evidence
    assert evidence
    assert (evidence.from_, evidence.to) == (split(10), split(20))
    assert [(check.name, check.kind, check.passed, check.value) for check in evidence.checks] == [
        ("canary-ready", "readiness", True, None),
        ("load-test", "hook", True, None),
        ("request-success-rate", "metric", True, 100.0),
        ("request-duration", "metric", True, 20.0),
    ]
    assert step.message == "podinfo.test: weight 10 -> 20, 2 of 2 checks passed"


def test_a_failed_revision_is_not_tried_again_until_it_changes() -> None:
    world = initialised(document({"spec.analysis.threshold": 1}), answer=broken)
    world.release("v2")
    world.until(Phase.FAILED).events.clear()
    before = world.status
    world.tick(3)
    assert (world.events, world.status) == ([], before)
    world.release("v3")
    world.tick()
    assert world.status.phase == Phase.PROGRESSING


def test_the_first_weight_waits_for_the_pre_rollout_hooks() -> None:
    hooks = [
        {"name": "smoke", "type": "pre-rollout", "url": "http://x/"},
        {"name": "more", "type": "pre-rollout", "url": "http://y/"},
    ]
    world = initialised(document({"spec.analysis.webhooks": hooks}))
    world.hook = lambda seen, webhook: HookAnswer(webhook.name != "smoke", "not yet")
    world.release("v2")
    world.tick(3)
    assert (world.weights, world.status.failed_checks) == ([0], 2)
    assert {call.webhook.name for call in world.calls} == {"smoke"}
    assert world.texts[-2:] == [
        "Starting canary analysis for podinfo.test",
        "Halt podinfo.test advancement pre-rollout check smoke failed not yet",
    ]
    world.hook = lambda seen, webhook: HookAnswer(True)
    world.tick()
    assert world.texts[-3:] == [
        "Pre-rollout check smoke passed",
        "Pre-rollout check more passed",
        "Advance podinfo.test canary weight 10",
    ]


def test_a_rollout_hook_that_fails_halts_before_any_metric() -> None:
    world = initialised(document())
    world.hook = lambda seen, webhook: HookAnswer(False, "no load")
    world.release("v2")
    world.tick(3)
    assert world.texts[-1] == "Halt podinfo.test advancement external check load-test failed no load"
    assert (world.status.failed_checks, world.status.canary_weight) == (1, 10)


def test_hooks_are_told_the_phase_and_a_key_for_repeats() -> None:
    world = initialised(document())
    world.release("v2")
    world.tick(3)
    (call,) = world.calls
    assert {name: call.payload[name] for name in ("name", "namespace", "phase")} == {
        "name": "podinfo",
        "namespace": "test",
        "phase": "Progressing",
    }
    run = int(world.status.begun_at)
    assert call.key == f"test/podinfo/{world.hash('v2')}/Progressing/{run}-10-0-0-2/rollout/load-test"


def test_a_change_in_mid_run_takes_the_traffic_back_and_restarts() -> None:
    world = initialised(document(), answer=broken)
    world.release("v2")
    world.tick(3)
    assert (world.status.canary_weight, world.status.failed_checks) == (10, 1)
    world.events.clear()
    world.release("v3")
    world.tick()
    assert world.texts == ["New revision detected! Restarting analysis for podinfo.test"]
    assert (world.status.phase, world.status.canary_weight) == (Phase.PROGRESSING, 0)
    assert (world.status.failed_checks, world.status.last_applied_spec) == (0, "v3")
    assert world.recorded == ["v2", "v3"]


def test_a_change_of_configuration_restarts_with_fresh_pods() -> None:
    world = initialised(document())
    world.target = Target(deployment("podinfo", 2), "v2", {"configmap/c": "1"})
    world.tick(3)
    assert world.target
    world.target = replace(world.target, revision="v3", configs={"configmap/c": "2"})
    world.tick()
    assert world.target.workload.replicas == 0
    world.tick()
    assert (world.target.workload.replicas, world.status.tracked_configs) == (1, {"configmap/c": "2"})
    world.until(Phase.SUCCEEDED)


def test_a_return_to_the_promoted_revision_cancels_without_blame() -> None:
    world = initialised(document())
    world.release("v2")
    world.tick(4)
    world.release("v1")
    world.until(Phase.FAILED)
    assert world.texts[-2:] == [
        "Cancelling podinfo.test: podinfo.test is back at the promoted revision",
        "Canary cancelled! Scaling down podinfo.test",
    ]
    assert {event.type for event in world.events} == {"Normal"}
    assert world.status.conditions[0].reason == "Cancelled"
    assert (world.route and world.route.traffic, world.status.last_applied_spec) == (split(0), "v1")
    world.tick(2)
    assert world.status.phase == Phase.FAILED
    world.release("v2")
    world.until(Phase.SUCCEEDED)


def test_an_abort_takes_all_traffic_back_and_a_retry_runs_the_same_revision() -> None:
    world = initialised(document())
    world.release("v2")
    world.tick(4)
    world.status = replace(world.status, request=Request("abort", "1", "ann"))
    world.tick()
    assert (world.status.phase, world.status.conditions[0].reason) == (Phase.FAILED, "Aborted")
    assert world.texts[-2:] == [
        "Rolling back podinfo.test aborted by ann",
        "Canary aborted! Scaling down podinfo.test",
    ]
    world.status = replace(world.status, request=Request("retry", "2", "ann"))
    world.until(Phase.SUCCEEDED)
    assert world.primary_revision == "v2"


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request("abort"), "Nothing to abort for podinfo.test: no run is under way"),
        (Request("retry"), "Nothing to retry for podinfo.test: the last run has not failed"),
        (
            Request("dance"),
            "Nothing to dance for podinfo.test: only abort, approve, hold, promote, resume, retry and retire are known",
        ),
    ],
    ids=["abort while idle", "retry after success", "an unknown verb"],
)
def test_a_request_that_makes_no_sense_is_answered_once(request_: Request, said: str) -> None:
    world = initialised(document())
    world.status = replace(world.status, request=request_)
    world.tick(3)
    assert (world.texts, world.status.request) == ([said], None)


def test_an_abort_in_mid_promotion_puts_primary_back_first() -> None:
    world = initialised(document())
    world.release("v2")
    world.until(Phase.PROMOTING)
    assert world.primary_revision == "v2"
    world.status = replace(world.status, request=Request("abort", "1", "ann"))
    world.until(Phase.FAILED)
    assert [intent.kind for intent in world.made_live[-2:]] == [Purpose.RESTORE, Purpose.ROLLBACK]
    assert (world.primary_revision, world.status.conditions[0].reason) == ("v1", "Aborted")


@pytest.mark.parametrize(
    ("available", "meanwhile"), [(1, 50), (0, 100)], ids=["old pods still answer", "none of its pods answers"]
)
def test_a_failed_promotion_ends_with_all_traffic_on_the_healthy_side(available: int, meanwhile: int) -> None:
    world = initialised(document())
    world.release("v2")
    world.until(Phase.PROMOTING)
    world.primary = replace(deployment("podinfo-primary", 2, available=available), expired=True)
    world.tick(2)
    assert world.texts[-2] == (
        "Promotion of podinfo.test failed, primary not ready: "
        'deployment "podinfo-primary" exceeded its progress deadline'
    )
    assert (world.primary_revision, world.route and world.route.traffic) == ("v1", split(meanwhile))
    world.primary = deployment("podinfo-primary", 2)
    world.until(Phase.FAILED)
    assert (world.route and world.route.traffic, world.status.last_promoted_spec) == (split(0), "v1")


def test_a_revision_pushed_in_mid_promotion_gets_a_run_of_its_own() -> None:
    world = initialised(document())
    world.release("v2")
    world.until(Phase.PROMOTING)
    world.release("v3")
    world.until(Phase.SUCCEEDED)
    assert world.primary_revision == "v2"
    world.until(Phase.PROGRESSING).until(Phase.SUCCEEDED)
    assert world.primary_revision == "v3"


def test_traffic_returns_in_steps_where_the_document_says_so() -> None:
    world = initialised(document({"spec.analysis.stepWeightPromotion": 20}))
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    assert world.weights == [0, 10, 20, 30, 40, 50, 30, 10, 0]
    assert world.texts[-4:-1] == [f"Advance podinfo.test primary weight {w}" for w in (70, 90, 100)]


def test_skipped_analysis_waits_for_primary_and_never_routes_to_the_canary() -> None:
    world = initialised(document({"spec.skipAnalysis": True}))
    world.release("v2")
    world.until(Phase.PROMOTING)
    world.primary = deployment("podinfo-primary", 1, available=0)
    world.tick(3)
    assert world.status.phase == Phase.PROMOTING
    world.primary = deployment("podinfo-primary")
    world.until(Phase.SUCCEEDED)
    assert (world.weights, world.primary_revision) == ([0], "v2")
    assert world.texts[-1] == "Promotion completed! Canary analysis was skipped for podinfo.test"


def test_a_suspended_canary_only_says_so() -> None:
    world = initialised(document())
    world.document = document({"spec.suspend": True})
    world.release("v2")
    world.tick(2)
    assert world.texts == ["skipping canary run as object is suspended"]


def test_what_is_waited_for_is_said_once_and_again_when_it_changes_or_after_a_while() -> None:
    world = initialised(document())
    away = world.target
    world.target = None
    world.tick(3)
    missing = ["Deployment podinfo.test not found"]
    assert world.texts == missing
    world.target = away
    world.tick(2)
    world.target = None
    world.tick(3)
    assert world.texts == missing * 2
    world.now += 700
    world.tick(2)
    assert world.texts == missing * 3


def test_a_canary_that_never_gets_ready_is_rolled_back_after_the_deadline() -> None:
    world = initialised(document())
    world.release("v2")
    world.tick()
    assert world.target
    world.target = replace(
        world.target, workload=replace(deployment("podinfo", 1, available=0), short_since=world.now)
    )
    world.tick(3)
    assert (world.status.phase, world.status.failed_checks) == (Phase.PROGRESSING, 0)
    world.until(Phase.FAILED)
    assert world.texts[-2:] == [
        "canary deployment podinfo.test not ready: waiting for rollout to finish: "
        "0 of 1 (readyThreshold 100%) updated replicas are available",
        "Canary failed! Scaling down podinfo.test",
    ]


def test_a_target_that_is_deleted_in_mid_run_leaves_no_traffic_to_nothing() -> None:
    world = initialised(document())
    world.release("v2")
    world.tick(3)
    world.target = None
    world.until(Phase.FAILED)
    assert (world.route and world.route.traffic) == split(0)
    assert "Deployment podinfo.test not found" in world.texts


def test_a_route_that_somebody_changed_is_put_back_with_its_name() -> None:
    world = initialised(document())
    world.release("v2")
    world.tick(2)
    assert world.route
    world.route = Route(split(90), world.route.attempt, changed_by="kubectl-edit")
    world.tick()
    assert world.texts[-1] == (
        "Route podinfo-podinfo-canary.test was set to 10/90 by kubectl-edit: put back to 90/10"
    )
    assert (world.route.traffic, world.forward[-1]) == (split(10), False)


def test_a_deleted_primary_comes_back_from_its_promoted_revision() -> None:
    world = initialised(document({"spec.analysis.threshold": 1}), answer=broken)
    world.release("v2")
    world.until(Phase.FAILED)
    world.primary = None
    world.tick()
    assert world.primary_revision == "v1"


def test_an_apex_that_was_turned_away_is_put_back() -> None:
    world = initialised(document(), apex="target")
    world.apex = "target"
    world.tick()
    assert (world.apex, world.texts) == (
        "primary",
        ["Service podinfo.test did not select the primary: put back"],
    )


def test_a_step_that_a_policy_refuses_moves_nothing_and_is_tried_again() -> None:
    world = initialised(document())
    world.release("v2")
    world.tick(2)
    world.policy = lambda intent: Veto("step-bounds", "10 is too much; use 5")
    world.tick(4)
    assert world.route
    assert (world.route.traffic, world.status.intent, world.status.failed_checks) == (split(10), None, 0)
    assert world.texts[-1] == "Halt podinfo.test advancement policy step-bounds: 10 is too much; use 5"
    world.policy = lambda intent: None
    world.until(Phase.SUCCEEDED)


def test_no_policy_is_asked_about_a_rollback() -> None:
    world = initialised(document({"spec.analysis.threshold": 1}), answer=broken)
    world.release("v2")
    world.tick(2)
    world.policy = lambda intent: Veto("freeze", "closed")
    world.until(Phase.FAILED)
    assert world.forward[-1] is False


def test_a_problem_halts_the_tick_and_changes_nothing() -> None:
    world = initialised(document())
    world.source = None
    world.release("v2")
    world.tick()
    assert (world.texts[-1], world.status.phase) == (NOT_FOUND, Phase.INITIALIZED)


def test_each_sample_is_judged_once_where_ticks_are_faster_than_scrapes() -> None:
    world = initialised(document({"spec.analysis.interval": "1s"}), answer=broken)
    world.release("v2")
    world.until(Phase.FAILED, ticks=90)
    halts = [text for text in world.texts if text.startswith("Halt")]
    assert len(halts) == 10
    assert world.now - 1_000_000.0 > 10 * world.scrape_interval


def test_checks_ask_for_answers_of_this_run_alone() -> None:
    world = initialised(document())
    for revision in ("v2", "v3"):
        world.release(revision)
        begun = world.now
        world.tick(3)
        assert (world.status.canary_weight, world.measured_since) == (20, begun)
        world.until(Phase.SUCCEEDED)


def test_nothing_counts_before_two_samples_after_a_change_of_weight() -> None:
    world = initialised(document({"spec.analysis.interval": "1s"}))
    world.release("v2")
    times: dict[int, float] = {}
    for _ in range(120):
        world.tick()
        times.setdefault(world.status.canary_weight, world.now)
    steps = [times[weight + 10] - times[weight] for weight in (10, 20, 30, 40)]
    assert all(step >= world.scrape_interval for step in steps)


def test_no_data_is_a_failed_check_once_the_traffic_had_time_to_come() -> None:
    world = initialised(document(), answer=lambda seen, check: NothingMeasured())
    world.release("v2")
    world.tick(3)
    assert world.status.failed_checks == 0
    assert world.texts[-1] == (
        "Waiting for data of request-success-rate: podinfo.test has only begun to receive traffic"
    )
    world.tick()
    assert world.status.failed_checks == 1
    assert world.texts[-1] == (
        "Halt advancement no values found for apisix metric request-success-rate probably podinfo.test "
        "is not receiving traffic: running query failed: no values found"
    )
    world.until(Phase.FAILED)


def test_it_is_said_once_that_traffic_has_only_begun() -> None:
    """Ticks as fast as scrapes: between two failed checks there is one with nothing new to judge."""
    world = initialised(document(), answer=lambda seen, check: NothingMeasured())
    world.release("v2")
    world.until(Phase.FAILED)
    waiting = [text for text in world.texts if text.startswith("Waiting")]
    halted = [text for text in world.texts if text.startswith("Halt")]
    assert (len(waiting), len(halted)) == (1, 10)


def test_a_prometheus_that_is_away_is_waited_for_but_not_for_ever() -> None:
    world = initialised(document(), answer=lambda seen, check: QueryFailed("connection refused", away=True))
    world.release("v2")
    world.tick(6)
    assert world.status.failed_checks == 0
    assert world.texts[-1] == "Prometheus query failed: running query failed: connection refused"
    world.until(Phase.FAILED)


def test_a_query_that_is_wrong_is_a_failed_check() -> None:
    world = initialised(document(), answer=lambda seen, check: QueryFailed("error response: parse error"))
    world.release("v2")
    world.tick(3)
    assert world.status.failed_checks == 1


def test_samples_that_stop_coming_are_no_success() -> None:
    world = initialised(document(), answer=lambda seen, check: Measured(HEALTHY[check.name], 1_000_040.0))
    world.release("v2")
    world.until(Phase.FAILED)
    assert max(world.weights) <= 20


def test_an_edited_threshold_ends_a_run_that_is_past_it() -> None:
    world = initialised(document(), answer=broken)
    world.release("v2")
    world.tick(4)
    assert world.status.failed_checks == 2
    world.document = document({"spec.analysis.threshold": 2})
    world.tick()
    assert world.status.phase == Phase.FAILED


def test_a_template_that_fails_on_the_healthy_primary_is_said_before_traffic_moves() -> None:
    metric = {
        "name": "404s percentage",
        "templateRef": {"name": "not-found-percentage"},
        "thresholdRange": {"max": 5},
    }
    written = document({"spec.analysis.metrics": [metric]})
    world = initialised(written, answer=lambda seen, check: seen.measured(98.5))
    world.release("v2")
    world.tick()
    assert world.events[0].type == "Warning"
    assert world.texts[0] == (
        "Metric 404s percentage fails on the healthy primary: 404s percentage 98.50 > 5. It seems to measure the "
        "share of good requests: give it thresholdRange.min, or turn its query around"
    )
    assert world.status.phase == Phase.PROGRESSING


def test_a_doubtful_document_starts_nothing_when_strict() -> None:
    metric = {"name": "m", "query": "vector(98)", "thresholdRange": {"max": 5}}
    world = initialised(document({"spec.analysis.metrics": [metric]}), strict=True)
    world.answer = lambda seen, check: seen.measured(98.0)
    world.release("v2")
    world.tick(2)
    assert (world.status.phase, world.recorded) == (Phase.INITIALIZED, [])


def test_a_check_that_can_not_be_asked_starts_nothing_and_says_why() -> None:
    metric = {"name": "m", "query": "sum(", "thresholdRange": {"max": 5}}
    world = initialised(document({"spec.analysis.metrics": [metric]}))
    world.answer = lambda seen, check: QueryFailed("parse error")
    world.release("v2")
    world.tick(2)
    assert (world.status.phase, world.recorded) == (Phase.INITIALIZED, [])
    assert "Prometheus query failed for m: parse error" in world.texts


@pytest.mark.parametrize(
    ("scaler_min", "primary", "wanted"),
    [(None, 3, 3), (2, 3, 2), (0, 3, 1), (1, 5, 1)],
    ids=[
        "as many as primary",
        "the scaler's minimum",
        "one for a minimum of zero",
        "one for a minimum of one",
    ],
)
def test_the_target_is_scaled_from_zero(scaler_min: int | None, primary: int, wanted: int) -> None:
    world = initialised(document(), scaler_min=scaler_min)
    world.primary = deployment("podinfo-primary", primary)
    world.release("v2")
    world.tick()
    assert world.target
    assert world.target.workload.replicas == wanted


def test_a_step_never_resets_what_the_autoscaler_chose() -> None:
    world = initialised(document(), scaler_min=1)
    world.release("v2")
    world.tick(2)
    assert world.target
    world.target = replace(world.target, workload=deployment("podinfo", 4))
    world.tick(2)
    assert (world.target.workload.replicas, world.status.canary_weight) == (4, 30)


def test_an_intent_that_is_not_live_is_dropped_and_decided_anew() -> None:
    world = initialised(document())
    world.release("v2")
    world.tick(2)
    assert world.status.in_force
    lost = replace(world.status.in_force, attempt="lost", traffic=split(20))
    world.status = replace(world.status, intent=Intent(Purpose.ADVANCE, lost, "lost"))
    world.until(Phase.SUCCEEDED)
    assert world.weights == [0, 10, 20, 30, 40, 50, 0]


def test_a_primary_that_is_lost_while_it_is_put_back_is_made_again() -> None:
    world = initialised(document())
    world.release("v2")
    world.until(Phase.PROMOTING)
    world.status = replace(world.status, request=Request("abort", "1", "ann"))
    world.tick()
    world.primary = None
    world.until(Phase.FAILED)
    assert (world.primary_revision, world.route and world.route.traffic) == ("v1", split(0))


def test_a_dropped_intent_does_not_linger_on_a_canary_at_rest() -> None:
    world = initialised(document())
    assert world.status.in_force
    lost = replace(world.status.in_force, attempt="lost")
    world.status = replace(world.status, intent=Intent(Purpose.REPAIR, lost, "lost"))
    world.tick()
    assert (world.status.intent, world.made_live, world.texts) == (None, [], [])


@pytest.mark.parametrize("step_back", [0, 20], ids=["in one jump", "in steps"])
def test_a_promotion_without_traffic_to_move_back_does_not_wait_for_ever(step_back: int) -> None:
    world = initialised(document({"spec.skipAnalysis": True, "spec.analysis.stepWeightPromotion": step_back}))
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    assert world.primary_revision == "v2"


def test_a_revision_pushed_while_primary_is_put_back_is_not_swallowed() -> None:
    world = initialised(document())
    world.release("v2")
    world.until(Phase.PROMOTING)
    world.primary = replace(deployment("podinfo-primary", 2, available=1), expired=True)
    world.tick()
    world.release("v3")
    world.tick()
    world.primary = deployment("podinfo-primary", 2, available=1)  # the pods that the update started
    world.tick()
    assert (world.status.phase, world.primary_revision) == (Phase.PROMOTING, "v1")
    world.primary = deployment("podinfo-primary", 2)
    world.until(Phase.FAILED).until(Phase.SUCCEEDED)
    assert world.primary_revision == "v3"


def test_no_run_starts_while_primary_is_scaled_to_zero() -> None:
    world = initialised(document())
    world.primary = deployment("podinfo-primary", 0)
    world.release("v2")
    world.tick()
    assert (world.status.phase, world.texts) == (
        Phase.INITIALIZED,
        [
            "podinfo-primary.test not ready: scaled to zero",
            "No run of podinfo.test starts while podinfo-primary.test is not ready: mend that, or let out what mends "
            "it without analysis: kubectl -n test patch canary podinfo --type merge -p "
            """'{"spec":{"skipAnalysis":true}}'""",
        ],
    )


def test_a_fix_is_not_held_to_the_deadline_of_what_it_mends() -> None:
    world = initialised(document())
    world.release("v2")
    world.tick(2)
    assert world.target
    broken_pods = replace(deployment("podinfo", 1, available=0), short_since=world.now - 50)
    world.target = replace(world.target, workload=broken_pods)
    world.tick(1)
    world.release("v3")
    world.tick(4)
    assert (world.status.phase, world.status.last_applied_spec) == (Phase.PROGRESSING, "v3")


def test_what_a_document_asks_for_in_vain_is_said_when_a_run_starts() -> None:
    world = initialised(document({"spec.analysis.metrics": [{"name": "request-success-rate"}]}))
    world.release("v2")
    world.tick()
    assert [event.text for event in world.events if event.type == "Warning"] == [
        "Metric request-success-rate has no bound and passes whatever it measures: give it thresholdRange.min",
    ]


def test_a_document_without_metrics_is_said_to_measure_nothing() -> None:
    world = initialised(document({"spec.analysis.metrics": []}))
    world.release("v2")
    world.tick()
    assert world.texts[0] == (
        "Nothing is measured: analysis.metrics is empty, so that only readiness and hooks decide"
    )


def test_a_source_that_breaks_in_mid_run_holds_a_good_canary_and_still_lets_a_bad_one_be_rolled_back() -> (
    None
):
    world = initialised(document({"spec.analysis.threshold": 3}))
    world.release("v2")
    while world.status.traffic.canary == 0:
        world.tick()
    world.source = None
    weight = world.status.traffic.canary
    world.tick(5)
    assert (world.status.traffic.canary, world.texts[-1]) == (weight, NOT_FOUND)
    world.answer = broken
    world.until(Phase.FAILED)
    assert world.status.traffic.canary == 0


def test_a_rejected_revision_that_was_taken_back_and_is_applied_again_runs_again() -> None:
    world = initialised(document({"spec.analysis.threshold": 1}), answer=broken)
    world.release("v2")
    world.until(Phase.FAILED)
    world.release("v1")
    world.tick()
    assert (world.status.phase, world.status.last_applied_spec) == (Phase.FAILED, "v1")
    world.answer = lambda seen, check: seen.measured(HEALTHY[check.name])
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    assert world.primary_revision == "v2"


def test_without_analysis_a_fix_goes_out_although_primary_is_broken() -> None:
    world = initialised(document())
    world.primary = deployment("podinfo-primary", 1, available=0)
    world.release("v2")
    world.tick(2)
    assert world.status.phase == Phase.INITIALIZED
    world.document = document({"spec.skipAnalysis": True})
    world.until(Phase.PROMOTING)
    assert (world.primary_revision, world.weights) == ("v2", [0])
    world.primary = deployment("podinfo-primary", 1)
    world.until(Phase.SUCCEEDED)


def test_a_run_begins_in_the_status_before_anything_is_scaled_for_it() -> None:
    world = initialised(document())
    written: list[str] = []
    after = world.cluster.after
    world.cluster.after = lambda verb, kind, body: (
        written.append(f"{verb} {kind.kind}"),
        after(verb, kind, body),
    )[1]
    world.release("v2")
    world.tick()
    assert written.index("status Canary") < written.index("patch Deployment")


def test_a_stack_that_is_owed_an_update_is_left_to_whoever_holds_the_lease() -> None:
    world = initialised(document())
    world.driven_by("there/1/5")
    world.driver.memories.of(("test", "podinfo"), world.canary_uid).placed.owed = True
    assert world.ticked().trouble == Rival("there/1/5")
    assert world.driver.memories.of(("test", "podinfo"), world.canary_uid).placed.owed


def test_no_data_at_a_later_weight_is_a_failed_check_at_once() -> None:
    world = initialised(document())
    world.release("v2")
    world.tick(3)
    assert world.status.canary_weight == 20
    world.answer = lambda seen, check: NothingMeasured()
    world.tick()
    assert world.status.failed_checks == 1


def test_a_failed_update_is_said_with_its_list_of_causes() -> None:
    causes = "2 errors occurred:\n\t* the Service is invalid\n\t* the quota is exceeded"
    world = initialised(document())
    world.release("v2")

    def begin(update: Update) -> None:
        raise UpdateFailed(f"update of stack s failed: {causes}")

    world.stacks.begin = begin
    world.tick(3)
    assert f"update of stack s failed: {causes}" in world.texts


def test_a_promotion_that_fails_again_and_again_has_an_end() -> None:
    world = initialised(document({"spec.progressDeadlineSeconds": 60}))
    world.release("v2")

    def begin(update: Update) -> None:
        if "promote" in update.message:
            raise UpdateFailed("duplicate entries for key")

    world.stacks.begin = begin
    world.until(Phase.FAILED)
    assert world.status.traffic == split(0)
    assert any(
        "updates of its stack have failed for longer than progressDeadlineSeconds (60)" in t
        for t in world.texts
    )
    world.stacks.begin = lambda update: None
    world.release("v3")
    world.until(Phase.SUCCEEDED)


def test_what_of_the_source_is_left_alone_is_told_when_a_run_starts() -> None:
    world = initialised(document())
    source = copy.deepcopy(SOURCE)
    backends = [{"serviceName": name, "servicePort": 80} for name in ("podinfo", "other")]
    source["spec"]["http"].append({"name": "mixed", "match": {"paths": ["/mixed"]}, "backends": backends})
    world.source = source
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    told = [
        text
        for text in world.texts
        if text.startswith("Rule mixed of APISIX route podinfo.test is left alone")
    ]
    assert len(told) == 1


def test_a_number_of_pods_that_the_document_asks_for_reaches_primary_at_the_next_release() -> None:
    world = initialised(document())
    world.release("v2")
    live = world.cluster.get(DEPLOYMENT, "test", "podinfo")
    assert live is not None
    annotations = {**(live["metadata"].get("annotations") or {}), REPLICAS: "4"}
    world.cluster.put(DEPLOYMENT, {**live, "metadata": {**live["metadata"], "annotations": annotations}})
    world.tick(2)
    assert world.target is not None
    assert world.target.workload.replicas == 4
    world.until(Phase.SUCCEEDED)
    assert world.primary is not None
    assert world.primary.replicas == 4


def test_no_run_starts_while_another_workload_would_get_its_traffic() -> None:
    world = initialised(document())
    worker = world.cluster.get(DEPLOYMENT, "test", "podinfo-primary")
    assert worker is not None
    pods = {**worker["spec"]["template"], "metadata": {"labels": {"app": "podinfo", "component": "worker"}}}
    shared = {
        **worker,
        "metadata": {"name": "worker", "namespace": "test"},
        "spec": {**worker["spec"], "template": pods},
    }
    world.cluster.put(DEPLOYMENT, shared)
    world.release("v2")
    world.tick(2)
    assert (world.status.phase, world.recorded) == (Phase.INITIALIZED, [])
    assert (
        "pods of deployment worker have all labels by which those of podinfo.test or of its primary are selected"
        in world.texts[0]
    )
    world.cluster.delete(DEPLOYMENT, "test", "worker")
    world.until(Phase.SUCCEEDED)


def test_no_weight_rises_while_pods_of_any_other_kind_of_workload_would_get_users_requests() -> None:
    world = initialised(document())
    behind = {
        "metadata": {
            "name": "podinfo-primary-1",
            "namespace": "test",
            "labels": {"kubernetes.io/service-name": "podinfo-primary"},
        },
        "endpoints": [
            {"targetRef": {"kind": "Pod", "name": "podinfo-primary-7d8f5c9bc4-x2x7k"}},
            {"targetRef": {"kind": "Pod", "name": "podinfo-db-0"}},
            {"targetRef": {"kind": "Pod", "name": "podinfo-db-1"}, "conditions": {"terminating": True}},
        ],
    }
    world.cluster.put(ENDPOINT_SLICE, behind)
    world.release("v2")
    world.tick(2)
    assert (world.status.phase, world.recorded) == (Phase.INITIALIZED, [])
    assert "they would get its users' requests (podinfo-db-0); give them other labels" in world.texts[0]
    world.cluster.delete(ENDPOINT_SLICE, "test", "podinfo-primary-1")
    world.until(Phase.SUCCEEDED)


def copied(world: World) -> object:
    """What primary's copy of the configuration says."""
    live = world.cluster.get(CONFIG_MAP, "test", "c-primary")
    return live and live["data"]["value"]


@pytest.mark.parametrize(
    ("value", "phase", "kept"), [(100.0, Phase.SUCCEEDED, "2"), (0.0, Phase.FAILED, "1")]
)
def test_a_change_of_configuration_alone_is_a_release_of_its_own(
    value: float, phase: Phase, kept: str
) -> None:
    target = Target(deployment("podinfo"), "v1", {"configmap/c": "1"})
    world = initialised(document(), target=target)
    world.tick(2)
    assert (world.status.phase, copied(world)) == (Phase.INITIALIZED, "1")
    assert world.target
    world.answer = lambda seen, check: seen.measured(value if check.maximum is None else 20.0)
    world.target = replace(world.target, configs={"configmap/c": "2"})
    world.tick(3)
    assert (world.status.phase, copied(world)) == (Phase.PROGRESSING, "1")  # only the canary's pods read it
    world.until(phase)
    world.tick(2)
    assert (copied(world), world.texts.count("New revision detected! Scaling up podinfo.test")) == (kept, 1)
