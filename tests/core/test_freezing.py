"""Canaries that fail and are not rolled back: they stop, for people to decide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from automation.core.analysis import MetricCheck
from automation.core.observation import Answer, HookAnswer
from automation.core.status import Phase, Request, Status
from tests.core.documents import document
from tests.core.world import Killed, World, initialised, split

A = "spec.analysis"


def failed(on_failure: str = "freeze", **changes: Any) -> World:
    """A canary that failed its checks at 20 %."""
    asked = {f"{A}.onFailure": on_failure, f"{A}.threshold": 2, f"{A}.stepWeight": 20, **changes}
    world = initialised(document(asked), hook=lambda world, webhook: HookAnswer(webhook.type != "rollback"))
    world.release("v2")
    world.tick(2)
    assert world.status.canary_weight == 20
    world.answer = bad
    world.tick(6)
    assert world.status.frozen
    return world


def bad(world: World, check: MetricCheck) -> Answer:
    return world.measured(0.0 if "rate" in check.name else 20.0)


FROZEN = (
    "Halt podinfo.test advancement failed checks threshold reached 2: it stays at {} until its target changes"
)
PLACES = {"freeze": 20, "freezeAtZero": 0}


@pytest.mark.parametrize(("how", "weight"), PLACES.items())
def test_what_fails_stops_with_its_pods_and_nothing_is_judged_any_more(how: str, weight: int) -> None:
    world = failed(how)
    world.answer = lambda seen, check: pytest.fail("a frozen canary is not judged")
    world.tick(30)
    assert (world.status.phase, world.status.traffic) == (Phase.PROGRESSING, split(weight))
    assert world.target is not None
    assert (world.target.workload.replicas, world.status.failed_checks) == (1, 2)
    assert FROZEN.format(split(weight)) in "\n".join(world.texts)
    assert world.ticked().waits.startswith(FROZEN.format(split(weight)))
    assert Status.parse(world.status.document()) == world.status


@pytest.mark.parametrize("how", PLACES)
def test_an_abort_ends_it(how: str) -> None:
    world = failed(how)
    world.status = replace(world.status, request=Request("abort", "1", "ann"))
    world.until(Phase.FAILED)
    assert (world.status.frozen, world.status.traffic, world.primary_revision) == (False, split(0), "v1")


@pytest.mark.parametrize("how", PLACES)
def test_a_new_revision_begins_a_run_of_its_own(how: str) -> None:
    world = failed(how)
    world.answer = lambda seen, check: seen.measured(100.0 if "rate" in check.name else 20.0)
    world.release("v3")
    world.until(Phase.SUCCEEDED)
    assert (world.primary_revision, world.status.frozen) == ("v3", False)


def test_the_promoted_revision_cancels_it() -> None:
    world = failed()
    world.release("v1")
    world.until(Phase.FAILED)
    assert world.status.conditions[0].reason == "Cancelled"


def test_an_emergency_promotes_it_all_the_same() -> None:
    world = failed()
    world.status = replace(world.status, request=Request("promote", "1", "ann", "", "known fault"))
    world.until(Phase.SUCCEEDED)
    assert (world.primary_revision, world.status.frozen) == ("v2", False)


def test_a_rollback_hook_may_call_it_back() -> None:
    hooks = [{"name": "back", "type": "rollback", "url": "http://x/"}]
    world = failed(**{f"{A}.webhooks": hooks})
    world.hook = lambda seen, webhook: HookAnswer(True)
    world.until(Phase.FAILED)


def test_a_document_that_wants_a_rollback_after_all_gets_one() -> None:
    world = failed()
    world.document = document({f"{A}.threshold": 2})
    world.until(Phase.FAILED)
    assert world.primary_revision == "v1"


def test_a_driver_that_dies_before_users_are_back_takes_them_back_at_its_next_tick() -> None:
    world = initialised(document({f"{A}.onFailure": "freezeAtZero", f"{A}.threshold": 1}))
    world.release("v2")
    world.tick(2)
    world.answer = bad
    world.lives = 2
    with pytest.raises(Killed):
        world.tick(3)
    world.now += 10.0
    world.tick(3)
    assert (world.status.frozen, world.status.traffic) == (True, split(0))


def test_a_document_that_allows_fewer_failures_in_mid_run_calls_people_once() -> None:
    alerts = [{"name": "people", "severity": "error", "providerRef": {"name": "slack"}}]
    asked = {f"{A}.onFailure": "freeze", f"{A}.stepWeight": 20, f"{A}.alerts": alerts}
    world = initialised(document({**asked, f"{A}.threshold": 9}))
    world.release("v2")
    world.tick(2)
    world.answer = bad
    world.tick(4)
    world.document = document({**asked, f"{A}.threshold": 2})
    world.tick(8)
    assert world.status.frozen
    assert [str(one.severity) for one in world.alerts.sent].count("error") == 1
