"""`sluice approve`, `hold` and `resume` against the cluster of a world, whose driver answers them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from click import UsageError
from click.testing import CliRunner

from automation.core.observation import HookAnswer, Permission
from automation.core.status import Phase, Request
from automation.errors import NothingToDo
from automation.questions.permissions import User
from automation.updates.history import HistoryEntry
from cli import gates, requests
from cli import promote as promotions
from cli.history import table
from cli.requests import situation
from tests.cli.test_requests import Opened
from tests.core.documents import document
from tests.core.world import KEY, World, initialised


class Found(Opened):
    def find(self, name: str, namespace: str | None) -> tuple[str, str]:
        return KEY


def say(monkeypatch: pytest.MonkeyPatch, world: World, *words: str) -> str:
    for module in (gates, promotions):
        monkeypatch.setattr(module, "open_environment", lambda environment, where: Found(world))
    monkeypatch.setattr(requests, "person", lambda: "ann")
    verb, *rest = words
    done = CliRunner().invoke(
        promotions.promote if verb == "promote" else getattr(gates, verb),
        ["podinfo", "--env", "dev", *rest],
        catch_exceptions=False,
        standalone_mode=False,
    )
    return done.output


def waiting(**gates: Any) -> World:
    hooks = [{"name": "desk", "type": "confirm-promotion", "url": "http://x/"}]
    world = initialised(document({"spec.analysis.webhooks": hooks, "spec.analysis.gates": gates}))
    world.hook = lambda seen, webhook: HookAnswer(False)
    world.release("v2")
    return world.until(Phase.WAITING_PROMOTION)


def test_an_approval_from_the_command_line_promotes(monkeypatch: pytest.MonkeyPatch) -> None:
    world = waiting()
    said = say(monkeypatch, world, "approve", "--reason", "seen on a phone")
    assert said.startswith("asked to approve gate promotion of podinfo.test (now WaitingPromotion); ")
    world.until(Phase.SUCCEEDED)
    assert "Gate promotion of podinfo.test approved by ann: seen on a phone" in world.texts


def test_a_hold_from_the_command_line_is_taken_away_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = waiting()
    for verb, held in (("hold", True), ("resume", False)):
        say(monkeypatch, world, verb, "--gate", "traffic", "--reason", "incident 7")
        world.tick()
        assert ("traffic" in world.status.words) is held


def test_what_somebody_said_is_heard_before_another_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    world = waiting(promotion={"approvals": 2})
    world.status = replace(world.status, request=Request("approve", "1", "bob", "promotion", "seen"))
    with pytest.raises(NothingToDo, match="what bob asked for: approve"):
        say(monkeypatch, world, "approve", "--reason", "me too")
    world.tick()
    say(monkeypatch, world, "approve", "--reason", "me too")
    world.until(Phase.SUCCEEDED)


def test_who_speaks_at_the_same_time_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    world = waiting(promotion={"approvals": 2})

    def meanwhile(opened: Any, live: Any, request: Request) -> Any:
        if world.status.request is None:
            world.status = replace(world.status, request=Request("approve", "1", "bob", "promotion", "seen"))
        return situation(opened, live, request)

    monkeypatch.setattr(requests, "situation", meanwhile)
    with pytest.raises(NothingToDo, match="what bob asked for: approve"):
        say(monkeypatch, world, "approve", "--reason", "me too")


def test_an_emergency_from_the_command_line_promotes(monkeypatch: pytest.MonkeyPatch) -> None:
    world = waiting()
    said = say(monkeypatch, world, "promote", "--now", "--reason", "incident 7")
    assert said.startswith("asked to promote podinfo.test (now WaitingPromotion) without waiting; ")
    world.until(Phase.SUCCEEDED)
    assert "Gate promotion of podinfo.test passed by ann, at once: incident 7" in world.texts


@pytest.mark.parametrize("words", [["--now"], ["--full"], ["--now", "--full", "--reason", "x"]])
def test_a_canary_is_promoted_by_nothing_less(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    with pytest.raises(UsageError, match="in an emergency with --now --reason TEXT"):
        say(monkeypatch, waiting(), "promote", *words)


@pytest.mark.parametrize("allowed", [True, False])
def test_where_the_cluster_says_who_may_approve_it_says_who_speaks(
    monkeypatch: pytest.MonkeyPatch, allowed: bool
) -> None:
    world = waiting(promotion={"authorized": True})
    monkeypatch.setattr(requests, "identity", lambda cluster: User("ann.of.staff", ("staff",)))
    monkeypatch.setattr(requests, "own_permission", lambda *of: Permission(allowed, "not ann"))
    if not allowed:
        with pytest.raises(NothingToDo, match="not ann"):
            say(monkeypatch, world, "approve", "--reason", "x")
        return
    say(monkeypatch, world, "approve", "--reason", "x")
    asked = world.status.request
    assert asked is not None
    assert (asked.by, asked.groups) == ("ann.of.staff", ("staff",))


def test_what_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NothingToDo, match="nobody holds its gate rollout"):
        say(monkeypatch, waiting(), "resume", "--gate", "rollout", "--reason", "x")


def test_the_history_shows_who_let_a_step_pass() -> None:
    step = HistoryEntry(1, "", "succeeded", 1.0, "m", approvals=("promotion by ann: seen on a phone",))
    (checks,) = table([step]).columns[6].cells
    assert checks == "approved: promotion by ann: seen on a phone"
