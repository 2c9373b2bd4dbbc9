"""Releases over ingress-nginx: shares, and requests that a header chooses."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from examples.story import PROJECT
from lab.traffic import Traffic
from tests.lab.article import documents
from tests.lab.article.application import Application
from tests.lab.article.ground import Ground
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab

CONTROLLER = PROJECT / "examples" / "nginx-argo" / "ingress-nginx.yaml"
INSIDER = {"x-canary": "insider"}
Document = dict[str, Any]


@dataclass(frozen=True)
class Shop:
    """podinfo behind an Ingress, with a Canary of that name."""

    application: Application
    address: str

    @property
    def host(self) -> str:
        return documents.host(self.application.namespace)

    @contextmanager
    def users(self, rate: int) -> Iterator[Traffic]:
        """Somebody sends requests all the while, and none of them fails."""
        with Traffic(f"http://{self.address}/api/info", self.host, rate=rate) as traffic:
            yield traffic
        assert traffic.total.failed == 0

    def answers(self, count: int, headers: Mapping[str, str] = {}) -> Counter[str]:
        """Which versions answer so many requests."""
        with ThreadPoolExecutor(8) as pool:
            return sum(pool.map(lambda _: self._answers(count // 8, headers), range(8)), Counter())

    def _answers(self, count: int, headers: Mapping[str, str]) -> Counter[str]:
        sent = {"Host": self.host, **headers}
        with requests.Session() as session:
            url = f"http://{self.address}/api/info"
            return Counter(session.get(url, headers=sent, timeout=5).json()["version"] for _ in range(count))


@pytest.fixture(scope="module")
def address(ground: Ground) -> str:
    """Where nginx takes requests."""
    kubectl = ground.kubectl("ingress-nginx")
    kubectl("apply", "-f", str(CONTROLLER))
    kubectl("rollout", "status", "deployment/ingress-nginx-controller", "--timeout=50s")
    return str(ground.lab.forward("ingress-nginx-controller", "ingress-nginx", 80))


@pytest.fixture
def shop(ground: Ground, namespace: str, address: str) -> Iterator[Shop]:
    yield Shop(Application(ground, namespace), address)
    ground.kubectl(namespace)("delete", "canary,deployment,ingress", "--all", "--wait=false")


def begin(shop: Shop, **analysis: Any) -> None:
    namespace = shop.application.namespace
    shop.application.kubectl.apply(
        documents.deployment(namespace), ingress(namespace), canary(namespace, **analysis)
    )
    shop.application.release()
    eventually(lambda: shop.answers(8) == {"6.0.0": 8}, 10)


def ingress(namespace: str) -> Document:
    backend = {"service": {"name": "podinfo", "port": {"number": 80}}}
    rule = {
        "host": documents.host(namespace),
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "podinfo", "namespace": namespace},
        "spec": {"ingressClassName": "nginx", "rules": [rule]},
    }


def canary(namespace: str, **analysis: Any) -> Document:
    document = documents.canary(namespace, webhooks=None, **analysis)
    del document["spec"]["routeRef"]
    document["spec"]["provider"] = "nginx"
    reference = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "podinfo"}
    document["spec"]["ingressRef"] = reference
    return document


def suspend(shop: Shop, suspended: bool) -> None:
    patch = json.dumps({"spec": {"suspend": suspended}})
    shop.application.kubectl("patch", "canary/podinfo", "--type=merge", "-p", patch)


def test_users_are_shared_out_as_the_weights_say_and_lose_no_request(shop: Shop) -> None:
    # given
    podinfo = shop.application
    begin(shop, stepWeight=20, maxWeight=40)
    podinfo.set_image("6.0.1")
    with shop.users(100) as traffic, podinfo.ground.begun(*podinfo.release_command) as driver:
        # when
        eventually(lambda: podinfo.status.get("canaryWeight") == 20, 60, every=0.05)
        suspend(shop, True)
        eventually(lambda: "6.0.1" in shop.answers(40), 10)
        # then
        asked = shop.answers(10_000)
        # Within two points, which is five standard deviations of so many requests.
        assert abs(asked["6.0.1"] / asked.total() - 0.2) < 0.02
        suspend(shop, False)
        assert driver.wait().code == 0
        eventually(lambda: traffic.total.sent >= 3_000, 60)
    assert [text for text in driver.events if "weight" in text][-3:]
    assert shop.answers(80) == {"6.0.1": 80}


def test_chosen_requests_alone_reach_a_canary_that_fails_and_is_taken_back(shop: Shop) -> None:
    # given
    podinfo = shop.application
    chosen = {"headers": {"x-canary": {"exact": "insider"}}}
    begin(shop, stepWeight=None, maxWeight=None, iterations=30, match=[chosen])
    podinfo.set_image("6.0.1")
    with shop.users(50), podinfo.ground.begun(*podinfo.release_command) as driver:
        eventually(lambda: shop.answers(8, INSIDER) == {"6.0.1": 8}, 60)
        assert shop.answers(96, INSIDER) == {"6.0.1": 96}
        assert shop.answers(96) == {"6.0.0": 96}
        # when
        podinfo.ground.lab.fault("podinfo:6.0.1", error_rate=1.0)
        url, sent = f"http://{shop.address}/api/info", {"Host": shop.host, **INSIDER}
        eventually(
            lambda: requests.get(url, headers=sent, timeout=5).ok and podinfo.phase == "Failed",
            60,
            every=0.05,
        )
        # then
        assert driver.wait().code == 20
    assert f"Rolling back podinfo.{podinfo.namespace} failed checks threshold reached 3" in driver.events
    assert shop.answers(96, INSIDER) == {"6.0.0": 96}
