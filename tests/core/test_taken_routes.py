"""Routes that somebody made under the name of a generated one: theirs until primary serves, and theirs again after."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.marks import ATTEMPT, LAST_APPLIED, ORIGINAL
from automation.core.observation import Target
from automation.core.status import Phase, Request
from automation.errors import StackLocked
from automation.inmemory.stacks import Update
from gateways.istio import VIRTUAL_SERVICE
from tests.core.documents import MISSING, document
from tests.core.world import World, deployment

THEIRS: Manifest = {
    "hosts": ["shop.example.com"],
    "gateways": ["public"],
    "exportTo": ["*"],
    "http": [{"route": [{"destination": {"host": "podinfo"}}]}],
}
TIMEOUT = {"hosts": ["shop.example.com"], "http": [{**THEIRS["http"][0], "timeout": "5s"}]}


def applied(spec: Manifest) -> dict[str, str]:
    return {LAST_APPLIED: json.dumps({"kind": "VirtualService", "spec": spec})}


def world(annotations: dict[str, str] | None = None, **metadata: Any) -> World:
    """An application whose users come by a VirtualService of its maker's own, and a Canary that was just applied."""
    here = World(
        document({"spec.provider": "istio", "spec.routeRef": MISSING}),
        source=None,
        target=Target(replace(deployment("podinfo", 1), container="podinfod", image="podinfo:1"), "v1"),
    )
    made = {"name": "podinfo", "namespace": "test", "annotations": annotations or {}, **metadata}
    here.cluster.put(VIRTUAL_SERVICE, {"metadata": made, "spec": THEIRS})
    return here


def live(here: World) -> Manifest:
    found = here.cluster.get(VIRTUAL_SERVICE, "test", "podinfo")
    assert found is not None
    return found


def marks(here: World) -> dict[str, str]:
    return dict(live(here)["metadata"]["annotations"])


def weights(here: World) -> list[int]:
    return [route["weight"] for route in live(here)["spec"]["http"][0]["route"]]


def retired(here: World) -> World:
    here.status = replace(here.status, request=Request("retire", "1", "ann"))
    return here.until(Phase.TERMINATED)


def test_it_is_left_alone_until_primary_is_ready() -> None:
    here = world()
    here.tick()
    here.primary = deployment("podinfo-primary", 1, available=0)
    before = live(here)
    here.tick(5)
    assert (here.status.phase, live(here)) == (Phase.INITIALIZING, before)
    assert before["spec"] == THEIRS


def test_it_is_taken_over_for_the_release_and_given_back_afterwards() -> None:
    here = world({"team": "shop"}).until(Phase.INITIALIZED)
    assert weights(here) == [100, 0]
    assert json.loads(marks(here)[ORIGINAL]) == THEIRS
    assert "ownerReferences" not in live(here)["metadata"]
    here.release("v2")
    here.until(Phase.SUCCEEDED)
    assert here.weights == [0, 10, 20, 30, 40, 50, 0]
    assert json.loads(marks(here)[ORIGINAL]) == THEIRS
    before = len(here.texts)
    here.tick(3)
    assert here.texts[before:] == []
    retired(here)
    assert live(here)["spec"] == THEIRS
    assert not {ORIGINAL, ATTEMPT} & marks(here).keys()
    assert marks(here)["team"] == "shop"


def test_what_people_apply_in_mid_run_keeps_its_weights_and_is_given_back() -> None:
    here = world(applied(THEIRS)).until(Phase.INITIALIZED)
    here.release("v2")
    here.tick(2)
    assert weights(here) == [90, 10]
    metadata = {**live(here)["metadata"], "annotations": {**marks(here), **applied(TIMEOUT)}}
    here.cluster.put(VIRTUAL_SERVICE, {"metadata": metadata, "spec": {**live(here)["spec"], **TIMEOUT}})
    here.tick()
    assert sum(weights(here)) == 100
    assert weights(here)[1] >= 10
    assert any("put back" in text for text in here.texts)
    here.until(Phase.SUCCEEDED)
    retired(here)
    assert live(here)["spec"] == {**TIMEOUT, "exportTo": ["*"]}


def test_a_route_that_flagger_took_over_is_given_back_as_it_was_before_that() -> None:
    here = world({ORIGINAL: json.dumps(TIMEOUT)}).until(Phase.INITIALIZED)
    retired(here)
    assert live(here)["spec"]["http"] == TIMEOUT["http"]


@pytest.mark.parametrize("nonsense", ["", "{", "[]", '{"spec": 1}'])
def test_nonsense_in_its_annotations_loses_nothing(nonsense: str) -> None:
    here = world({LAST_APPLIED: nonsense}).until(Phase.INITIALIZED)
    retired(here)
    assert live(here)["spec"] == THEIRS


def test_a_patch_in_need_keeps_what_is_to_be_given_back() -> None:
    here = world().until(Phase.INITIALIZED)
    here.release("v2")
    here.tick(2)
    assert weights(here) == [90, 10]
    here.status = replace(here.status, request=Request("abort", "1", "ann"))
    here.stacks.begin = _locked
    here.tick(5)
    assert here.status.phase is Phase.FAILED
    assert any("was patched directly to 100/0" in text for text in here.texts)
    assert not any("written anew" in text for text in here.texts)
    assert (weights(here), live(here)["spec"]["exportTo"]) == ([100, 0], ["*"])
    assert json.loads(marks(here)[ORIGINAL]) == THEIRS


def _locked(update: Update) -> None:
    raise StackLocked("stack dev.test.podinfo is locked")


def test_a_route_of_another_release_is_not_touched() -> None:
    owner = {"kind": "Canary", "name": "shop", "controller": True}
    here = world(ownerReferences=[owner])
    before = live(here)
    here.tick(3)
    assert here.made_live == []
    assert live(here) == before
    assert here.texts[-1] == (
        "spec.service.name: VirtualService podinfo.test, which this release would write, is that of Canary shop; "
        "name another, so that each has one of its own"
    )
