"""Fields by who wrote them, taken from one field manager and given to another."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.managed_fields import Fields, at, handed_over, without, written

TEMPLATE = ("f:spec", "f:template")
REPLICAS = ("f:spec", "f:replicas")
OURS = {"f:metadata": {"f:labels": {"f:app": {}}}, "f:spec": {"f:template": {"f:spec": {"f:containers": {}}}}}
ADDED = {"f:spec": {"f:template": {"f:spec": {"f:env": {}}}, "f:replicas": {}}}


def entry(manager: str, fields: Fields, operation: str = "Update", **more: str) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "apiVersion": "apps/v1", "fieldsV1": fields, **more}


def live(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"managedFields": list(entries)}}


def test_what_others_added_is_given_to_us_and_nothing_else() -> None:
    mine, theirs = entry("sluice", OURS, "Apply"), entry("kubectl-set", ADDED)
    given = handed_over(live(mine, theirs), "sluice", TEMPLATE, but=REPLICAS)
    both = {
        "f:spec": {"f:template": {"f:spec": {"f:containers": {}, "f:env": {}}}},
        "f:metadata": OURS["f:metadata"],
    }
    assert given == [entry("sluice", both, "Apply"), entry("kubectl-set", {"f:spec": {"f:replicas": {}}})]


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [entry("sluice", OURS, "Apply")],
        [entry("kubectl-set", ADDED)],
        [entry("sluice", OURS, "Apply"), entry("hpa", ADDED, subresource="scale")],
        [entry("sluice", OURS, "Apply"), entry("kubectl-set", {"f:spec": {"f:paused": {}}})],
        [entry("sluice", OURS, "Apply"), {**entry("old", ADDED), "apiVersion": "apps/v1beta1"}],
    ],
    ids=["no record", "ours alone", "nothing of ours", "a subresource", "elsewhere", "another version"],
)
def test_where_nothing_can_be_given(entries: list[dict[str, Any]]) -> None:
    assert handed_over(live(*entries), "sluice", TEMPLATE, but=REPLICAS) is None


def test_how_many_pods_there_are_stays_with_whoever_said_it() -> None:
    mine, theirs = (
        entry("sluice", OURS, "Apply"),
        entry("kubectl", {"f:spec": {"f:paused": {}, "f:replicas": {}}}),
    )
    ours, rest = handed_over(live(mine, theirs), "sluice", ("f:spec",), but=REPLICAS) or []
    assert ours["fieldsV1"]["f:spec"] == {**OURS["f:spec"], "f:paused": {}}
    assert rest["fieldsV1"] == {"f:spec": {"f:replicas": {}}}


def test_what_several_wrote_is_put_together() -> None:
    thing = live(
        entry("a", {"f:spec": {"f:x": {}}}), entry("b", {"f:spec": {"f:y": {}}}), entry("c", {"f:z": {}})
    )
    assert written(thing, lambda manager: manager != "c") == {"f:spec": {"f:x": {}, "f:y": {}}}


def test_what_has_nothing_left_is_gone() -> None:
    assert without({"f:spec": {"f:replicas": {}}}, ("f:spec", "f:replicas")) == {}
    assert without({"f:spec": {"f:x": {}}}, ("f:metadata", "f:x")) == {"f:spec": {"f:x": {}}}


def test_fields_keep_their_place() -> None:
    assert at(ADDED, TEMPLATE) == {"f:spec": {"f:template": {"f:spec": {"f:env": {}}}}}
    assert at(ADDED, ("f:spec", "f:replicas")) == {"f:spec": {"f:replicas": {}}}
    assert at(ADDED, ("f:metadata",)) == at({}, TEMPLATE) == {}
