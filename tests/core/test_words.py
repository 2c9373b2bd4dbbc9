"""What people say of gates: approve, hold and resume."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from automation.core.observation import HookAnswer
from automation.core.status import Phase, Request
from automation.core.words import GATES
from tests.core.documents import document
from tests.core.world import World, initialised, split

A = "spec.analysis"


def released(*gates: str, passes: bool = False, **changes: Any) -> World:
    """A release of v2 with a hook at each of these gates."""
    hooks = [{"name": gate, "type": GATES[gate], "url": "http://x/"} for gate in gates]
    world = initialised(document({f"{A}.webhooks": hooks, f"{A}.stepWeight": 25, **changes}))
    world.hook = lambda seen, webhook: HookAnswer(passes)
    world.release("v2")
    return world


def said(world: World, verb: str, gate: str, reason: str = "checked by hand") -> World:
    world.status = replace(world.status, request=Request(verb, "1", "ann", gate, reason))
    return world.tick()


def test_an_approval_lets_a_promotion_pass_and_is_kept_with_name_time_and_reason() -> None:
    world = released("promotion").until(Phase.WAITING_PROMOTION)
    said(world, "approve", "promotion")
    word = world.status.words["promotion"]
    assert (word.by, word.reason, word.at[:4]) == ("ann", "checked by hand", "1970")
    assert world.texts[-1] == "Gate promotion of podinfo.test approved by ann: checked by hand"
    world.until(Phase.SUCCEEDED)
    promotion = world.made_live[2]
    assert promotion.placement.evidence
    assert promotion.placement.evidence.approvals == ("promotion by ann: checked by hand",)
    assert world.primary_revision == "v2"


@pytest.mark.parametrize("gate", GATES)
def test_an_approval_is_one_of_its_revision_and_no_other(gate: str) -> None:
    world = released(gate).tick(5)
    said(world, "approve", gate)
    world.until(Phase.SUCCEEDED)
    world.release("v3")
    world.tick(6)
    assert world.status.phase is not Phase.SUCCEEDED
    assert world.primary_revision == "v2"


@pytest.mark.parametrize("gate", GATES)
def test_a_hold_closes_a_gate_whatever_its_hooks_say_until_it_is_resumed(gate: str) -> None:
    world = initialised(document({f"{A}.webhooks": [], f"{A}.stepWeight": 25}))
    said(world, "hold", gate, "incident 7")
    world.release("v2")
    world.tick(8)
    assert world.primary_revision == "v1"
    assert "Halt podinfo.test advancement held by ann: incident 7" in world.texts
    said(world, "resume", gate, "over")
    assert world.status.words == {}
    world.until(Phase.SUCCEEDED)


def test_a_canary_that_fails_its_checks_is_rolled_back_while_it_is_held() -> None:
    world = released(**{f"{A}.threshold": 1})
    world.tick(2)
    said(world, "hold", "traffic")
    world.answer = lambda seen, check: seen.measured(0.0)
    world.tick()
    assert (world.status.phase, world.status.traffic) == (Phase.FAILED, split(0))


def test_a_hold_keeps_a_promotion_without_analysis_too() -> None:
    world = initialised(document({"spec.skipAnalysis": True}))
    said(world, "hold", "promotion")
    world.release("v2")
    world.until(Phase.WAITING_PROMOTION).tick(2)
    assert world.primary_revision == "v1"
    said(world, "resume", "promotion")
    world.until(Phase.SUCCEEDED)


@pytest.mark.parametrize(
    ("verb", "gate", "why"),
    [
        ("approve", "promotion", "nothing waits at its gate promotion"),
        ("resume", "promotion", "nobody holds its gate promotion"),
        ("hold", "door", "it has no gate door; known: rollout, traffic, promotion"),
        ("hold", "", "it has no gate without a name; known: rollout, traffic, promotion"),
    ],
)
def test_what_makes_no_sense_now_is_said_and_kept_nowhere(verb: str, gate: str, why: str) -> None:
    world = said(initialised(document()), verb, gate)
    assert world.texts == [f"Nothing to {verb} for podinfo.test: {why}"]
    assert (world.status.words, world.status.request) == ({}, None)


def test_an_approval_of_a_run_is_none_of_its_retry() -> None:
    world = released("promotion", **{f"{A}.threshold": 1})
    world.tick(2)
    said(world, "approve", "promotion")
    world.answer = lambda seen, check: seen.measured(0.0)
    world.until(Phase.FAILED)
    world.answer = lambda seen, check: seen.measured(100.0 if "rate" in check.name else 20.0)
    world.status = replace(world.status, request=Request("retry", "2", "ann"))
    world.until(Phase.WAITING_PROMOTION)
