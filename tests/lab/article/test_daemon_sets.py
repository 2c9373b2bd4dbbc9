"""Releases of a DaemonSet: its target rests on no node, and its primary is on each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.article import documents
from tests.lab.article.application import CONTAINER, IMAGE, Application
from tests.lab.article.ground import Ground
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab
IDLE = {"flagger.app/scale-to-zero": "true"}


@pytest.fixture
def podinfo(ground: Ground, namespace: str) -> Iterator[Application]:
    """podinfo 6.0.0 on each node, under a Canary that is checked twice by its Service."""
    application = Application(ground, namespace)
    application.kubectl.apply(daemon_set(namespace), canary(namespace))
    application.release()
    yield application
    ground.kubectl(namespace)("delete", "canary,daemonset", "--all", "--wait=false")


def daemon_set(namespace: str) -> documents.Document:
    made = documents.counted_deployment(namespace)
    del made["spec"]["replicas"]
    return {**made, "kind": "DaemonSet"}


def canary(namespace: str) -> documents.Document:
    made = documents.canary_by_service(namespace, iterations=2)
    made["spec"]["targetRef"]["kind"] = "DaemonSet"
    return made


def test_a_release_of_a_daemon_set_is_promoted(podinfo: Application) -> None:
    # given
    eventually(lambda: nodes(podinfo, "podinfo") == (IDLE, 0), 30)
    assert nodes(podinfo, "podinfo-primary") == ({}, 1)
    podinfo.kubectl("set", "image", "daemonset/podinfo", f"{CONTAINER}={IMAGE}:6.0.1")
    # when
    podinfo.release()
    # then
    assert image(podinfo, "podinfo-primary") == f"{IMAGE}:6.0.1"
    eventually(lambda: nodes(podinfo, "podinfo") == (IDLE, 0), 30)
    assert nodes(podinfo, "podinfo-primary") == ({}, 1)
    assert any("takes all pods of podinfo-primary" in text for text in podinfo.said)  # there is one node
    assert not [text for text in podinfo.said if "put back" in text]


def nodes(podinfo: Application, name: str) -> tuple[documents.Document, int]:
    """What nodes its pods ask for, and on how many they are available."""
    live = podinfo.kubectl.get("daemonset", name)
    selector = live["spec"]["template"]["spec"].get("nodeSelector") or {}
    return selector, live["status"].get("numberAvailable", 0)


def image(podinfo: Application, name: str) -> str:
    [container] = podinfo.kubectl.get("daemonset", name)["spec"]["template"]["spec"]["containers"]
    return str(container["image"])
