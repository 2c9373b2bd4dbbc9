"""Which events are looked at, and when."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from automation.core.kinds import CANARY, DEPLOYMENT, SERVICE, Kind
from automation.core.status import Status
from automation.driver.loop import EVERYBODY, Loop, concerns, eager, interval_of, time_of_next
from automation.driver.tick import Tick
from automation.errors import ClusterAway
from documents.front import outline_of
from gateways.apisix import ROUTE


@pytest.mark.parametrize(
    ("spec", "seconds"),
    [
        pytest.param({"analysis": {"interval": "10s"}}, 10.0, id="as written"),
        pytest.param({"canaryAnalysis": {"interval": "2m"}}, 120.0, id="the deprecated field"),
        pytest.param({"analysis": {}}, 60.0, id="none: the model's default"),
        pytest.param({"analysis": {"interval": "soon"}}, 60.0, id="a document that is refused"),
    ],
)
def test_the_interval_is_the_documents(spec: dict[str, object], seconds: float) -> None:
    assert interval_of({"spec": spec}) == seconds


@pytest.mark.parametrize(
    ("phase", "at_once"), [("", True), ("Initializing", True), ("Succeeded", True), ("Progressing", False)]
)
def test_changes_are_looked_at_at_once_unless_that_would_judge_early(phase: str, at_once: bool) -> None:
    assert eager({"status": {"phase": phase}}) is at_once


def test_a_deletion_is_looked_at_at_once_in_every_phase() -> None:
    assert eager({"metadata": {"deletionTimestamp": "now"}, "status": {"phase": "Progressing"}})


def test_a_change_around_a_rollout_is_looked_at_at_once_in_every_phase() -> None:
    assert eager({"kind": "Rollout", "metadata": {}})


CANARY_OF_TEST: dict[str, Any] = {
    "metadata": {"namespace": "test", "name": "podinfo", "generation": 1, "resourceVersion": "1"},
    "spec": {"targetRef": {"name": "podinfo"}},
    "status": {"phase": "Succeeded"},
}


def owned(namespace: str = "test", by: str = "podinfo") -> dict[str, Any]:
    owners = [{"kind": "Canary", "name": by}]
    return {"metadata": {"namespace": namespace, "name": "x", "ownerReferences": owners}}


@pytest.mark.parametrize(
    ("kind", "thing", "concerned"),
    [
        pytest.param(DEPLOYMENT, {"metadata": {"namespace": "test", "name": "podinfo"}}, True, id="target"),
        pytest.param(
            DEPLOYMENT, {"metadata": {"namespace": "test", "name": "podinfo-primary"}}, True, id="primary"
        ),
        pytest.param(DEPLOYMENT, {"metadata": {"namespace": "test", "name": "x"}}, False, id="another"),
        pytest.param(DEPLOYMENT, {"metadata": {"namespace": "y", "name": "podinfo"}}, False, id="elsewhere"),
        pytest.param(SERVICE, {"metadata": {"namespace": "test", "name": "podinfo"}}, True, id="the apex"),
        pytest.param(SERVICE, {"metadata": {"namespace": "test", "name": "x"}}, False, id="another Service"),
        pytest.param(ROUTE, owned(), True, id="the generated route"),
        pytest.param(ROUTE, owned(by="other"), False, id="the route of another Canary"),
        pytest.param(ROUTE, owned("y"), False, id="the route of a namesake"),
    ],
)
def test_what_concerns_a_canary(kind: Kind, thing: dict[str, Any], concerned: bool) -> None:
    assert concerns(outline_of(CANARY_OF_TEST), kind, thing) is concerned


class Ticks:
    """A driver that counts its ticks, and after each of them hears of its own write as watches tell it."""

    kind = CANARY

    def __init__(self) -> None:
        self.count = 0
        self.early: list[float] = []
        self.after: Callable[[], None] = lambda: None

    def tick(self, namespace: str, name: str, early: float) -> Tick:
        self.count += 1
        self.early.append(early)
        self.after()
        return Tick(Status(), "told")


class Copies:
    """Watches with one Canary and its target."""

    def __init__(self, trouble: ClusterAway | None = None, phase: str = "Succeeded") -> None:
        self.trouble = lambda: trouble
        self.canary = {**CANARY_OF_TEST, "status": {"phase": phase}}

    def all(self, kind: Kind) -> list[dict[str, Any]]:
        return [self.canary]

    def get(self, kind: Kind, namespace: str, name: str) -> dict[str, Any]:
        return self.canary if kind is CANARY else target()


def target(image: str = "v1", replicas: int = 1) -> dict[str, Any]:
    spec = {"replicas": replicas, "template": {"spec": {"containers": [{"image": image}]}}}
    return {"metadata": {"namespace": "test", "name": "podinfo"}, "spec": spec}


def ticks_of(after: Callable[[Loop], None], seconds: float) -> int:
    watches: Any = Copies()
    ticks: Any = Ticks()
    loop = Loop(watches, ticks)
    loop.changed(CANARY, CANARY_OF_TEST)
    ticks.after = lambda: after(loop)
    stop = threading.Timer(seconds, loop.stop)
    stop.start()
    loop.run()
    return int(ticks.count)


def test_own_writes_of_a_status_are_no_reason_to_look_again() -> None:
    assert ticks_of(lambda loop: loop.changed(CANARY, CANARY_OF_TEST), 0.3) == 1


def test_a_request_is_looked_at_at_once() -> None:
    asked = {**CANARY_OF_TEST, "status": {"phase": "Failed", "request": {"verb": "retry"}}}
    assert ticks_of(lambda loop: loop.changed(CANARY, asked), 0.8) == 2


def test_a_quarrel_over_a_route_does_not_cost_a_core() -> None:
    assert 2 <= ticks_of(lambda loop: loop.changed(ROUTE, owned()), 0.8) <= 3


def test_a_cluster_that_is_away_is_said_once_also_at_rest() -> None:
    watches: Any = Copies(ClusterAway("the API server did not answer"))
    ticks: Any = Ticks()
    told: list[tuple[tuple[str, str], str]] = []
    loop = Loop(watches, ticks, troubled=lambda key, trouble: told.append((key, str(trouble))))
    stop = threading.Timer(1.2, loop.stop)
    stop.start()
    loop.run()
    assert told == [(EVERYBODY, "the API server did not answer")]


@pytest.mark.parametrize(
    ("ended", "pause", "due"),
    [(101.0, None, 110.0), (115.0, None, 110.0), (115.2, 4.5, 119.7)],
    ids=["an interval after it began", "at once after a slow one", "when it can count again"],
)
def test_when_the_next_tick_is_due(ended: float, pause: float | None, due: float) -> None:
    assert time_of_next(100.0, 10.0, ended, pause) == pytest.approx(due)


EDITED = {**CANARY_OF_TEST["metadata"], "generation": 2}


@pytest.mark.parametrize(
    ("kind", "thing", "looks"),
    [
        pytest.param(DEPLOYMENT, target("v2"), 2, id="a new image of the target"),
        pytest.param(DEPLOYMENT, target(replicas=3), 1, id="another number of its pods"),
        pytest.param(CANARY, {"metadata": EDITED, "status": {"phase": "Progressing"}}, 2, id="an edit"),
        pytest.param(CANARY, {**CANARY_OF_TEST, "status": {"phase": "Progressing"}}, 1, id="a status"),
        pytest.param(ROUTE, owned(), 1, id="the generated route"),
    ],
)
def test_in_a_run_what_people_change_is_looked_at_at_once_and_before_its_time(
    kind: Kind, thing: dict[str, Any], looks: int
) -> None:
    """A run ticked twice within half a second when it began, for what its own driver wrote."""
    watches: Any = Copies(phase="Progressing")
    ticks: Any = Ticks()
    loop = Loop(watches, ticks)
    told = threading.Event()

    def heard() -> None:
        if told.is_set():
            loop.stop()
        else:
            told.set()
            loop.changed(kind, thing)

    ticks.after = heard
    stop = threading.Timer(5.0 if looks == 2 else 0.8, loop.stop)
    stop.start()
    loop.run()
    stop.cancel()
    assert ticks.count == looks
    assert [early > 0 for early in ticks.early] == [False, True][:looks]


@pytest.mark.parametrize(
    ("thing", "looks"),
    [
        pytest.param(target("v2", replicas=2), 1, id="what it did itself"),
        pytest.param(target("v3"), 2, id="one more image"),
    ],
)
def test_a_run_ticks_once_when_it_starts(thing: dict[str, Any], looks: int) -> None:
    """The events of the target that came while its first tick was under way were looked at as at rest, and a canary
    without pods was judged half a second after it was asked for."""
    watches: Any = Copies()
    ticks: Any = Ticks()
    loop = Loop(watches, ticks)
    loop.changed(DEPLOYMENT, target("v2"))

    def started() -> None:
        if ticks.count == 1:
            loop.changed(DEPLOYMENT, thing)
            watches.canary = {**CANARY_OF_TEST, "status": {"phase": "Progressing"}}
        else:
            loop.stop()

    ticks.after = started
    watches.get = lambda kind, namespace, name: watches.canary if kind is CANARY else target("v2")
    stop = threading.Timer(5.0 if looks == 2 else 0.8, loop.stop)
    stop.start()
    loop.run()
    stop.cancel()
    assert [early > 0 for early in ticks.early] == [False, True][:looks]
