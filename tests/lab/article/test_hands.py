"""What people and other tools do by hand to what a release stands on."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.lab.article.application import Application
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab

ROUTE = "podinfo-podinfo-canary"


def set_by_hand(podinfo: Application, primary: int, canary: int) -> None:
    """Somebody writes weights into the generated route."""
    spec = podinfo.kubectl.get("apisixroute", ROUTE)["spec"]
    for backend in spec["http"][0]["backends"]:
        backend["weight"] = primary if backend["serviceName"] == "podinfo-primary" else canary
    patch = json.dumps({"spec": spec})
    podinfo.kubectl("patch", "apisixroute", ROUTE, "--type=merge", "-p", patch, "--field-manager=carol")


def test_weights_that_somebody_sets_by_hand_are_put_back_and_their_author_is_named(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    podinfo = application()
    with podinfo.ground.begun("run", "--env", "dev", "--output", "text") as driver:
        # when
        set_by_hand(podinfo, 0, 100)
        # then
        podinfo.until_split(100, 0)
        repaired = f"Route {ROUTE}.{namespace} was set to 0/100 by carol: put back to 100/0"
        eventually(lambda: repaired in driver.events)
    assert repaired in podinfo.said


def test_what_somebody_deletes_comes_back(application: Callable[..., Application], namespace: str) -> None:
    # given
    podinfo = application()
    podinfo.kubectl("delete", "deployment/podinfo-primary", f"apisixroute/{ROUTE}", "service/podinfo")
    # when
    said = podinfo.release("6.0.1")
    # then
    assert f"Route {ROUTE}.{namespace} was deleted: made again with 100/0" in said
    assert f"podinfo-primary.{namespace} was deleted: made again from its recorded revision" in said
    assert podinfo.image("podinfo-primary").endswith(":6.0.1")
    assert podinfo.split == (100, 0)
