"""Watches: taken up where they ended, started over when that is too old."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.kubernetes.cluster import Cluster, Collection
from engine.kubernetes.kubeconfig import Source
from engine.kubernetes.waits.following import Change, Following
from tests.engine.kubernetes.loopback import Answer, Loopback, serving

PATH = "GET /api/v1/namespaces/n/pods?watch=true&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dx"
QUERY = {"fieldSelector": "metadata.name=x"}


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


def pods(server: Loopback) -> Collection:
    return Cluster(Source(server.kubeconfig())).collection("v1", "Pod", "n")


def event(type: str, version: str) -> dict[str, Any]:
    return {"type": type, "object": {"metadata": {"name": "x", "resourceVersion": version}}}


def changes(following: Following, count: int) -> list[Change]:
    return [following.changes.get(timeout=5) for _ in range(count)]


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
