"""Gates of the load tester, and of people: who lets a release in, and a promotion, and how it is called back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.automation.loopback import Answer, Loopback, loopback
from tests.lab.article import documents
from tests.lab.article.application import Application, in_order
from tests.lab.article.ground import Ground
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab

TESTER = "http://flagger-loadtester.test"


def hook(kind: str, gate: str) -> dict[str, Any]:
    """One of the load tester's gates: those that always answer alike (`gate/approve`, `gate/halt`), and those with a
    switch for each Canary (`gate/check`, `rollback/check`), which is off at first."""
    return {"name": kind, "type": kind, "url": f"{TESTER}/{gate}"}


def answered(podinfo: Application, kind: str, gate: str) -> None:
    """From now on the hook of this kind is answered so."""
    hooks = podinfo.canary["spec"]["analysis"]["webhooks"]
    others = [one for one in hooks if one["type"] != kind]
    patch = json.dumps({"spec": {"analysis": {"webhooks": [*others, hook(kind, gate)]}}})
    podinfo.kubectl("patch", "canary/podinfo", "--type=merge", "-p", patch)


def switched(podinfo: Application, switch: str) -> None:
    """Somebody turns a switch on, such as `gate/open`."""
    about = json.dumps({"name": "podinfo", "namespace": podinfo.namespace})
    path = f"/api/v1/namespaces/test/services/flagger-loadtester:80/proxy/{switch}"
    podinfo.kubectl("create", "--raw", path, "-f", "-", stdin=about)


@pytest.fixture
def on_call() -> Iterator[Loopback]:
    """Somebody who hears of alerts."""
    with loopback(lambda asked: Answer(200)) as server:
        yield server


def test_a_release_waits_to_be_let_in_and_to_be_promoted_and_is_cleaned_up_after(
    application: Callable[..., Application], ground: Ground, namespace: str, on_call: Loopback
) -> None:
    # given
    gates = [hook("confirm-rollout", "gate/halt"), hook("confirm-promotion", "gate/check")]
    others = [hook("post-rollout", "gate/approve"), hook("event", "gate/approve")]
    provider = documents.alert_provider(namespace, on_call.url)
    ground.kubectl(namespace)("apply", "-f", "-", stdin=json.dumps(provider))
    alerts = [{"name": "on-call", "severity": "info", "providerRef": {"name": "on-call"}}]
    podinfo = application(webhooks=[documents.load(namespace), *gates, *others], alerts=alerts)
    podinfo.set_image("6.0.1")
    with podinfo.ground.begun(*podinfo.release_command) as driver:
        podinfo.until_phase("Waiting")
        assert podinfo.replicas() == 0
        # when
        answered(podinfo, "confirm-rollout", "gate/approve")
        # then
        podinfo.until_phase("WaitingPromotion")
        assert podinfo.image("podinfo-primary").endswith(":6.0.0")
        assert podinfo.split == (50, 50)
        # when
        switched(podinfo, "gate/open")
        # then
        assert driver.wait().code == 0
    assert in_order(
        [
            f"Halt podinfo.{namespace} advancement waiting for approval confirm-rollout",
            "Confirm-rollout check confirm-rollout passed",
            f"Halt podinfo.{namespace} advancement waiting for promotion approval confirm-promotion",
            "Confirm-promotion check confirm-promotion passed",
            f"Copying podinfo.{namespace} template spec to podinfo-primary.{namespace}",
            "Post-rollout check post-rollout passed",
            f"Promotion completed! Scaling down podinfo.{namespace}",
        ],
        driver.events,
    )
    assert podinfo.image("podinfo-primary").endswith(":6.0.1")
    assert [json.loads(asked.body)["message"] for asked in on_call.asked] == [
        "New Deployment detected, initialization completed.",
        "Canary is waiting for approval.",
        "New revision detected, progressing canary analysis.",
        "Canary promotion is waiting for approval.",
        "Canary analysis completed successfully, promotion finished.",
    ]
    assert "alerts" not in podinfo.status


def test_somebody_calls_a_release_back(application: Callable[..., Application], namespace: str) -> None:
    # given
    gates = [hook("confirm-traffic-increase", "gate/approve"), hook("rollback", "rollback/check")]
    podinfo = application(webhooks=[documents.load(namespace), *gates])
    podinfo.set_image("6.0.1")
    with podinfo.ground.begun(*podinfo.release_command) as driver:
        podinfo.until_weight(25)
        answered(podinfo, "confirm-traffic-increase", "gate/halt")
        eventually(lambda: driver.heard(".* waiting for traffic increase approval .*"), 30)
        # when
        switched(podinfo, "rollback/open")
        # then
        assert driver.wait().code == 20
    assert f"Rolling back podinfo.{namespace} manual webhook invoked" in driver.events
    assert podinfo.split == (100, 0)
    assert podinfo.image("podinfo-primary").endswith(":6.0.0")


def test_a_promotion_is_approved_by_whom_the_cluster_allows_it(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    podinfo = application(gates={"promotion": {"approvals": 1, "authorized": True}})
    podinfo.set_image("6.0.1")
    with podinfo.ground.begun(*podinfo.release_command) as driver:
        podinfo.until_phase("WaitingPromotion")
        # when
        asked = {"verb": "approve", "id": "1", "by": "eve", "gate": "promotion", "reason": "me too"}
        patch = json.dumps({"status": {"request": asked}})
        podinfo.kubectl("patch", "canary/podinfo", "--subresource=status", "--type=merge", "-p", patch)
        # then
        eventually(lambda: driver.heard(".*: eve may not approve canaries/promotion of .*"), 30)
        # when
        podinfo.ground.sluice("approve", "podinfo", "--env", "dev", "-n", namespace, "--reason", "seen")
        # then
        assert driver.wait().code == 0
    approvals = [step["approvals"] for step in podinfo.history if step["kind"] == "promote"]
    assert [approval.endswith(": seen") for approval in approvals[-1]] == [True]
