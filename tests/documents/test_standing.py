"""Where a release stands, after somebody has edited it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from automation.core.marks import STATUS
from automation.core.refusal import Refused
from automation.core.status import Phase, Status
from documents.front import status_of
from tests.core.documents import document


@pytest.mark.parametrize(
    "status",
    [
        pytest.param({"phase": "Hurrying"}, id="a phase that is none"),
        pytest.param(
            {"phase": "Progressing", "inForce": {"attempt": "a"}}, id="a placement without its split"
        ),
        pytest.param({"failedChecks": "many"}, id="a word for a number"),
        pytest.param({"conditions": ["Promoted"]}, id="a word for an object"),
    ],
)
def test_a_status_that_was_spoiled_is_refused_with_the_command_that_mends_it(status: Any) -> None:
    with pytest.raises(Refused) as refused:
        status_of(document() | {"status": status})
    (problem,) = refused.value.problems
    assert problem.path == "status"
    assert "kubectl -n test edit canary podinfo --subresource=status" in problem.remedy


@pytest.mark.parametrize("text", ["{", "[]", "5", json.dumps({"phase": "Hurrying"})])
def test_what_a_rollout_remembers_is_refused_where_it_was_spoiled(text: str) -> None:
    rollout = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "demo", "namespace": "test", "annotations": {STATUS: text}},
    }
    with pytest.raises(Refused) as refused:
        status_of(rollout)
    (problem,) = refused.value.problems
    assert problem.path == f"metadata.annotations.{STATUS}"


def test_what_was_saved_is_read_back() -> None:
    saved = Status(phase=Phase.PROMOTING, failed_checks=2)
    assert status_of(document() | {"status": saved.document()}) == saved
