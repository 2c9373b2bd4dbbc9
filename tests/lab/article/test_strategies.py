"""Releases that do more than share requests out: chosen requests alone, everybody at once, copies of requests first,
and users who stay where they were."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import requests

from lab.traffic import Traffic
from tests.lab.article import documents
from tests.lab.article.answers import REQUESTS, answers, until_answered_by
from tests.lab.article.application import Application
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab

INSIDER = {"x-canary": "insider"}
CHOSEN = {"headers": {"x-canary": {"exact": "insider"}}}
NO_STEPS = {"stepWeight": None, "maxWeight": None}
A_STEP = {
    "stepWeight": 30,
    "maxWeight": 30,
    "sessionAffinity": {
        "cookieName": "canary",
        "primaryCookieName": "primary",
        "httpOnly": True,
        "path": "/",
    },
}


def load(namespace: str, *options: str) -> dict[str, Any]:
    hook = documents.load(namespace)
    command = hook["metadata"]["cmd"].replace("hey ", f"hey {' '.join(options)} ", 1)
    return {**hook, "metadata": {"cmd": command}}


@contextmanager
def users(podinfo: Application) -> Iterator[Traffic]:
    """Somebody sends twenty requests a second all the while, and none of them fails."""
    url = f"http://{podinfo.ground.lab.addresses['gateway']}/api/info"
    with Traffic(url, documents.host(podinfo.namespace), rate=20) as traffic:
        yield traffic
    assert (traffic.total.failed, traffic.total.sent > 0) == (0, True)


def mirrored(podinfo: Application) -> bool:
    plugins = podinfo.rule.get("plugins") or ()
    return any(plugin["name"] == "proxy-mirror" for plugin in plugins)


def test_chosen_requests_alone_reach_the_canary_until_it_is_promoted(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    insiders = load(namespace, "-H", "'x-canary: insider'")
    podinfo = application(**NO_STEPS, iterations=12, match=[CHOSEN], webhooks=[insiders])
    podinfo.set_image("6.0.1")
    with users(podinfo), podinfo.ground.begun(*podinfo.release_command) as driver:
        # when
        eventually(lambda: podinfo.status.get("iterations", 0) >= 1, 60, every=0.05)
        until_answered_by(podinfo, "6.0.1", INSIDER)
        # then
        assert answers(podinfo, INSIDER) == {"6.0.1": REQUESTS}
        assert answers(podinfo, {}) == {"6.0.0": REQUESTS}
        assert podinfo.status.get("canaryWeight", 0) == 0
        assert driver.wait().code == 0
    told = [text for text in driver.events if "iteration" in text]
    assert told == [f"Advance podinfo.{namespace} canary iteration {count}/12" for count in range(1, 13)]
    until_answered_by(podinfo, "6.0.1", INSIDER)
    assert answers(podinfo, INSIDER) == answers(podinfo, {}) == {"6.0.1": REQUESTS}


def test_chosen_requests_that_fail_take_the_release_back_and_nobody_else_notices(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    insiders = load(namespace, "-H", "'x-canary: insider'")
    podinfo = application(**NO_STEPS, iterations=20, match=[CHOSEN], webhooks=[insiders])
    podinfo.ground.lab.fault("podinfo:6.0.3", error_rate=1.0)
    podinfo.set_image("6.0.3")
    # when
    with users(podinfo):
        said = podinfo.release("", expect=20)
    # then
    assert f"Rolling back podinfo.{namespace} failed checks threshold reached 3" in said
    until_answered_by(podinfo, "6.0.0", INSIDER)
    assert answers(podinfo, INSIDER) == {"6.0.0": REQUESTS}
    assert podinfo.split == (100, 0)


def test_everybody_is_switched_at_once_after_copies_of_their_requests_were_answered_well(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    podinfo = application(**NO_STEPS, iterations=6, mirror=True)
    podinfo.set_image("6.0.1")
    with users(podinfo), podinfo.ground.begun(*podinfo.release_command) as driver:
        # when
        eventually(lambda: mirrored(podinfo), 60, every=0.05)
        assert answers(podinfo, {}, 20) == {"6.0.0": 20}
        eventually(lambda: podinfo.split == (0, 100), 60, every=0.05)
        # then
        assert not mirrored(podinfo)
        assert driver.wait().code == 0
    assert "Stop traffic mirroring and route all traffic to canary" in driver.events
    assert podinfo.split == (100, 0)
    until_answered_by(podinfo, "6.0.1", {})
    assert answers(podinfo, {}, 20) == {"6.0.1": 20}


@contextmanager
def people() -> Iterator[list[requests.Session]]:
    """Forty users with browsers that have met nobody yet."""
    with ExitStack() as sessions:
        yield [sessions.enter_context(requests.Session()) for _ in range(40)]


def held(podinfo: Application) -> None:
    """Until the gateway leads some to the canary; the release stays there for as long as the story needs."""
    eventually(lambda: podinfo.status.get("canaryWeight") == 30, 60, every=0.05)
    suspend(podinfo, True)
    eventually(lambda: "6.0.1" in strangers(podinfo, 20), 10)


def suspend(podinfo: Application, suspended: bool) -> None:
    patch = json.dumps({"spec": {"suspend": suspended}})
    podinfo.kubectl("patch", "canary/podinfo", "--type=merge", "-p", patch)


def asked(podinfo: Application, session: requests.Session) -> str:
    """The version that answers somebody with these cookies, who keeps those that he is given."""
    url = f"http://{podinfo.ground.lab.addresses['gateway']}/api/info"
    answer = session.get(url, headers={"Host": documents.host(podinfo.namespace)}, timeout=30)
    assert answer.status_code == 200
    return str(answer.json()["version"])


def strangers(podinfo: Application, count: int) -> Counter[str]:
    """Which versions answer so many requests of people who have no cookies."""
    found: Counter[str] = Counter()
    with requests.Session() as session:
        for _ in range(count):
            session.cookies.clear()
            found[asked(podinfo, session)] += 1
    return found


def let_go(podinfo: Application, clients: list[requests.Session], version: str) -> bool:
    """Whether all of them have forgotten the canary, and are answered by the version that is left."""
    answered = {asked(podinfo, client) for client in clients}
    return answered == {version} and not any("canary" in client.cookies for client in clients)


def test_users_stay_where_they_were_until_the_release_is_promoted(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    podinfo = application(interval="8s", **A_STEP)
    podinfo.set_image("6.0.1")
    with people() as clients, users(podinfo), podinfo.ground.begun(*podinfo.release_command) as driver:
        held(podinfo)
        # when
        met = [asked(podinfo, client) for client in clients]
        # then
        assert {client.cookies.keys()[0] for client in clients} == {"canary", "primary"}
        for _ in range(5):
            assert [asked(podinfo, client) for client in clients] == met
        assert podinfo.status["canaryWeight"] == 30
        suspend(podinfo, False)
        assert driver.wait().code == 0
        eventually(lambda: let_go(podinfo, clients, "6.0.1"), 10)


def test_users_on_the_canary_stay_there_until_it_is_taken_back(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    never = {"name": "never", "query": "vector(0)", "thresholdRange": {"min": 1}, "interval": "5s"}
    podinfo = application(interval="2s", threshold=5, metrics=[never], **A_STEP)
    podinfo.set_image("6.0.1")
    with people() as clients, users(podinfo), podinfo.ground.begun(*podinfo.release_command) as driver:
        held(podinfo)
        there = [client for client in clients if asked(podinfo, client) == "6.0.1"]
        # when
        shared = strangers(podinfo, 5000)
        again = Counter(asked(podinfo, client) for client in there for _ in range(5))
        # then
        # Five standard deviations: chance alone goes further once in two million times.
        assert abs(shared["6.0.1"] - 1500) <= 5 * (5000 * 0.3 * 0.7) ** 0.5
        assert again == {"6.0.1": 5 * len(there)}
        assert podinfo.status["canaryWeight"] == 30
        suspend(podinfo, False)
        assert driver.wait().code == 20
        eventually(lambda: let_go(podinfo, clients, "6.0.0"), 10)
