"""Whom an alert is sent to, as its AlertProvider and Secret say by then; what they hide is told to nobody."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from automation.core.kinds import ALERT_PROVIDER, SECRET
from automation.errors import ClusterAway
from automation.inmemory.cluster import MemoryCluster
from automation.questions.alerts import sender
from automation.questions.alerts.sender import Sender, Undelivered
from tests.automation.loopback import Answer, loopback
from tests.automation.questions.alerts.messages import message
from tests.core.documents import alert_provider

HIDDEN = "/services/T0/B0/s3cr3t"


def cluster(spec: dict[str, Any] | None = None, secret: dict[str, str] | None = None) -> MemoryCluster:
    made = MemoryCluster()
    metadata = {"name": "on-call", "namespace": "ops"}
    if spec is not None:
        made.put(ALERT_PROVIDER, alert_provider(**spec))
    if secret is not None:
        data = {key: base64.b64encode(value.encode()).decode() for key, value in secret.items()}
        made.put(SECRET, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
    return made


NAMED: dict[str, Any] = {"secretRef": {"name": "on-call"}}


def direct(proxy: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def refusal(made: MemoryCluster) -> Undelivered:
    with pytest.raises(Undelivered) as undelivered:
        Sender(made, direct)(message())
    return undelivered.value


def test_address_and_token_of_a_secret_are_read_at_each_alert() -> None:
    with loopback(lambda asked: Answer(200, "ok")) as first, loopback(lambda asked: Answer(200)) as then:
        made = cluster(NAMED, {"address": first.url + HIDDEN + "\n", "token": "t0\n"})
        send = Sender(made, direct)
        send(message())
        changed = cluster(NAMED, {"address": then.url}).get(SECRET, "ops", "on-call")
        assert changed
        made.put(SECRET, changed)
        send(message())
    (asked,) = first.asked
    assert (asked.path, asked.headers["Authorization"]) == (HIDDEN, "Bearer t0")
    assert "Authorization" not in then.asked[0].headers


def test_what_is_beneath_the_severity_reaches_only_who_keeps_alerts_open() -> None:
    for kind, calls in (("slack", 0), ("alertmanager", 1)):
        with loopback(lambda asked: Answer(200)) as server:
            Sender(cluster({"type": kind, "address": server.url}), direct)(message(beneath=True))
            assert len(server.asked) == calls


def test_a_proxy_is_the_sessions_matter() -> None:
    proxies: list[str] = []

    def through(proxy: str) -> requests.Session:
        proxies.append(proxy)
        return direct(proxy)

    with loopback(lambda asked: Answer(200)) as server:
        Sender(cluster({"address": server.url, "proxy": "http://proxy:3128"}), through)(message())
    assert proxies == ["http://proxy:3128"]


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: cluster(), "it is not there"),
        (lambda: cluster({}), "spec.address: is missing"),
        (lambda: cluster(NAMED), "Secret on-call.ops is not there"),
        (
            lambda: cluster(NAMED, {"token": "t0k3n"}),
            "key address of its Secret on-call.ops holds no address for slack",
        ),
        (lambda: cluster(NAMED, {"address": "h00k"}), "holds no address for slack"),
        (
            lambda: cluster(NAMED, {"address": "http://127.0.0.1:9/a", "token": "t0\nk3n"}),
            "its headers can't be sent",
        ),
    ],
    ids=["no provider", "a refused one", "no Secret", "no address", "garbage", "a broken token"],
)
def test_what_keeps_a_provider_from_being_told(made: Callable[[], MemoryCluster], told: str) -> None:
    failed = refusal(made())
    assert told in str(failed)
    assert "t0" not in str(failed)
    assert "h00k" not in str(failed)
    assert not failed.final


@pytest.mark.parametrize(
    ("status", "final"),
    [(400, True), (413, True), (422, True), (401, False), (404, False), (429, False), (500, False)],
)
def test_what_is_said_hides_address_and_token_and_only_an_unfit_message_is_final(
    status: int, final: bool
) -> None:
    with loopback(
        lambda asked: Answer(status, f"no {asked.path} {asked.headers['Authorization']}")
    ) as server:
        failed = refusal(cluster(NAMED, {"address": server.url + HIDDEN + "?k=v1", "token": "t0k3n"}))
    assert f"Status {status}" in str(failed)
    assert not any(word in str(failed) for word in ("s3cr3t", "k=v1", "t0k3n"))
    assert failed.final is final


def test_a_redirect_does_not_show_where_it_leads_by_the_hidden_path() -> None:
    with loopback(lambda asked: Answer(308, "", headers={"Location": "https://x" + HIDDEN})) as server:
        assert "s3cr3t" not in str(refusal(cluster(NAMED, {"address": server.url + HIDDEN})))


def test_nobody_there_is_told_without_the_address() -> None:
    with loopback(lambda asked: Answer(200)) as server:
        address = server.url + HIDDEN
    assert "s3cr3t" not in str(refusal(cluster(NAMED, {"address": address})))


def test_a_server_that_holds_its_answer_back_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()

    def answer(asked: object) -> Answer:
        held.wait(30)
        return Answer(200)

    monkeypatch.setattr(sender, "LONGEST", 0.05)
    with loopback(answer) as server:
        failed = refusal(cluster({"address": server.url}))
        held.set()
    assert str(failed) == "no answer within 0.05s"


def test_a_cluster_that_is_away_is_told() -> None:
    class Away(MemoryCluster):
        def get(self, *args: Any, **kwargs: Any) -> Any:
            raise ClusterAway("the API server is away")

    failed = refusal(Away())
    assert str(failed) == "the API server is away"
