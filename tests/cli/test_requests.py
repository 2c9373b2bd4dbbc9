"""What is asked of a driver: refused exactly where the driver would do nothing about it, and said what it waits for."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from automation.cluster.leases import Identity
from automation.core.kinds import CANARY, LEASE, Kind, Manifest
from automation.core.observation import Target
from automation.core.status import Phase, Request
from automation.errors import CanaryMissing, ClusterRefused, DocumentRefused, NothingToDo
from cli.environment import Environment
from cli.requests import answering, ask
from stacks.settings import Settings
from tests.core.documents import document
from tests.core.world import KEY, World, deployment, initialised

DONE = {
    "abort": "podinfo.test aborted by ann",
    "retry": "Trying the same revision of podinfo.test again for ann",
    "retire": "Retiring podinfo.test: ",
}
"""What a driver says when it does what was asked for."""


class Opened:
    """An environment whose cluster is a world's."""

    name, settings = "dev", Settings(environment="dev")
    canary = Environment.canary

    def __init__(self, world: World) -> None:
        self.cluster = world.cluster

    def command(self, verb: str, key: tuple[str, str]) -> str:
        return f"sluice {verb} {key[1]} --env dev -n {key[0]}"

    def events(self, key: tuple[str, str]) -> str:
        return f"sluice events {key[1]} -n {key[0]}"


def failed() -> World:
    tracked = Target(deployment("podinfo"), "v1", {"configmap/c": "1"})
    world = initialised(document({"spec.analysis.threshold": 1}), target=tracked)
    world.answer = lambda seen, check: seen.measured(0.0 if seen.status.traffic.canary else 100.0)
    world.release("v2")
    return world.until(Phase.FAILED)


def running() -> World:
    world = initialised(document())
    world.release("v2")
    return world.tick(3)


def promoting() -> World:
    world = initialised(document())
    world.release("v2")
    return world.until(Phase.PROMOTING)


def given_up() -> World:
    """An end that primary is waited for with."""
    world = promoting()
    world.primary = replace(deployment("podinfo-primary", 2, available=1), expired=True)
    return world.tick()


def returned() -> World:
    """What failed was taken back since."""
    world = failed()
    world.release("v1")
    return world


def without_target() -> World:
    world = failed()
    world.target = None
    return world


def retired() -> World:
    world = initialised(document())
    world.status = replace(world.status, request=Request("retire"))
    return world.until(Phase.TERMINATED)


def suspended() -> World:
    world = running()
    world.document = document({"spec.suspend": True})
    return world


PLACES = {
    "new": lambda: World(document()),
    "at rest": lambda: initialised(document()),
    "in a run": running,
    "in a promotion": promoting,
    "given up already": given_up,
    "failed": failed,
    "back at what was promoted": returned,
    "failed, its target gone": without_target,
    "retired": retired,
    "suspended in a run": suspended,
}


def refused(world: World, verb: str) -> str:
    """Why the command refuses; "" where it writes the request."""
    opened: Any = Opened(world)
    try:
        ask(opened, KEY, verb)
    except NothingToDo as nothing:
        return nothing.problem
    return ""


@pytest.mark.parametrize("verb", DONE)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_command_refuses_exactly_where_the_driver_would(place: Any, verb: str) -> None:
    asked, driven = place(), place()
    why = refused(asked, verb)
    assert (asked.status.request is None) == bool(why)
    driven.status = replace(driven.status, request=Request(verb, "1", "ann"))
    driven.events.clear()
    driven.tick()
    done = any(DONE[verb] in text for text in driven.texts)
    assert done == (not why)


@pytest.mark.parametrize(
    ("place", "verb", "why"),
    [
        ("at rest", "abort", "nothing to abort for podinfo.test (Initialized): no run is under way"),
        ("new", "abort", "nothing to abort for podinfo.test (new): no run is under way"),
        ("given up already", "abort", "(Promoting): its run is being given up already"),
        ("in a run", "retry", "nothing to retry for podinfo.test (Progressing): the last run has not failed"),
        ("back at what was promoted", "retry", "(Failed): the target is at the promoted revision"),
        ("failed, its target gone", "retry", "(Failed): Deployment podinfo.test is not there"),
        (
            "failed",
            "retire",
            "(Failed): the target is not at the revision that primary runs; set it back first",
        ),
        ("in a run", "retire", "(Progressing): it is not at rest"),
        ("retired", "retire", "(Terminated): it is retired already"),
        ("retired", "retry", "apply it anew after: kubectl -n test delete canary podinfo"),
    ],
)
def test_a_refusal_says_why(place: str, verb: str, why: str) -> None:
    assert refused(PLACES[place](), verb).endswith(why)


def test_what_a_retry_waits_for_is_said_with_its_way_out() -> None:
    world = failed()
    world.primary = replace(deployment("podinfo-primary", 1, available=0), expired=True)
    opened: Any = Opened(world)
    asked = ask(opened, KEY, "retry")
    assert asked.told.startswith("; before that: podinfo-primary.test not ready: ")
    assert "skipAnalysis" in asked.told


def test_a_retry_of_a_suspended_canary_says_how_to_let_it_go_on() -> None:
    world = failed()
    world.document = document({"spec.suspend": True})
    opened: Any = Opened(world)
    assert (
        "podinfo.test is suspended; let it go on with: kubectl -n test patch"
        in ask(opened, KEY, "retry").told
    )


def test_an_abort_waits_for_nothing_even_while_suspended() -> None:
    world = suspended()
    opened: Any = Opened(world)
    assert ask(opened, KEY, "abort").told == ""
    world.tick()
    assert (world.status.phase, world.status.traffic.canary) == (Phase.FAILED, 0)


def test_a_document_that_the_driver_refuses_is_refused_with_its_problems() -> None:
    world = running()
    world.document = document({"spec.analysis.interval": "0s"})
    opened: Any = Opened(world)
    with pytest.raises(DocumentRefused, match=r"spec\.analysis\.interval") as told:
        ask(opened, KEY, "abort")
    assert told.value.remedy


def test_a_canary_that_is_not_there_is_missing() -> None:
    world = initialised(document())
    world.cluster.delete(CANARY, *KEY)
    opened: Any = Opened(world)
    with pytest.raises(CanaryMissing):
        ask(opened, KEY, "abort")


DRIVE = "drive it with: sluice release podinfo --env dev -n test"


def answered(world: World) -> str:
    opened: Any = Opened(world)
    return answering(opened, KEY, "takes it up")


def test_who_answers_a_request_is_named_where_somebody_drives() -> None:
    world = failed()
    world.now = time.time()
    world.driven_by(str(Identity("there", 7, "5")))
    assert answered(world) == "its driver, process 7 on there, takes it up"


def test_of_a_driver_elsewhere_that_rests_it_is_said_what_to_do_if_it_has_ended() -> None:
    assert answered(failed()) == f"its driver, process 1 on here, takes it up; if that has ended, {DRIVE}"


def test_where_nobody_drives_it_is_said_how_to() -> None:
    world = failed()
    world.cluster.delete(LEASE, "test", "sluice-podinfo")
    assert answered(world) == f"nobody drives it; {DRIVE}"


def test_who_may_not_look_who_drives_hears_both(monkeypatch: pytest.MonkeyPatch) -> None:
    world = failed()

    def forbidden(kind: Kind, namespace: str, name: str) -> Manifest | None:
        raise ClusterRefused("leases is forbidden")

    monkeypatch.setattr(world.cluster, "get", forbidden)
    assert answered(world) == f"its driver takes it up; without one, {DRIVE}"
