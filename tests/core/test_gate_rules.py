"""What a document asks of gates: several approvals, people whom the cluster knows, and an end of the wait."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from automation.core.decision import AskPermission
from automation.core.observation import HookAnswer, Permission
from automation.core.status import Phase, Request, Status
from automation.core.words import GATES
from tests.core.documents import document
from tests.core.world import World, initialised, split

A = "spec.analysis"
PLACES = {"rollout": Phase.WAITING, "traffic": Phase.PROGRESSING, "promotion": Phase.WAITING_PROMOTION}
"""Where a revision waits at each gate."""


def gated(gate: str, *, hooks: bool = False, **rule: Any) -> World:
    """A release of v2 that waits at a gate of which this is asked, and with hooks at it that are closed."""
    described = [{"name": gate, "type": GATES[gate], "url": "http://x/"}] if hooks else []
    asked = {f"{A}.webhooks": described, f"{A}.stepWeight": 50, f"{A}.gates": {gate: rule}}
    world = initialised(document(asked), hook=lambda world, webhook: HookAnswer(False))
    world.release("v2")
    world.until(PLACES[gate])
    return world.tick(2)


def said(world: World, verb: str, by: str, gate: str = "promotion", reason: str = "seen") -> World:
    world.status = replace(world.status, request=Request(verb, "1", by, gate, reason, ("staff",)))
    return world.tick()


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_waits_for_as_many_people_as_the_document_says(gate: str) -> None:
    world = gated(gate, approvals=2, hooks=True)
    said(world, "approve", "ann", gate)
    world.tick(2)
    assert (world.status.phase, world.primary_revision) == (PLACES[gate], "v1")
    assert world.ticked().waits.endswith("approval (1 of 2)")
    said(world, "approve", "bob", gate)
    world.until(Phase.SUCCEEDED)
    found = [intent.placement.evidence for intent in world.made_live]
    assert any(one and one.approvals == (f"{gate} by ann: seen", f"{gate} by bob: seen") for one in found)


def test_nobody_counts_twice() -> None:
    world = said(said(gated("promotion", approvals=2), "approve", "ann"), "approve", "ann")
    assert world.texts[-1] == "Nothing to approve for podinfo.test: ann has approved that already"
    assert world.status.phase is Phase.WAITING_PROMOTION


def test_a_hold_takes_back_what_was_approved() -> None:
    world = said(gated("promotion", approvals=2), "approve", "ann")
    said(world, "hold", "eve")
    said(world, "resume", "eve")
    said(world, "approve", "bob").tick(2)
    assert world.status.phase is Phase.WAITING_PROMOTION
    said(world, "approve", "ann").until(Phase.SUCCEEDED)


def test_skipped_analysis_goes_round_no_approval() -> None:
    world = initialised(document({"spec.skipAnalysis": True, f"{A}.gates": {"promotion": {"approvals": 1}}}))
    world.release("v2")
    world.until(Phase.WAITING_PROMOTION)
    said(world, "approve", "ann").until(Phase.SUCCEEDED)


@pytest.mark.parametrize(("verb", "kept"), [("approve", False), ("promote", False), ("hold", True)])
def test_who_opens_a_gate_has_to_be_allowed_to_where_the_document_says_so(verb: str, kept: bool) -> None:
    asked: list[AskPermission] = []

    def permit(question: AskPermission) -> Permission:
        asked.append(question)
        return Permission(False, "ann may not approve")

    world = gated("promotion", approvals=1, authorized=True)
    world.permit = permit
    said(world, verb, "ann").tick(2)
    assert ("promotion" in world.status.words, world.status.phase) == (kept, Phase.WAITING_PROMOTION)
    assert asked == ([] if kept else [AskPermission("promotion", "ann", ("staff",))])
    assert kept or world.texts[-1] == f"Nothing to {verb} for podinfo.test: ann may not approve"


@pytest.mark.parametrize("gate", GATES)
def test_what_is_not_opened_in_time_is_rolled_back(gate: str) -> None:
    world = gated(gate, hooks=True, deadline="5m")
    begun = world.status.wait
    assert begun is not None
    world.until(Phase.FAILED)
    assert 300 <= world.now - begun.since <= 320
    assert f"Rolling back podinfo.test nobody opened its gate {gate} for 5m0s" in world.texts
    assert (world.status.traffic, world.primary_revision, world.status.wait) == (split(0), "v1", None)


@pytest.mark.parametrize("gate", GATES)
def test_what_is_not_closed_in_time_opens_where_the_document_says_so(gate: str) -> None:
    world = gated(gate, approvals=2, deadline="5m", onDeadline="open")
    world.until(Phase.SUCCEEDED, ticks=200)
    opened = f"Gate {gate} of podinfo.test opens: nobody opened it for 5m0s"
    assert opened in world.texts
    evidence = [one.placement.evidence for one in world.made_live]
    if gate != "rollout":
        assert any(one and opened in [check.detail for check in one.checks] for one in evidence)


def test_a_gate_that_is_held_does_not_open_by_itself() -> None:
    world = gated("promotion", approvals=1, deadline="1m", onDeadline="open")
    said(world, "hold", "eve").tick(20)
    assert world.status.phase is Phase.WAITING_PROMOTION


@pytest.mark.parametrize("gate", ["rollout", "promotion"])
def test_each_revision_has_its_own_time(gate: str) -> None:
    world = gated(gate, approvals=1, deadline="5m").tick(20)
    world.release("v3")
    world.until(PLACES[gate]).tick(20)
    assert world.status.phase is PLACES[gate]


def test_each_rise_has_its_own_time() -> None:
    world = gated("traffic", hooks=True, deadline="5m").tick(20)
    world.hook = lambda seen, webhook: HookAnswer(seen.status.canary_weight == 0)
    world.tick(20)
    assert (world.status.phase, world.status.canary_weight) == (Phase.PROGRESSING, 50)


def test_an_emergency_waits_for_nothing_but_pods_and_stays_in_the_history() -> None:
    world = gated("traffic", approvals=2)
    said(world, "promote", "ann", gate="", reason="incident 7")
    world.until(Phase.SUCCEEDED)
    promotion = world.made_live[0].placement
    assert (world.primary_revision, world.weights) == ("v2", [0])
    assert promotion.evidence
    assert promotion.evidence.approvals == ("promotion by ann, at once: incident 7",)
    assert "Gate promotion of podinfo.test passed by ann, at once: incident 7" in world.texts


def test_no_emergency_goes_round_a_hold() -> None:
    world = said(said(gated("promotion", approvals=1), "hold", "eve", reason="no"), "promote", "ann")
    assert world.texts[-1] == "Nothing to promote for podinfo.test: its gate promotion is held by eve: no"


def test_what_was_promoted_in_an_emergency_is_no_pass_for_the_next_revision() -> None:
    world = said(gated("promotion", approvals=1), "promote", "ann")
    world.until(Phase.SUCCEEDED)
    world.release("v3")
    world.until(Phase.WAITING_PROMOTION)


def test_what_was_said_of_a_gate_is_read_back() -> None:
    world = said(gated("promotion", approvals=3), "approve", "ann")
    said(world, "approve", "bob")
    known = world.status
    assert known.wait is not None
    assert [one.by for one in known.words["promotion"].approvals] == ["ann", "bob"]
    assert Status.parse(known.document()) == known


def test_a_retry_of_what_failed_is_asked_about_anew() -> None:
    world = said(gated("rollout", approvals=1), "approve", "ann", "rollout")
    world.answer = lambda seen, check: seen.measured(0.0)
    world.until(Phase.FAILED)
    world.status = replace(world.status, request=Request("retry", "2", "eve"))
    world.tick(3)
    assert world.status.phase is Phase.WAITING
