"""Watches: taken up where they ended, started over when that is too old."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from engine.kubernetes.call import Call
from engine.kubernetes.cluster import Cluster, Collection
from engine.kubernetes.kubeconfig import Source
from engine.kubernetes.settings import Settings
from engine.kubernetes.waits import NotReady, until_gone, until_ready
from engine.kubernetes.waits.following import Change, Following
from engine.provider import Operation
from tests.engine.kubernetes.loopback import Answer, Loopback, serving

PATH = "GET /api/v1/namespaces/n/pods?watch=true&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dx"
QUERY = {"fieldSelector": "metadata.name=x"}


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


def call(server: Loopback, timeout: float = 5.0, log: list[str] | None = None) -> Call:
    told = [] if log is None else log
    operation = Operation(
        "urn", timeout=timeout, log=lambda severity, message, ephemeral: told.append(message)
    )
    return Call(Cluster(Source(server.kubeconfig())), Settings(), operation)


def pods(server: Loopback) -> Collection:
    return Cluster(Source(server.kubeconfig())).collection("v1", "Pod", "n")


def event(type: str, version: str) -> dict[str, Any]:
    return {"type": type, "object": {"metadata": {"name": "x", "resourceVersion": version}}}


def changes(following: Following, count: int) -> list[Change]:
    deadline = time.monotonic() + 5
    seen: list[Change] = []
    while len(seen) < count and time.monotonic() < deadline:
        change = following.next(deadline)
        seen += [change] if change else []
    return seen


REFUSED = Answer({"message": "no"}, 403)


def test_a_watch_that_ends_is_taken_up_where_it_ended(server: Loopback) -> None:
    first = [event("ADDED", "5"), event("BOOKMARK", "8")]
    server.answers = [Answer(first), Answer([event("DELETED", "9")]), REFUSED]
    with Following() as following:
        following.follow("pod", pods(server), QUERY, "3")
        seen = changes(following, 3)
    assert [(change.name, change.type) for change in seen] == [
        ("pod", "ADDED"),
        ("pod", "DELETED"),
        ("pod", "FAILED"),
    ]
    assert server.requests == [f"{PATH}&resourceVersion={version}" for version in ("3", "8", "9")]


@pytest.mark.parametrize(
    "expired",
    [
        pytest.param(
            Answer([{"type": "ERROR", "object": {"code": 410, "reason": "Expired"}}]), id="in the stream"
        ),
        pytest.param(Answer({"message": "too old resource version"}, 410), id="at once"),
    ],
)
def test_a_watch_that_is_too_old_starts_over(server: Loopback, expired: Answer) -> None:
    server.answers = [expired, Answer([event("ADDED", "20")]), REFUSED]
    with Following() as following:
        following.follow("pod", pods(server), QUERY, "3")
        seen = changes(following, 3)
    assert [change.type for change in seen] == ["RESTARTED", "ADDED", "FAILED"]
    assert server.requests == [f"{PATH}&resourceVersion=3", PATH, f"{PATH}&resourceVersion=20"]


def test_a_refusal_ends_a_watch_and_is_told(server: Loopback) -> None:
    server.answers = [REFUSED]
    with Following() as following:
        following.follow("pod", pods(server), QUERY)
        (change,) = changes(following, 1)
    assert change.error
    assert "kubectl auth can-i" in str(change.error)
    assert len(server.requests) == 1


def test_trouble_of_the_server_is_waited_out(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.kubernetes.waits.following.RETRY_SECONDS", 0.01)
    server.answers = [Answer("", 503), Answer([event("ADDED", "1")]), REFUSED]
    with Following() as following:
        following.follow("pod", pods(server), QUERY)
        assert [change.type for change in changes(following, 2)] == ["ADDED", "FAILED"]


def test_a_deletion_that_was_missed_is_found_by_looking(server: Loopback) -> None:
    live = {"kind": "Pod", "metadata": {"name": "x", "namespace": "n", "uid": "u", "resourceVersion": "5"}}
    looks = [Answer(live), Answer(status=404)]

    def route(request: str) -> Answer:
        if "watch=true" not in request:
            return looks.pop(0)
        expired = {"type": "ERROR", "object": {"code": 410}}
        return Answer([expired]) if "resourceVersion=5" in request else Answer([])

    server.route = route
    until_gone(call(server), pods(server), live)
    assert looks == []


def test_related_objects_that_may_not_be_seen_are_told_of(server: Loopback) -> None:
    status = {"observedGeneration": 1, "conditions": [{"type": "Available", "status": "True"}]}
    metadata = {"name": "x", "namespace": "n", "uid": "u", "generation": 1, "resourceVersion": "5"}
    live = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {}, "status": status}
    server.route = lambda request: Answer([]) if "/deployments" in request else REFUSED
    log: list[str] = []
    with pytest.raises(NotReady) as caught:
        until_ready(call(server, timeout=0.5, log=log), live)
    assert caught.value.reasons[0] == "'x' timed out waiting to be Ready"
    told = sorted(text.split(" can't be watched")[0] for text in log if "can't be watched" in text)
    assert told == ['Deployment "n/x": its pods', 'Deployment "n/x": its replicasets']


def test_an_object_that_may_not_be_watched_is_not_waited_for(server: Loopback) -> None:
    metadata = {"name": "x", "namespace": "n", "resourceVersion": "5"}
    server.answers = [REFUSED]
    with pytest.raises(NotReady, match=r'Pod "n/x" can.t be watched: no .*kubectl auth can-i'):
        until_ready(call(server), {"apiVersion": "v1", "kind": "Pod", "metadata": metadata})
