"""Gates: which hook is asked next, what is said of each, and what becomes evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automation.core.gates import GATES, gate
from automation.core.observation import HookAnswer, Observation
from automation.core.situation import Situation
from automation.core.status import Phase, Status
from tests.core.documents import canary

HOOKS = [
    {"name": "one", "type": "pre-rollout", "url": "http://x/"},
    {"name": "two", "type": "pre-rollout", "url": "http://y/"},
    {"name": "load", "type": "rollout", "url": "http://z/"},
]
PASSED, FAILED = HookAnswer(True, "fine"), HookAnswer(False, "no")


def situation(**answers: HookAnswer) -> Situation:
    described = canary({"spec.analysis.webhooks": HOOKS})
    seen = Observation(0.0, "a", target=None, primary=None, route=None, apex=None)
    given = {hook: answers[hook.name] for hook in described.analysis.webhooks if hook.name in answers}
    return Situation(described, Status(Phase.PROGRESSING), replace(seen, hooks=given))


@pytest.mark.parametrize(
    ("kind", "answers", "asked", "passed", "results", "said"),
    [
        pytest.param("pre-rollout", {}, "one", True, [], [], id="the first is asked"),
        pytest.param("pre-rollout", {"one": PASSED}, "two", True, [], [], id="then the second"),
        pytest.param(
            "pre-rollout",
            {"one": PASSED, "two": PASSED},
            None,
            True,
            [("one", True, "fine"), ("two", True, "fine")],
            ["Pre-rollout check one passed", "Pre-rollout check two passed"],
            id="all have passed",
        ),
        pytest.param(
            "pre-rollout",
            {"one": FAILED},
            None,
            False,
            [("one", False, "no")],
            ["Halt podinfo.test advancement pre-rollout check one failed no"],
            id="after one that fails nobody is asked",
        ),
        pytest.param("rollout", {}, "load", True, [], [], id="each type by itself"),
        pytest.param(
            "rollout", {"load": PASSED}, None, True, [("load", True, "")], [], id="a quiet one says nothing"
        ),
        pytest.param(
            "rollout",
            {"load": FAILED},
            None,
            False,
            [("load", False, "")],
            ["Halt podinfo.test advancement external check load failed no"],
            id="but for what fails",
        ),
    ],
)
def test_a_gate(
    kind: str,
    answers: dict[str, HookAnswer],
    asked: str | None,
    passed: bool,
    results: list[tuple[str, bool, str]],
    said: list[str],
) -> None:
    found = gate(situation(**answers), kind)
    question = found.question.questions[0] if found.question else None
    assert (question and question.webhook.name) == asked  # type: ignore[union-attr]
    assert found.passed is passed
    assert [(result.name, result.passed, result.detail) for result in found.results] == results
    assert [event.text for event in found.events] == said


@pytest.mark.parametrize("kind", GATES, ids=str)
def test_a_gate_without_hooks_is_open(kind: str) -> None:
    at = situation()
    bare = replace(at, canary=canary({"spec.analysis.webhooks": []}))
    assert gate(bare, kind).passed
