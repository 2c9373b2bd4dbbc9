"""Releases over data planes that carry requests as they do anywhere: shares, and requests that a header chooses."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
import requests

from lab.traffic import Traffic
from tests.lab.article import documents, gateway_api, ingress_nginx, mesh, traefik
from tests.lab.article.application import Application
from tests.lab.article.ground import Ground
from tests.lab.deadline import eventually

pytestmark = [
    pytest.mark.lab,
    pytest.mark.timeout(900),
]  # where nobody has built istiod yet, the first of these does

INSIDER = {"x-canary": "insider"}


@dataclass(frozen=True)
class Shop:
    """podinfo behind a `product`, with a Canary of that name."""

    product: ModuleType
    application: Application
    address: str

    @property
    def host(self) -> str:
        return documents.host(self.application.namespace)

    def open(self, **analysis: Any) -> None:
        podinfo = self.application
        podinfo.kubectl.apply(*self.product.shown(podinfo.namespace, **analysis))
        podinfo.release()
        eventually(lambda: self.answers(8) == {"6.0.0": 8}, 10)

    def suspend(self, suspended: bool) -> None:
        patch = json.dumps({"spec": {"suspend": suspended}})
        self.application.kubectl("patch", "canary/podinfo", "--type=merge", "-p", patch)

    @contextmanager
    def users(self, rate: int) -> Iterator[Traffic]:
        """Somebody sends requests all the while, and none of them fails."""
        with Traffic(f"http://{self.address}/api/info", self.host, rate=rate) as traffic:
            yield traffic
        assert traffic.total.failed == 0

    def ask(self, headers: Mapping[str, str] = {}) -> requests.Response:
        url, sent = f"http://{self.address}/api/info", {"Host": self.host, **headers}
        return requests.get(url, headers=sent, timeout=5)

    @contextmanager
    def people(self) -> Iterator[list[requests.Session]]:
        """Forty users with browsers that have met nobody yet."""
        with ExitStack() as sessions:
            yield [sessions.enter_context(requests.Session()) for _ in range(40)]

    def version_for(self, person: requests.Session) -> str:
        """The version that answers somebody with these cookies, who keeps those that he is given."""
        url = f"http://{self.address}/api/info"
        return str(person.get(url, headers={"Host": self.host}, timeout=5).json()["version"])

    def has_let_go(self, people: list[requests.Session], version: str) -> bool:
        """Whether all of them have forgotten the canary, and are answered by the version that is left."""
        answered = {self.version_for(person) for person in people}
        return answered == {version} and not any("canary" in person.cookies for person in people)

    def answers(self, count: int, headers: Mapping[str, str] = {}) -> Counter[str]:
        """Which versions answer so many requests."""
        with ThreadPoolExecutor(8) as pool:
            return sum(pool.map(lambda _: self._answers(count // 8, headers), range(8)), Counter())

    def _answers(self, count: int, headers: Mapping[str, str]) -> Counter[str]:
        sent = {"Host": self.host, **headers}
        with requests.Session() as session:
            answers = (
                session.get(f"http://{self.address}/api/info", headers=sent, timeout=5) for _ in range(count)
            )
            return Counter(answer.json()["version"] if answer.ok else "none" for answer in answers)


PRODUCTS = {"nginx": ingress_nginx, "istio": mesh, "traefik": traefik, "gateway-api": gateway_api}
ALL, CHOOSING = list(PRODUCTS), ["nginx", "istio", "gateway-api"]
# Traefik answers nobody whose HTTPRoute is to be mirrored.
MIRRORING, KEEPING = ["istio", "traefik"], ["istio", "gateway-api"]
COOKIES = {"cookieName": "canary", "primaryCookieName": "primary", "httpOnly": True, "path": "/"}


@pytest.fixture(scope="module")
def installed(ground: Ground, request: pytest.FixtureRequest) -> Iterator[tuple[ModuleType, str]]:
    """A product, and where it takes requests."""
    product: ModuleType = PRODUCTS[request.param]
    yield product, product.install(ground)
    # It would go on costing what the stories after it need.
    ground.kubectl(product.NAMESPACE)("delete", "-f", str(product.MANIFESTS), "--wait=false")


@pytest.fixture
def shop(ground: Ground, namespace: str, installed: tuple[ModuleType, str]) -> Iterator[Shop]:
    product, address = installed
    yield Shop(product, Application(ground, namespace), address)
    ground.kubectl(namespace)("delete", "canary,deployment,ingress", "--all", "--wait=false")


@pytest.mark.parametrize("installed", ALL, indirect=True)
def test_users_are_shared_out_as_the_weights_say_and_lose_no_request(shop: Shop) -> None:
    # given
    podinfo = shop.application
    shop.open(stepWeight=20, maxWeight=40)
    podinfo.set_image("6.0.1")
    with shop.users(100) as traffic, podinfo.ground.begun(*podinfo.release_command) as driver:
        # when
        eventually(lambda: podinfo.status.get("canaryWeight") == 20, 60, every=0.05)
        shop.suspend(True)
        eventually(lambda: "6.0.1" in shop.answers(40), 10)
        # then
        asked = shop.answers(10_000)
        # Within two points, which is five standard deviations of so many requests.
        assert abs(asked["6.0.1"] / asked.total() - 0.2) < 0.02
        shop.suspend(False)
        assert driver.wait().code == 0
        eventually(lambda: traffic.total.sent >= 3_000, 60)
    assert [text for text in driver.events if "weight" in text][-3:]
    assert shop.answers(80) == {"6.0.1": 80}


@pytest.mark.parametrize("installed", CHOOSING, indirect=True)
def test_chosen_requests_alone_reach_a_canary_that_fails_and_is_taken_back(shop: Shop) -> None:
    # given
    podinfo = shop.application
    chosen = {"headers": {"x-canary": {"exact": "insider"}}}
    shop.open(stepWeight=None, maxWeight=None, iterations=30, match=[chosen])
    podinfo.set_image("6.0.1")
    with shop.users(50), podinfo.ground.begun(*podinfo.release_command) as driver:
        eventually(lambda: shop.answers(8, INSIDER) == {"6.0.1": 8}, 60)
        assert shop.answers(104, INSIDER) == {"6.0.1": 104}
        assert shop.answers(104) == {"6.0.0": 104}
        # when
        podinfo.ground.lab.fault("podinfo:6.0.1", error_rate=1.0)
        eventually(lambda: shop.ask(INSIDER).ok and podinfo.phase == "Failed", 60, every=0.05)
        # then
        assert driver.wait().code == 20
    assert f"Rolling back podinfo.{podinfo.namespace} failed checks threshold reached 3" in driver.events
    assert shop.answers(104, INSIDER) == {"6.0.0": 104}


@pytest.mark.parametrize("installed", MIRRORING, indirect=True)
def test_everybody_is_switched_at_once_after_copies_of_their_requests_were_answered_well(shop: Shop) -> None:
    # given
    podinfo = shop.application
    shop.open(stepWeight=None, maxWeight=None, iterations=12, mirror=True)
    podinfo.set_image("6.0.1")
    with shop.users(50), podinfo.ground.begun(*podinfo.release_command) as driver:
        # when
        eventually(lambda: podinfo.status.get("iterations", 0) >= 3, 60, every=0.05)
        # then
        assert shop.answers(40) == {"6.0.0": 40}
        assert driver.wait().code == 0
    assert "Stop traffic mirroring and route all traffic to canary" in driver.events
    assert shop.answers(80) == {"6.0.1": 80}


@pytest.mark.parametrize("installed", KEEPING, indirect=True)
def test_users_stay_where_they_were_until_the_release_is_promoted(shop: Shop) -> None:
    # given
    podinfo = shop.application
    shop.open(interval="8s", stepWeight=30, maxWeight=30, sessionAffinity=COOKIES)
    podinfo.set_image("6.0.1")
    with shop.people() as people, shop.users(50), podinfo.ground.begun(*podinfo.release_command) as driver:
        eventually(lambda: podinfo.status.get("canaryWeight") == 30, 60, every=0.05)
        shop.suspend(True)
        eventually(lambda: "6.0.1" in shop.answers(40), 10)
        # when
        met = [shop.version_for(person) for person in people]
        # then
        assert set(met) == {"6.0.0", "6.0.1"}
        assert {cookie.name for person in people for cookie in person.cookies} == {"canary", "primary"}
        for _ in range(5):
            assert [shop.version_for(person) for person in people] == met
        shop.suspend(False)
        assert driver.wait().code == 0
        eventually(lambda: shop.has_let_go(people, "6.0.1"), 10)


@pytest.mark.parametrize("installed", ["gateway-api"], indirect=True)
def test_a_route_that_people_made_is_the_release_s_and_theirs_again_and_no_request_is_lost(
    shop: Shop,
) -> None:
    # given
    podinfo = shop.application
    deployment, canary = gateway_api.shown(podinfo.namespace)
    podinfo.kubectl.apply(deployment, *gateway_api.of_people(podinfo.namespace))
    podinfo.kubectl("rollout", "status", "deployment/podinfo", "--timeout=50s")
    eventually(lambda: shop.answers(8) == {"6.0.0": 8}, 10)
    before = podinfo.kubectl.get("httproute", "podinfo")["spec"]
    with shop.users(50):
        # when
        podinfo.kubectl.apply(canary)
        podinfo.release("6.0.1")
        [rule] = podinfo.kubectl.get("httproute", "podinfo")["spec"]["rules"]
        assert [backend["name"] for backend in rule["backendRefs"]] == ["podinfo-primary", "podinfo-canary"]
        podinfo.ground.sluice("retire", "podinfo", "--env", "dev", "-n", podinfo.namespace)
        # then
        eventually(lambda: shop.answers(8) == {"6.0.1": 8}, 10)
    route = podinfo.kubectl.get("httproute", "podinfo")
    assert route["spec"] == before
    assert not any("sluice.delivery" in name for name in route["metadata"].get("annotations") or {})
