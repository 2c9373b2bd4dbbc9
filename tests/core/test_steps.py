"""A release by steps: an Argo Rollout becomes values, and goes its way by the same decisions as any Canary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.core.decide import decide
from automation.core.decision import Announce, MakeLive, Save, ScaleTarget, Take
from automation.core.observation import Observation, QueryFailed, Route, Taken, Target, Workload
from automation.core.refusal import Refused
from automation.core.runs.measurement import Outcome
from automation.core.spec import Canary
from automation.core.status import Phase, Placement, Request, Status
from automation.core.stepwise import Stepwise
from automation.core.traffic import ALL_ON_PRIMARY, Traffic
from documents.argo.release import stepwise_of
from documents.argo.rollout import parse
from documents.argo.template import by_name
from tests.core.documents import MISSING
from tests.core.documents import canary as plain_canary
from tests.documents.argo_documents import (
    CANARY,
    blue_green,
    canary,
    changed,
    metric,
    rollout,
    routed,
    template,
)

USE = {"templates": [{"templateName": "success-rate"}], "args": [{"name": "ingress", "value": "x"}]}
ISTIO = {"istio": {"virtualService": {"name": "v"}}, "managedRoutes": [{"name": "r"}]}
HEADER = {"headerName": "x", "headerValue": {"exact": "1"}}
GOOD, BAD, UNSURE = Taken([0.99]), Taken([0.1]), Taken([0.5])


def stepwise(document: dict[str, Any], *templates: dict[str, Any]) -> Stepwise:
    return stepwise_of(parse(document), by_name(templates or (template(),)))


def steps(*written: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The Rollout with these steps, and no analysis unless one is given."""
    return canary(steps=list(written), analysis=fields.get("analysis", MISSING))


class Climb:
    """A run of one Rollout: `decide` is asked every ten seconds, and its attempts become live by the next time."""

    def __init__(self, document: dict[str, Any], *templates: dict[str, Any]) -> None:
        self.canary = self._released(document, *templates)
        self.now, self.attempts = 1_000_000.0, 0
        self.replicas, self.primary = 3, "v1"
        self.route = Route(ALL_ON_PRIMARY, "a0")
        self.answer: Callable[[Take], Taken | QueryFailed] = lambda question: GOOD
        self.texts: list[str] = []
        self.weights: list[str] = []
        self.asked: list[tuple[float, str]] = []
        self.saved = 0
        placed = Placement("a0", "primary", ALL_ON_PRIMARY, "v1")
        self.status = Status(
            Phase.INITIALIZED, last_applied_spec="v1", last_promoted_spec="v1", in_force=placed
        )
        self.begun = self.now

    @staticmethod
    def _released(document: dict[str, Any], *templates: dict[str, Any]) -> Canary:
        known, found = plain_canary(), stepwise(document, *templates)
        plain = replace(known.analysis, metrics=(), webhooks=())
        return replace(known, analysis=replace(plain, strategy="steps", stepwise=found))

    def edit(self, document: dict[str, Any]) -> None:
        self.canary = self._released(document)

    def seen(self) -> Observation:
        pods = Workload("podinfo", self.replicas, self.replicas, self.replicas, self.replicas)
        primary = Workload("podinfo-primary", 3, 3, 3, 3, revision=self.primary)
        self.attempts += 1
        return Observation(
            self.now, f"a{self.attempts}", Target(pods, "v2"), primary, self.route, "primary", providers=""
        )

    def tick(self, count: int = 1) -> Climb:
        for _ in range(count):
            self._tick()
            self.now += 10
        return self

    def _tick(self) -> None:
        seen = self.seen()
        decision = decide(self.canary, self.status, seen)
        while decision.questions:
            taken = dict(seen.taken)
            for question in decision.questions:
                assert isinstance(question, Take)
                taken[question.analysis, question.metric.name] = self.answer(question)
                self.asked.append((self.now - self.begun, question.analysis))
            seen = replace(seen, taken=taken)
            decision = decide(self.canary, self.status, seen)
        for action in decision.actions:
            match action:
                case Save(status=status):
                    # As it is after a driver that died: read from what was written.
                    self.status = Status.parse(status.document())
                    self.saved += 1
                case Announce(event=event):
                    self.texts.append(event.text)
                case ScaleTarget(replicas=replicas):
                    self.replicas = replicas
                case MakeLive(intent=intent):
                    traffic = intent.placement.traffic
                    if traffic != self.route.traffic:
                        self.weights.append(str(traffic))
                    self.route = Route(traffic, intent.placement.attempt)
                    self.primary = intent.placement.revision

    def ask(self, verb: str) -> Climb:
        self.status = replace(self.status, request=Request(verb))
        return self.tick()

    def until(self, phase: Phase, ticks: int = 150) -> Climb:
        for _ in range(ticks):
            if self.status.phase is phase:
                return self
            self.tick()
        raise AssertionError(f"{self.status.phase} at {self.status.iterations}: {self.texts[-3:]}")

    @property
    def step(self) -> int:
        return self.status.iterations


PAUSES = steps(
    {"setWeight": 20}, {"pause": {"duration": "1m"}}, {"setWeight": 60}, {"pause": {}}, {"setWeight": 80}
)


def test_a_good_release_goes_through_its_steps_and_is_promoted() -> None:
    climb = Climb(rollout()).until(Phase.SUCCEEDED)
    assert climb.weights == ["80/20", "60/40", "40/60", "20/80", "100/0"]
    told = [text for text in climb.texts if text.startswith("Rollout step")]
    assert (told[0], told[1], len(told)) == (
        "Rollout step 1/8 completed (setWeight: 20)",
        "Rollout step 2/8 completed (pause: 2m0s)",
        8,
    )
    assert climb.now - climb.begun > 4 * 120


def test_the_background_analysis_begins_at_its_step_and_is_measured_by_its_interval() -> None:
    climb = Climb(rollout()).until(Phase.SUCCEEDED)
    times = [at for at, analysis in climb.asked if analysis == "background"]
    assert times[0] >= 120
    # A tick in which an attempt becomes live measures nothing.
    assert all(later - earlier in (10, 20) for earlier, later in pairwise(times))
    assert climb.status.steps
    assert climb.status.steps.background
    assert climb.status.steps.background.outcome is Outcome.SUCCESSFUL


def test_a_background_analysis_that_fails_takes_the_traffic_back_at_once() -> None:
    climb = Climb(rollout()).tick(20)
    assert climb.status.traffic == Traffic(40)
    climb.answer = lambda question: BAD
    climb.until(Phase.FAILED)
    assert climb.weights == ["80/20", "60/40", "100/0"]
    assert (
        'Rolling back podinfo.test Background analysis phase error/failed: Metric "success-rate" assessed Failed due '
        "to failed (4) > failureLimit (3)"
    ) in climb.texts


def test_an_answer_that_does_not_come_is_an_error_and_ends_the_run_when_it_goes_on() -> None:
    climb = Climb(rollout())
    climb.answer = lambda question: QueryFailed("nobody answers")
    climb.until(Phase.FAILED)
    assert any("consecutiveErrors (5) > consecutiveErrorLimit (4)" in text for text in climb.texts)


def test_a_pause_takes_its_time_and_one_without_waits_for_somebody() -> None:
    climb = Climb(PAUSES).tick(30)
    assert (climb.step, climb.status.traffic) == (3, Traffic(60))
    assert climb.texts[-1] == "podinfo.test waits at step 4/5 with 40/60 until it is promoted or aborted"
    saved = climb.saved
    assert climb.tick(5).saved == saved
    climb.ask("promote").until(Phase.SUCCEEDED)
    assert climb.weights[-2:] == ["20/80", "100/0"]


def test_promote_leaves_the_present_step_alone() -> None:
    climb = Climb(PAUSES).tick(5)
    assert climb.step == 1
    assert climb.ask("promote").step == 2


def test_promote_full_leaves_all_steps_and_analyses() -> None:
    climb = Climb(rollout()).tick(5).ask("promote-full").until(Phase.SUCCEEDED)
    assert climb.weights == ["80/20", "100/0"]
    assert climb.asked == []


def test_abort_takes_the_traffic_back_and_retry_begins_with_the_first_step() -> None:
    climb = Climb(PAUSES).tick(30).ask("abort").until(Phase.FAILED)
    assert climb.status.traffic.on_primary
    assert climb.tick(5).status.phase is Phase.FAILED
    climb.ask("retry").tick(2)
    assert (climb.status.phase, climb.step, climb.status.traffic) == (Phase.PROGRESSING, 1, Traffic(20))


def test_a_step_of_an_analysis_waits_until_it_is_successful() -> None:
    climb = Climb(steps({"setWeight": 20}, {"analysis": USE}, {"setWeight": 50}), metric(count=3))
    climb.until(Phase.SUCCEEDED)
    assert [analysis for _, analysis in climb.asked] == ["inline"] * 3
    assert "Rollout step 2/3 completed (analysis)" in climb.texts


def test_a_step_of_an_analysis_that_fails_ends_the_run() -> None:
    climb = Climb(steps({"setWeight": 20}, {"analysis": USE}), metric(count=3, failureLimit=0))
    climb.answer = lambda question: BAD
    climb.until(Phase.FAILED)
    assert climb.weights == ["80/20", "100/0"]
    assert any("Step-based analysis phase error/failed" in text for text in climb.texts)


def test_an_analysis_that_can_not_tell_waits_for_somebody() -> None:
    unsure = metric(count=3, failureCondition="result[0] < 0.2")
    climb = Climb(steps({"setWeight": 20}, {"analysis": USE}), unsure)
    climb.answer = lambda question: UNSURE
    climb.tick(20)
    assert (climb.status.phase, climb.step) == (Phase.PROGRESSING, 1)
    assert "Step-based analysis is inconclusive" in climb.texts[-1]
    climb.ask("promote").until(Phase.SUCCEEDED)


def test_a_background_analysis_that_could_not_tell_begins_anew_when_it_is_promoted() -> None:
    unsure = metric(failureCondition="result[0] < 0.2")
    climb = Climb(steps({"setWeight": 20}, {"pause": {"duration": 60}}, analysis=USE), unsure)
    climb.answer = lambda question: UNSURE
    climb.tick(8)
    climb.answer = lambda question: GOOD
    climb.ask("promote").until(Phase.SUCCEEDED)
    assert climb.weights == ["80/20", "100/0"]


def test_pods_are_given_by_number_by_share_and_by_weight() -> None:
    document = routed(
        {"nginx": {"stableIngress": "a"}},
        {"setCanaryScale": {"replicas": 5}},
        {"pause": {"duration": 10}},
        {"setCanaryScale": {"weight": 34}},
        {"setWeight": 10},
        {"setCanaryScale": {"matchTrafficWeight": True}},
        {"pause": {}},
    )
    climb = Climb(document)
    found = [climb.tick().replicas for _ in range(14)]
    assert list(dict.fromkeys(found)) == [3, 5, 2, 1]


def test_chosen_requests_and_copies_go_to_the_canary() -> None:
    document = routed(
        ISTIO,
        {"setMirrorRoute": {"name": "r", "percentage": 30, "match": [{}]}},
        {"setMirrorRoute": {"name": "r"}},
        {"setHeaderRoute": {"name": "r", "match": [HEADER]}},
        {"setHeaderRoute": {"name": "r"}},
        {"setWeight": 50},
    )
    climb = Climb(document).until(Phase.SUCCEEDED)
    assert climb.weights == [
        "100/0, beside r",
        "100/0",
        "100/0, beside r",
        "100/0",
        "50/50",
        "100/0",
    ]


def test_routes_stand_beside_any_weight_in_the_order_that_the_document_gives_them() -> None:
    routing = {**ISTIO, "managedRoutes": [{"name": "copied"}, {"name": "chosen"}]}
    document = routed(
        routing,
        {"setWeight": 5},
        {"setHeaderRoute": {"name": "chosen", "match": [HEADER]}},
        {"setMirrorRoute": {"name": "copied", "match": [{"path": {"exact": "/"}}]}},
        {"setWeight": 20},
        {"setMirrorRoute": {"name": "copied"}},
    )
    climb = Climb(document).until(Phase.SUCCEEDED)
    assert climb.weights == [
        "95/5",
        "95/5, beside chosen",
        "95/5, beside copied, chosen",
        "80/20, beside copied, chosen",
        "80/20, beside chosen",
        "100/0",
    ]


def test_another_list_of_steps_begins_anew() -> None:
    climb = Climb(PAUSES).tick(20)
    assert climb.step == 3
    climb.edit(steps({"setWeight": 5}, {"pause": {}}))
    climb.tick(4)
    assert (climb.step, climb.weights[-2:]) == (1, ["100/0", "95/5"])


@pytest.mark.parametrize("by_itself", [True, False], ids=["after a while", "when somebody promotes it"])
def test_a_blue_green_rollout_is_analysed_switched_and_analysed(by_itself: bool) -> None:
    switched = {"autoPromotionSeconds": 30} if by_itself else {"autoPromotionEnabled": False}
    document = blue_green(prePromotionAnalysis=USE, postPromotionAnalysis=USE, **switched)
    climb = Climb(document, metric(count=2, failureLimit=0)).tick(20)
    if not by_itself:
        assert (climb.step, climb.weights) == (2, [])
        climb.ask("promote")
    climb.until(Phase.SUCCEEDED)
    assert (climb.weights, len(climb.asked)) == (["0/100", "100/0"], 4)


def test_a_switch_that_turns_out_bad_is_taken_back() -> None:
    climb = Climb(blue_green(postPromotionAnalysis=USE), metric(failureLimit=0))
    climb.answer = lambda question: BAD
    climb.until(Phase.FAILED)
    assert climb.weights == ["0/100", "100/0"]


climbing = st.lists(
    st.one_of(
        st.integers(0, 100).map(lambda weight: {"setWeight": weight}),
        st.integers(0, 40).map(lambda seconds: {"pause": {"duration": seconds}}),
        st.just({"pause": {}}),
        st.just({"analysis": USE}),
        st.integers(1, 5).map(lambda pods: {"setCanaryScale": {"replicas": pods}}),
    ),
    min_size=1,
    max_size=6,
).filter(lambda written: any("setWeight" in step for step in written))


@settings(max_examples=40)
@given(climbing, st.integers(0, 12))
def test_every_run_ends_with_all_traffic_on_primary(written: list[dict[str, Any]], good: int) -> None:
    """`good` is how many measurements are: the first that isn't ends the run, if there is one."""
    climb = Climb(steps(*written, analysis=USE), metric(count=3, failureLimit=0))
    climb.answer = lambda question: GOOD if len(climb.asked) < good else BAD
    for _ in range(150):
        if climb.status.phase in (Phase.SUCCEEDED, Phase.FAILED):
            break
        climb.tick()
        if climb.texts and "until it is promoted" in climb.texts[-1]:
            climb.ask("promote")
    failed = any("analysis phase error/failed" in text for text in climb.texts)
    assert climb.status.phase is (Phase.FAILED if failed else Phase.SUCCEEDED)
    assert climb.tick().route.traffic.on_primary


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (
            changed(rollout(), {f"{CANARY}.analysis.templates.0.templateName": "other"}),
            f"{CANARY}.analysis.templates: AnalysisTemplate other is not there; apply it first",
        ),
    ],
    ids=[
        "a template that is not there",
    ],
)
def test_what_no_release_here_can_do_is_refused(document: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused) as refused:
        stepwise(document)
    assert str(refused.value).startswith(told)
