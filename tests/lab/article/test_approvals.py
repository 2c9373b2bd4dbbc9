"""Gates of the load tester: who is to let a release in, more traffic, and a promotion, and how it is called back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.lab.article import documents
from tests.lab.article.application import Application, in_order
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab

TESTER = "http://flagger-loadtester.test"


def hook(kind: str, answer: str) -> dict[str, Any]:
    """One of the gates that always answer alike: `approve` and `halt`."""
    return {"name": kind, "type": kind, "url": f"{TESTER}/gate/{answer}"}


def answered(podinfo: Application, kind: str, answer: str) -> None:
    """From now on the hook of this kind is answered so."""
    hooks = podinfo.canary["spec"]["analysis"]["webhooks"]
    others = [one for one in hooks if one["type"] != kind]
    patch = json.dumps({"spec": {"analysis": {"webhooks": [*others, hook(kind, answer)]}}})
    podinfo.kubectl("patch", "canary/podinfo", "--type=merge", "-p", patch)


def test_a_release_waits_to_be_let_in_and_to_be_promoted(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    gates = [hook("confirm-rollout", "halt"), hook("confirm-promotion", "halt")]
    podinfo = application(webhooks=[documents.load(namespace), *gates])
    podinfo.set_image("6.0.1")
    with podinfo.ground.begun(*podinfo.release_command) as driver:
        podinfo.until_phase("Waiting")
        assert podinfo.replicas() == 0
        # when
        answered(podinfo, "confirm-rollout", "approve")
        # then
        podinfo.until_phase("WaitingPromotion")
        assert podinfo.image("podinfo-primary").endswith(":6.0.0")
        assert podinfo.split == (50, 50)
        # when
        answered(podinfo, "confirm-promotion", "approve")
        # then
        assert driver.wait().code == 0
    assert in_order(
        [
            f"Halt podinfo.{namespace} advancement waiting for approval confirm-rollout",
            "Confirm-rollout check confirm-rollout passed",
            f"Halt podinfo.{namespace} advancement waiting for promotion approval confirm-promotion",
            "Confirm-promotion check confirm-promotion passed",
            f"Copying podinfo.{namespace} template spec to podinfo-primary.{namespace}",
        ],
        driver.events,
    )
    assert podinfo.image("podinfo-primary").endswith(":6.0.1")


def test_somebody_calls_a_release_back(application: Callable[..., Application], namespace: str) -> None:
    # given
    gates = [hook("confirm-traffic-increase", "approve"), hook("rollback", "halt")]
    podinfo = application(webhooks=[documents.load(namespace), *gates])
    podinfo.set_image("6.0.1")
    with podinfo.ground.begun(*podinfo.release_command) as driver:
        podinfo.until_weight(25)
        answered(podinfo, "confirm-traffic-increase", "halt")
        eventually(lambda: driver.heard(".* waiting for traffic increase approval .*"), 30)
        # when
        answered(podinfo, "rollback", "approve")
        # then
        assert driver.wait().code == 20
    assert f"Rolling back podinfo.{namespace} manual webhook invoked" in driver.events
    assert podinfo.split == (100, 0)
    assert podinfo.image("podinfo-primary").endswith(":6.0.0")
