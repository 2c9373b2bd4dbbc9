"""What people and other tools do by hand to what a release stands on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.lab.article import documents
from tests.lab.article.application import Application, adopted
from tests.lab.article.ground import Ground, Running
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
        eventually(lambda: f"{repaired} (podinfo.{namespace})" in driver.events)
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


@pytest.mark.parametrize(
    "name",
    [
        "service/podinfo-primary",
        "service/podinfo-canary",
        "deployment/podinfo-primary",
        "service/podinfo",
        f"apisixroute/{ROUTE}",
    ],
    ids=lambda name: name,
)
def test_what_somebody_deletes_at_rest_is_back_at_once_and_said_once(
    resting: tuple[Application, Running], name: str
) -> None:
    podinfo, driver = resting
    kind, _, named = name.partition("/")
    before = podinfo.kubectl.get(kind, named)["metadata"]["uid"]
    # when
    podinfo.kubectl("delete", name)
    # then
    eventually(lambda: podinfo.uid(name) not in ("", before), 20)
    said = {"deployment": "made again from its", "service": "made again"}.get(kind, "made again with 100/0")
    eventually(lambda: any(said in event for event in driver.events))
    eventually(lambda: podinfo.ready("podinfo-primary"))
    told = [event for event in driver.events if f"{named}.{podinfo.namespace} was deleted" in event]
    assert (
        len([event for event in told if said in event]) <= 2
    )  # the Service and the Deployment have one name


def test_an_edit_of_the_source_is_in_force_at_once(resting: tuple[Application, Running]) -> None:
    podinfo, _ = resting
    spec = podinfo.kubectl.get("apisixroute", "podinfo")["spec"]
    spec["http"][0]["match"]["paths"] = ["/api/*"]
    # when
    podinfo.kubectl("patch", "apisixroute", "podinfo", "--type=merge", "-p", json.dumps({"spec": spec}))
    # then
    eventually(lambda: podinfo.rule["match"]["paths"] == ["/api/*"], 20)
    assert podinfo.split == (100, 0)


def test_what_is_taken_out_of_the_source_is_taken_out_of_its_copy(
    resting: tuple[Application, Running],
) -> None:
    podinfo, _ = resting
    spec = podinfo.kubectl.get("apisixroute", "podinfo")["spec"]
    more = {**spec["http"][0], "plugins": [{"name": "cors", "enable": True}], "websocket": True}
    for rule in (more, spec["http"][0]):
        # when
        patch = json.dumps({"spec": {"http": [rule]}})
        podinfo.kubectl("patch", "apisixroute", "podinfo", "--type=merge", "-p", patch)
        # then
        eventually(partial(_copied, podinfo, rule), 20)


def _copied(podinfo: Application, rule: dict[str, Any]) -> bool:
    """Whether the copy says what the rule does, and no more but its weights."""
    own = {"backends", "priority"}
    return {key: podinfo.rule[key] for key in podinfo.rule.keys() - own} == {
        key: rule[key] for key in rule.keys() - own
    }


def test_what_somebody_adds_at_rest_goes_again(resting: tuple[Application, Running]) -> None:
    podinfo, driver = resting
    selector = {"spec": {"selector": {"tier": "mine"}}}
    labels = {"metadata": {"labels": {"x": "y"}}}
    paused = {"spec": {"paused": True, "minReadySeconds": 3, "template": labels}}
    ports = {"spec": {"ports": [{"port": 99, "name": "mine", "targetPort": 99}]}}
    # when
    podinfo.kubectl("set", "env", "deployment/podinfo-primary", "MINE=1")
    podinfo.kubectl("patch", "deployment", "podinfo-primary", "-p", json.dumps(paused))
    podinfo.kubectl(
        "patch", "service", "podinfo", "-p", json.dumps({"spec": {"sessionAffinity": "ClientIP"}})
    )
    podinfo.kubectl("patch", "service", "podinfo-canary", "--type=merge", "-p", json.dumps(selector))
    podinfo.kubectl("patch", "service", "podinfo-primary", "-p", json.dumps(ports))

    # then
    def left() -> list[object]:
        spec = podinfo.kubectl.get("deployment", "podinfo-primary")["spec"]
        apex, canary, primary = (
            podinfo.kubectl.get("service", f"podinfo{name}")["spec"] for name in ("", "-canary", "-primary")
        )
        return [
            spec["template"]["spec"]["containers"][0].get("env"),
            spec["template"]["metadata"]["labels"].get("x"),
            spec.get("paused"),
            spec.get("minReadySeconds"),
            apex["sessionAffinity"],
            canary["selector"].get("tier"),
            len(primary["ports"]),
        ]

    eventually(lambda: left() == [None, None, None, None, "None", None, 1], 20)
    name = re.escape(f"podinfo-primary.{podinfo.namespace}")
    assert driver.heard(rf"Deployment {name} was changed by kubectl-(set|patch): put back.*")


def test_a_restart_of_primary_is_left_alone_and_what_was_added_goes_with_a_promotion(
    application: Callable[..., Application],
) -> None:
    podinfo = application()
    podinfo.kubectl("set", "env", "deployment/podinfo-primary", "MINE=1")
    podinfo.kubectl("rollout", "restart", "deployment/podinfo-primary")
    # when
    podinfo.release("6.0.1")
    # then
    template = podinfo.kubectl.get("deployment", "podinfo-primary")["spec"]["template"]
    assert "env" not in template["spec"]["containers"][0]
    assert "kubectl.kubernetes.io/restartedAt" not in template["metadata"]["annotations"]


def test_a_source_that_is_deleted_takes_its_copy_along_until_it_is_back(
    resting: tuple[Application, Running],
) -> None:
    podinfo, _ = resting
    # when
    podinfo.kubectl("delete", "apisixroute", "podinfo")
    # then
    eventually(lambda: podinfo.uid(f"apisixroute/{ROUTE}") == "", 20)
    podinfo.kubectl.apply(documents.route(podinfo.namespace))
    eventually(lambda: podinfo.uid(f"apisixroute/{ROUTE}") != "", 20)
    assert podinfo.split == (100, 0)


def test_each_rule_that_leads_to_the_application_is_split(resting: tuple[Application, Running]) -> None:
    podinfo, _ = resting
    spec = podinfo.kubectl.get("apisixroute", "podinfo")["spec"]
    match = {**spec["http"][0]["match"], "methods": ["POST"]}
    spec["http"].append({**spec["http"][0], "name": "write", "match": match})
    # when
    podinfo.kubectl("patch", "apisixroute", "podinfo", "--type=merge", "-p", json.dumps({"spec": spec}))

    # then
    def split() -> dict[str, list[str]]:
        rules = podinfo.kubectl.get("apisixroute", ROUTE)["spec"]["http"]
        return {rule["name"]: [backend["serviceName"] for backend in rule["backends"]] for rule in rules}

    both = ["podinfo-primary", "podinfo-canary"]
    eventually(lambda: split() == {"method": both, "write": both}, 20)


def test_an_edit_of_the_canarys_service_is_in_force_at_once(resting: tuple[Application, Running]) -> None:
    podinfo, _ = resting
    patch = {"spec": {"service": {"primary": {"annotations": {"team": "web"}}}}}
    # when
    podinfo.kubectl("patch", "canary", "podinfo", "--type=merge", "-p", json.dumps(patch))

    # then
    def written() -> bool:
        metadata = podinfo.kubectl.get("service", "podinfo-primary")["metadata"]
        return (metadata.get("annotations") or {}).get("team") == "web"

    eventually(written, 20)


def test_a_canary_that_was_deleted_and_applied_again_is_driven_at_once(
    resting: tuple[Application, Running],
) -> None:
    podinfo, _ = resting
    podinfo.kubectl("delete", "canary", "podinfo")
    # when
    podinfo.kubectl.apply(documents.canary(podinfo.namespace))
    # then
    podinfo.until_phase("Initialized", seconds=90)


@pytest.fixture(scope="module")
def resting(ground: Ground, unused: Iterator[str]) -> Iterator[tuple[Application, Running]]:
    """An application at rest, and a driver that looks after it."""
    podinfo = adopted(ground, next(unused))
    with ground.begun("run", "--env", "dev", "--output", "text") as driver:
        yield podinfo, driver
    podinfo.kubectl("delete", "canary,deployment,apisixroute", "--all", "--wait=false")
