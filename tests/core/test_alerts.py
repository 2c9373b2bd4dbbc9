"""Which alert is raised when, with which severity and fields, and that none is lost."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from automation.core.alerts import Notice, Severity, Subscription
from automation.core.observation import HookAnswer, Workload
from automation.core.outbox import MOST, REPEAT_SECONDS, fields_of
from automation.core.status import Phase, Request, Status
from automation.driver.origins import Canaries
from documents.front import canary_of
from tests.core.documents import document
from tests.core.world import Killed, World, deployment, initialised

A = "spec.analysis"
ALERTS = [{"name": "all", "providerRef": {"name": "slack"}}]
GATE = {"name": "gate", "url": "http://gate.test/"}
FIELDS = (
    ("Target", "Deployment/podinfo.test"),
    ("Failed checks threshold", "10"),
    ("Progress deadline", "60s"),
    ("Traffic routing", "Weight step: 10 max: 50"),
)
BEGUN = ("info", "New revision detected, progressing canary analysis.")


def alerted(changes: dict[str, object] | None = None) -> World:
    return initialised(document({f"{A}.alerts": ALERTS, **(changes or {})}))


def said(world: World) -> list[tuple[str, str]]:
    """Severity and message of what was sent, but for the primary's."""
    return [(str(one.severity), one.message) for one in world.alerts.sent[1:]]


def closed(world: World) -> None:
    world.hook = lambda world, webhook: HookAnswer(False, "no")


def test_a_release_from_its_first_sight_to_its_promotion() -> None:
    world = alerted()
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    world.tick()
    assert world.alerts.sent[0].message == "New Deployment detected, initialization completed."
    assert said(world) == [
        BEGUN,
        ("info", "Canary analysis completed successfully, promotion finished."),
    ]
    assert [one.fields for one in world.alerts.sent] == [FIELDS, FIELDS, ()]
    assert {one.to for one in world.alerts.sent} == {"test/slack"}
    assert world.status.alerts == ()


def test_a_promotion_without_analysis() -> None:
    world = alerted({"spec.skipAnalysis": True})
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    assert said(world) == [BEGUN, ("info", "Canary analysis was skipped, promotion finished.")]


def test_a_run_that_fails_its_checks() -> None:
    world = alerted({f"{A}.threshold": 2})
    world.answer = lambda world, check: world.measured(0.0)
    world.release("v2")
    world.until(Phase.FAILED)
    assert said(world) == [BEGUN, ("error", "Failed checks threshold reached 2")]


@pytest.mark.parametrize("on_failure", ["freeze", "freezeAtZero"])
def test_people_are_called_once_to_a_run_that_stops_for_them(on_failure: str) -> None:
    world = alerted({f"{A}.threshold": 1, f"{A}.onFailure": on_failure})
    world.answer = lambda world, check: world.measured(0.0)
    world.release("v2")
    world.tick(4)
    world.now += 2 * REPEAT_SECONDS
    world.tick(2)
    assert said(world) == [BEGUN, ("error", "Failed checks threshold reached 1")]


def test_every_rollback_is_an_alert() -> None:
    """Flagger sends none of a canary that misses its deadline."""
    world = alerted()
    world.release("v2")
    world.tick()
    assert world.target
    stuck = replace(deployment("podinfo", 1, available=0), short_since=world.now - 50)
    world.target = replace(world.target, workload=stuck)
    world.until(Phase.FAILED)
    severity, message = said(world)[1]
    assert severity == "error"
    assert message.startswith("canary deployment podinfo.test not ready:")


def test_a_primary_that_does_not_get_ready() -> None:
    world = alerted()
    world.release("v2")
    world.until(Phase.PROMOTING)
    ready = world.primary
    assert isinstance(ready, Workload)
    world.primary = replace(ready, available=0, expired=True)
    world.tick()
    severity, message = said(world)[1]
    assert severity == "error"
    assert message.startswith("Promotion failed, primary not ready: ")


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("confirm-rollout", "Canary is waiting for approval."),
        ("confirm-traffic-increase", "Canary traffic increase is waiting for approval."),
        ("confirm-promotion", "Canary promotion is waiting for approval."),
    ],
)
@pytest.mark.parametrize("mute", [False, True], ids=["heard", "muted"])
def test_a_gate_that_stays_closed_is_an_alert_unless_it_is_muted(kind: str, told: str, mute: bool) -> None:
    hook = {**GATE, "type": kind, "muteAlert": mute}
    world = alerted({f"{A}.webhooks": [hook], f"{A}.maxWeight": 10, f"{A}.interval": "10s"})
    closed(world)
    world.release("v2")
    world.tick(12)
    assert [one for one in said(world) if one != BEGUN] == ([] if mute else [("warn", told)])


def test_a_gate_that_waits_for_people_is_an_alert() -> None:
    world = alerted({f"{A}.gates": {"rollout": {"approvals": 2, "deadline": "1m"}}})
    world.release("v2")
    world.tick(3)
    assert said(world) == [("warn", "Canary is waiting for approval.")]
    world.until(Phase.FAILED)
    assert said(world)[1:] == [("error", "Rolling back podinfo.test nobody opened its gate rollout for 1m0s")]


def test_what_is_said_at_each_interval_is_sent_now_and_then() -> None:
    world = alerted({f"{A}.webhooks": [{**GATE, "type": "confirm-traffic-increase"}]})
    closed(world)
    world.release("v2")
    world.tick(3)
    before = len(world.alerts.sent)
    world.now += REPEAT_SECONDS
    world.tick(3)
    assert len(world.alerts.sent) == before + 1


def test_somebody_calls_a_run_back() -> None:
    world = alerted({f"{A}.webhooks": [{**GATE, "type": "rollback"}]})
    world.release("v2")
    world.until(Phase.FAILED)
    assert said(world) == [BEGUN, ("warn", "Rolling back manual webhook invoked")]


def test_somebody_aborts_a_run() -> None:
    world = alerted()
    world.release("v2")
    world.tick(3)
    world.status = replace(world.status, request=Request("abort", "1", "ann"))
    world.until(Phase.FAILED)
    assert said(world) == [BEGUN, ("warn", "Canary was aborted by ann")]


def test_a_run_that_is_cancelled_is_no_failure() -> None:
    world = alerted()
    world.release("v2")
    world.tick(3)
    world.release("v1")
    world.until(Phase.FAILED)
    assert said(world) == [
        BEGUN,
        ("info", "Canary was cancelled, the target is back at the promoted revision."),
    ]


@pytest.mark.parametrize(
    ("least", "heard"),
    [("", ["info", "error"]), ("info", ["info", "error"]), ("warn", ["error"]), ("error", ["error"])],
    ids=["none is named", "info", "warn", "error"],
)
def test_a_severity_lets_through_itself_and_what_is_worse(least: str, heard: list[str]) -> None:
    world = alerted({f"{A}.alerts": [{**ALERTS[0], "severity": least}], f"{A}.threshold": 1})
    world.answer = lambda world, check: world.measured(0.0)
    world.release("v2")
    world.until(Phase.FAILED)
    assert [str(one.severity) for one in world.alerts.sent[1:] if not one.beneath] == heard
    assert all(one.severity is Severity.INFO for one in world.alerts.sent if one.beneath)


def test_a_provider_that_is_named_twice_hears_of_each_alert_once() -> None:
    named = [{**ALERTS[0], "severity": severity} for severity in ("error", "info", "warn")]
    world = alerted({f"{A}.alerts": named})
    world.release("v2")
    world.tick()
    assert [(one.message, one.beneath) for one in world.alerts.sent[1:]] == [(BEGUN[1], False)]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({f"{A}.stepWeight": 0, f"{A}.stepWeights": [1, 20]}, "Weight steps: 1,20 max: 50"),
        ({f"{A}.stepWeight": 0, f"{A}.iterations": 3}, "Blue/Green"),
        (
            {
                f"{A}.stepWeight": 0,
                f"{A}.iterations": 3,
                f"{A}.match": [{"headers": {"x": {"exact": "y"}}}],
            },
            "A/B Testing",
        ),
    ],
    ids=["steps", "blue/green", "a/b"],
)
def test_how_a_release_goes_is_told(changes: dict[str, object], told: str) -> None:
    assert fields_of(canary_of(document(changes)))[-1] == ("Traffic routing", told)


def test_alerts_wait_in_the_status_until_they_are_sent() -> None:
    world = alerted()
    world.alerts.away = True
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    waiting = world.status.alerts
    assert [one.message for one in waiting] == [
        "New revision detected, progressing canary analysis.",
        "Canary analysis completed successfully, promotion finished.",
    ]
    world.alerts.away = False
    world.tick()
    assert world.status.alerts == ()
    assert tuple(world.alerts.sent[1:]) == waiting


@pytest.mark.parametrize("ticks", [0, 2], ids=["as a run begins", "as it fails"])
def test_an_alert_is_as_safe_as_what_it_tells_of(ticks: int) -> None:
    """Wherever in a tick a driver is killed, what has happened is still to be said, and once."""
    for lives in count():
        world = alerted({f"{A}.threshold": 1})
        world.alerts.away = True
        world.answer = lambda world, check: world.measured(0.0)
        world.release("v2")
        world.tick(ticks)
        world.lives = lives
        try:
            world.ticked()
            break
        except Killed:
            world.until(Phase.FAILED)
        told = [one.message for one in world.status.alerts]
        assert told == [BEGUN[1], "Failed checks threshold reached 1"], lives
    assert lives > 3
    assert world.status.alerts[-1].message == ("Failed checks threshold reached 1" if ticks else BEGUN[1])


def test_what_waits_has_an_end() -> None:
    world = alerted()
    old = tuple(Notice("test/slack", Severity.INFO, str(number), 1.0) for number in range(MOST))
    world.alerts.away = True
    world.status = replace(world.status, alerts=old)
    world.release("v2")
    world.tick()
    assert len(world.status.alerts) == MOST
    assert world.status.alerts[-1].message == BEGUN[1]
    assert world.status.alerts[0].message == "1"


def test_a_canary_that_names_nobody_alerts_whom_the_settings_name() -> None:
    everybody = (Subscription("ops", "monitoring", Severity.ERROR),)
    for alerts, heard in (([], everybody), (ALERTS, (Subscription("slack", "test"),))):
        world = World(document({f"{A}.alerts": alerts}))
        origin = Canaries(world.cluster, world.copies, alerts=everybody)
        live = world.cluster.get(origin.kind, "test", "podinfo")
        assert live
        assert origin.read(live, Status()).analysis.alerts == heard


def test_a_status_with_alerts_is_read_as_it_was_written() -> None:
    notice = Notice("test/slack", Severity.WARN, "m", 1.5, (("a", "b"),), beneath=True)
    status = Status(alerts=(notice,), alerted={"m": 1.5})
    assert Status.parse(status.document()) == status


def test_a_driver_sends_nothing_of_a_canary_that_somebody_else_drives() -> None:
    world = alerted()
    world.alerts.away = True
    world.release("v2")
    world.tick()
    world.alerts.away = False
    world.driven_by("there")
    world.ticked()
    assert len(world.alerts.sent) == 1
