"""What is counted: releases that end, ticks, updates, answers of the API server."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from automation.core.analysis import MetricCheck
from automation.core.observation import Measured, NothingMeasured
from automation.core.status import Phase, Status
from automation.core.urgency import Urgency
from automation.telemetry.meters import Meters
from documents.front import canary_of
from tests.core.documents import MISSING, document

CANARY = document({"spec.targetRef.name": "web", "metadata.resourceVersion": "1"})
OF_CANARY = 'name="web",namespace="test"'


@pytest.fixture
def meters() -> Meters:
    return Meters("apisix", list)


def told(meters: Meters, name: str) -> list[str]:
    return [line for line in meters.page().decode().splitlines() if line.startswith(name)]


def release(meters: Meters, *phases: Phase, live: dict[str, Any] = CANARY) -> None:
    for seconds, phase in enumerate(phases):
        meters.ticked(live, Status(phase=phase, begun_at=1000.0), 1000.0 + 60 * seconds)


@pytest.mark.parametrize(
    ("phases", "name"),
    [
        pytest.param((Phase.PROGRESSING, Phase.SUCCEEDED), "flagger_canary_successes", id="promoted"),
        pytest.param(
            (Phase.FINALISING, Phase.SUCCEEDED), "flagger_canary_successes", id="from its last phase"
        ),
        pytest.param((Phase.PROGRESSING, Phase.FAILED), "flagger_canary_failures", id="rolled back"),
        pytest.param((Phase.WAITING, Phase.FAILED), "flagger_canary_failures", id="called back at a gate"),
    ],
)
def test_the_end_of_a_release_is_counted_once(meters: Meters, phases: tuple[Phase, ...], name: str) -> None:
    release(meters, *phases, phases[-1])
    (line,) = told(meters, f"{name}_total")
    assert "{" + 'analysis_status="completed",deployment_strategy="canary",' + OF_CANARY + "} 1.0" in line


@pytest.mark.parametrize(
    "phases",
    [
        pytest.param((Phase.SUCCEEDED,), id="ended before this driver began"),
        pytest.param((Phase.INITIALIZING, Phase.INITIALIZED), id="initialised"),
        pytest.param((Phase.INITIALIZED, Phase.FAILED), id="not begun"),
        pytest.param((Phase.PROGRESSING, Phase.PROMOTING), id="under way"),
    ],
)
def test_what_is_no_end_is_not_counted(meters: Meters, phases: tuple[Phase, ...]) -> None:
    release(meters, *phases)
    assert told(meters, "flagger_canary_successes_total") == []
    assert told(meters, "flagger_canary_failures_total") == []


@pytest.mark.parametrize(
    ("changes", "labels"),
    [
        ({"spec.skipAnalysis": True}, 'analysis_status="skipped",deployment_strategy="canary"'),
        (
            {
                "spec.analysis.iterations": 3,
                "spec.analysis.stepWeight": MISSING,
                "spec.provider": "kubernetes",
            },
            'analysis_status="completed",deployment_strategy="blue-green"',
        ),
        (
            {
                "spec.analysis.iterations": 3,
                "spec.analysis.match": [{"headers": {"x-canary": {"exact": "insider"}}}],
            },
            'analysis_status="completed",deployment_strategy="ab-testing"',
        ),
    ],
)
def test_strategies_have_the_models_names(meters: Meters, changes: dict[str, Any], labels: str) -> None:
    release(
        meters,
        Phase.PROGRESSING,
        Phase.SUCCEEDED,
        live=document({**changes, "metadata.resourceVersion": "1"}),
    )
    (line,) = told(meters, "flagger_canary_successes_total")
    assert labels in line


def test_a_release_that_never_began_took_no_time(meters: Meters) -> None:
    for phase in (Phase.WAITING, Phase.FAILED):
        meters.ticked(CANARY, Status(phase=phase), 1.8e9)
    assert told(meters, "sluice_release_duration_seconds_sum") == []


def test_a_release_is_timed_from_its_begin(meters: Meters) -> None:
    release(meters, Phase.PROGRESSING, Phase.PROGRESSING, Phase.SUCCEEDED)
    (line,) = told(meters, "sluice_release_duration_seconds_sum")
    assert line.endswith('outcome="promoted"} 120.0')


def test_ticks_are_timed_with_their_lateness(meters: Meters) -> None:
    meters.timed(CANARY, late=0.5, seconds=2.0)
    assert told(meters, "flagger_canary_duration_seconds_sum") == [
        f"flagger_canary_duration_seconds_sum{{{OF_CANARY}}} 2.0"
    ]
    assert told(meters, "sluice_tick_lateness_seconds_sum") == [
        'sluice_tick_lateness_seconds_sum{kind="Canary"} 0.5'
    ]


def test_the_last_value_of_a_check_is_kept_where_nothing_was_measured_since(meters: Meters) -> None:
    canary, check = canary_of(CANARY), MetricCheck("request-success-rate")
    meters.measured(canary, check, Measured(99.5, 1.0))
    meters.measured(canary, check, NothingMeasured())
    assert told(meters, "flagger_canary_metric_analysis") == [
        'flagger_canary_metric_analysis{metric="request-success-rate",name="web",namespace="test"} 99.5'
    ]


def test_updates_are_timed_by_what_they_are_for(meters: Meters) -> None:
    meters.updated(Urgency.BACK, 0.25, succeeded=False)
    assert told(meters, "sluice_stack_update_duration_seconds_sum") == [
        'sluice_stack_update_duration_seconds_sum{result="failed",urgency="back"} 0.25'
    ]


def test_answers_of_the_api_server_are_counted(meters: Meters) -> None:
    answer = requests.Response()
    answer.status_code, answer.request = 409, requests.Request("PUT", "http://x/").prepare()
    meters.answered(answer)
    assert 'sluice_api_requests_total{code="409",method="PUT"} 1.0' in told(
        meters, "sluice_api_requests_total"
    )
