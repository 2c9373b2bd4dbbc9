"""Releases where no gateway shares traffic: users are on primary all the time, the canary is checked by its Service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from lab.traffic import Traffic
from tests.lab.article import documents
from tests.lab.article.application import Application
from tests.lab.article.ground import Ground
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab


@pytest.fixture
def podinfo(ground: Ground, namespace: str) -> Iterator[Application]:
    """podinfo 6.0.0, whose pods are asked for their own counts, under a Canary that counts eight checks."""
    application = Application(ground, namespace)
    application.kubectl.apply(
        documents.counted_deployment(namespace), documents.canary_by_service(namespace, iterations=8)
    )
    application.release()
    yield application
    ground.kubectl(namespace)("delete", "canary,deployment", "--all", "--wait=false")


@contextmanager
def users(podinfo: Application) -> Iterator[str]:
    """Somebody sends requests to the apex Service all the while, and none of them fails: its address."""
    address = podinfo.ground.lab.forward("podinfo", podinfo.namespace, 80)
    with Traffic(f"http://{address}/api/info", "podinfo", rate=20) as traffic:
        yield str(address)
    assert traffic.total.failed == 0


def test_users_get_a_version_once_it_was_checked_often_enough(podinfo: Application) -> None:
    # given
    podinfo.set_image("6.0.1")
    with users(podinfo) as address, podinfo.ground.begun(*podinfo.release_command) as driver:
        # when
        eventually(lambda: podinfo.status.get("iterations", 0) >= 2, 60, every=0.05)
        # then
        assert podinfo.image("podinfo-primary").endswith(":6.0.0")
        assert driver.wait().code == 0
        eventually(lambda: version(address) == "6.0.1", 30)
    assert f"Advance podinfo.{podinfo.namespace} canary iteration 8/8" in driver.events
    assert podinfo.replicas() == 0


def test_nobody_meets_a_version_that_fails(podinfo: Application) -> None:
    # given
    podinfo.ground.lab.fault("podinfo:6.0.3", error_rate=1.0)
    podinfo.set_image("6.0.3")
    # when
    with users(podinfo) as address:
        said = podinfo.release("", expect=20)
        # then
        assert version(address) == "6.0.0"
    assert f"Rolling back podinfo.{podinfo.namespace} failed checks threshold reached 3" in said


def version(address: str) -> str:
    """Which one answers a request."""
    return str(requests.get(f"http://{address}/api/info", timeout=5).json()["version"])
