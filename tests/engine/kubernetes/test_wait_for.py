"""The annotation that says when an object is ready."""

from __future__ import annotations

from typing import Any

import pytest

from engine.kubernetes.waits.expressions import rule_of
from engine.kubernetes.waits.rule import View
from engine.provider import ProviderError

LIVE: dict[str, Any] = {
    "metadata": {"labels": {"a.b/c": "x"}},
    "status": {
        "phase": "Running",
        "replicas": 2,
        "done": False,
        "null": None,
        "items": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}],
        "conditions": [{"type": "Ready", "status": "True"}, {"type": "Synced", "status": "False"}],
    },
}


@pytest.mark.parametrize(
    ("annotation", "holds"),
    [
        ("jsonpath={.status.phase}", True),
        ("jsonpath={.status.nothing}", False),
        ("jsonpath={.status.phase}=Running", True),
        ("jsonpath={ .status.phase }=Running", True),
        ("jsonpath={$.status.phase}=Running", True),
        ("jsonpath={.status.phase}='Running'", False),
        ("jsonpath={.status.null}", True),
        ("jsonpath={.status.phase}=Pending", False),
        ("jsonpath={.status.replicas}=2", True),
        ("jsonpath={.status.done}=false", True),
        ("jsonpath={.status.items[0].ip}=10.0.0.1", True),
        ("jsonpath={.status.items[-1].ip}=10.0.0.2", True),
        ("jsonpath={.status.items[*].ip}=10.0.0.1", True),
        ("jsonpath={.status.items[*].ip}=10.0.0.2", False),
        ("jsonpath={.status.items[7].ip}", False),
        ("jsonpath={.metadata.labels['a.b/c']}=x", True),
        (r"jsonpath={.metadata.labels.a\.b/c}=x", True),
        ('jsonpath={.status.conditions[?(@.type=="Ready")].status}=True', True),
        ("jsonpath={.status.conditions[?(@.type=='Synced')].status}=True", False),
        ('jsonpath={.status.conditions[?(@.type=="Done" || @.type=="Synced")].status}=False', True),
        ('jsonpath={.status.conditions[?(@.type != "Ready" && @.status == "False")].type}=Synced', True),
        ("condition=Ready", True),
        ("condition=ready", True),
        ("condition=Synced", False),
        ("condition=Synced=False", True),
        ("condition=Ready=true", True),
        ("condition=Missing", False),
        ('["condition=Ready", "jsonpath={.status.phase}=Running"]', True),
        ('["condition=Ready", "condition=Synced"]', False),
    ],
)
def test_expressions(annotation: str, holds: bool) -> None:
    assert rule_of(annotation).judge(View(LIVE)).ready is holds


@pytest.mark.parametrize("annotation", ["jsonpath={.status.done}", "condition=Ready"])
@pytest.mark.parametrize(("status", "holds"), [({}, True), ({"observedGeneration": 1}, False)])
def test_what_was_said_of_an_older_generation_does_not_count(
    annotation: str, status: dict[str, Any], holds: bool
) -> None:
    live = {"metadata": {"generation": 2}, "status": {**LIVE["status"], **status}}
    assert rule_of(annotation).judge(View(live)).ready is holds


def test_a_condition_may_name_its_own_generation() -> None:
    conditions = [{"type": "Ready", "status": "True", "observedGeneration": 1}]
    live = {"metadata": {"generation": 2}, "status": {"conditions": conditions, "observedGeneration": 2}}
    assert not rule_of("condition=Ready").judge(View(live)).ready


def test_what_does_not_hold_is_named() -> None:
    verdict = rule_of('["condition=Ready", "condition=Synced"]').judge(View(LIVE))
    assert verdict.progress == "Waiting for condition=Synced"
    assert verdict.problems == ("condition=Synced does not hold",)


@pytest.mark.parametrize(
    ("annotation", "says"),
    [
        ("status.phase=Running", "is neither"),
        ("condition=", "is neither"),
        ("jsonpath=.status", "is neither"),
        ("jsonpath={.status[}", "is not understood at `\\[`"),
        ("jsonpath={.status.phase}=", "is neither"),
        ("jsonpath={.a[?(@.b > 1)]}", "a filter that is not understood"),
        ("[1]", "array of texts"),
        ("[]", "array of texts"),
        ("[", "is not valid JSON"),
    ],
)
def test_expressions_that_are_not_understood_are_refused(annotation: str, says: str) -> None:
    with pytest.raises(ProviderError, match=says):
        rule_of(annotation)
