"""The live copy that ticks look at: listed, followed, and never older than what the driver wrote itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automation.cluster.client import Cluster
from automation.cluster.observer import REMEMBERED
from automation.cluster.watches import Watches
from automation.core.kinds import DEPLOYMENT, SECRET
from automation.core.revision_hash import config_checksum
from automation.errors import ClusterRefused
from tests.automation.api import kubeconfig
from tests.automation.loopback import Answer, Asked, Loopback, loopback

KINDS_OF_A_LIST = {"apiVersion": "apps/v1", "kind": "Deployment"}


def connect(server: Loopback, folder: Path) -> Cluster:
    return Cluster.connect(str(kubeconfig(server.url, folder)))


def deployment(name: str, version: int) -> dict[str, Any]:
    return {"metadata": {"namespace": "test", "name": name, "resourceVersion": str(version)}}


def test_a_watch_lists_follows_and_sees_own_writes(tmp_path: Path) -> None:
    streamed = threading.Event()

    def respond(asked: Asked) -> Answer:
        if "watch=true" not in asked.path:
            return Answer(body={"metadata": {"resourceVersion": "5"}, "items": [deployment("one", 3)]})
        if "resourceVersion=5" in asked.path:
            lines = (
                {"type": "ADDED", "object": deployment("two", 6)},
                {"type": "DELETED", "object": deployment("one", 7)},
            )
            return Answer(lines=lines)
        streamed.set()
        threading.Event().wait(0.2)
        return Answer(lines=({"type": "BOOKMARK", "object": deployment("", 8)},))

    with loopback(respond) as server:
        watches = Watches(connect(server, tmp_path), [DEPLOYMENT], "test")
        watches.start(5)
        assert streamed.wait(5)
        names = [thing["metadata"]["name"] for thing in watches.all(DEPLOYMENT)]
        watches.put(DEPLOYMENT, deployment("two", 4))
        old = watches.get(DEPLOYMENT, "test", "two")
        watches.put(DEPLOYMENT, deployment("two", 9))
        new = watches.get(DEPLOYMENT, "test", "two")
        watches.stop()
    assert names == ["two"]
    assert old is not None
    assert old["metadata"]["resourceVersion"] == "6"
    assert new is not None
    assert new["metadata"]["resourceVersion"] == "9"


def test_an_expired_watch_lists_again(tmp_path: Path) -> None:
    lists = []
    listed_twice = threading.Event()

    def respond(asked: Asked) -> Answer:
        if "watch=true" in asked.path:
            return Answer(410, {"message": "too old"})
        lists.append(asked)
        if len(lists) == 2:
            listed_twice.set()
        return Answer(body={"metadata": {"resourceVersion": "5"}, "items": []})

    with loopback(respond) as server:
        watches = Watches(connect(server, tmp_path), [DEPLOYMENT], "test")
        watches.start(5)
        assert listed_twice.wait(5)
        watches.stop()


def until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_the_stream_brings_late_does_not_undo_an_own_write(tmp_path: Path) -> None:
    go = threading.Event()

    def respond(asked: Asked) -> Answer:
        if "watch=true" not in asked.path:
            return Answer(body={"metadata": {"resourceVersion": "5"}, "items": [deployment("one", 3)]})
        go.wait(5)
        if "resourceVersion=5" in asked.path:
            late = ({"type": "MODIFIED", "object": deployment("one", version)} for version in (6, 7))
            return Answer(lines=(*late, {"type": "ADDED", "object": deployment("two", 9)}))
        return Answer(lines=())

    with loopback(respond) as server:
        watches = Watches(connect(server, tmp_path), [DEPLOYMENT], "test")
        watches.start(5)
        watches.put(DEPLOYMENT, deployment("one", 8))
        go.set()
        until(lambda: watches.get(DEPLOYMENT, "test", "two") is not None)
        one = watches.get(DEPLOYMENT, "test", "one")
        watches.stop()
    assert one == deployment("one", 8)


def test_an_answer_that_was_overtaken_by_a_deletion_brings_nothing_back(tmp_path: Path) -> None:
    def respond(asked: Asked) -> Answer:
        if "watch=true" not in asked.path:
            return Answer(body={"metadata": {"resourceVersion": "5"}, "items": [deployment("one", 3)]})
        if "resourceVersion=5" in asked.path:
            return Answer(lines=({"type": "DELETED", "object": deployment("one", 7)},))
        threading.Event().wait(0.2)
        return Answer(lines=())

    with loopback(respond) as server:
        watches = Watches(connect(server, tmp_path), [DEPLOYMENT], "test")
        watches.start(5)
        until(lambda: not watches.all(DEPLOYMENT))
        watches.put(DEPLOYMENT, deployment("one", 6))
        ghost = watches.get(DEPLOYMENT, "test", "one")
        watches.put(DEPLOYMENT, deployment("one", 8))
        anew = watches.get(DEPLOYMENT, "test", "one")
        watches.stop()
    assert ghost is None
    assert anew == deployment("one", 8)


def test_a_watch_outlives_garbage_on_its_stream(tmp_path: Path) -> None:
    streams: list[Asked] = []

    def respond(asked: Asked) -> Answer:
        if "watch=true" not in asked.path:
            return Answer(body={"metadata": {"resourceVersion": "5"}, "items": []})
        streams.append(asked)
        if len(streams) == 1:
            return Answer(body='{"type": "ADDED", "obj')
        return Answer(lines=({"type": "ADDED", "object": deployment("one", 6)},))

    with loopback(respond) as server:
        watches = Watches(connect(server, tmp_path), [DEPLOYMENT], "test")
        watches.start(5)
        until(lambda: watches.get(DEPLOYMENT, "test", "one") is not None)
        watches.stop()
    assert len(streams) > 1


def test_a_server_that_ends_each_watch_at_once_is_not_asked_in_a_circle(tmp_path: Path) -> None:
    def respond(asked: Asked) -> Answer:
        if "watch=true" in asked.path:
            return Answer(lines=())
        return Answer(body={"metadata": {"resourceVersion": "5"}, "items": []})

    with loopback(respond) as server:
        watches = Watches(connect(server, tmp_path), [DEPLOYMENT], "test")
        watches.start(5)
        begun = time.monotonic()
        until(lambda: len(server.asked) > 4)
        took = time.monotonic() - begun
        watches.stop()
    assert took > 0.3


def test_a_kind_that_the_cluster_does_not_have_holds_nobody_up(tmp_path: Path) -> None:
    with loopback(lambda asked: Answer(404, {"message": "the server could not find it"})) as server:
        watches = Watches(connect(server, tmp_path), [DEPLOYMENT], "test")
        watches.start(5)
        assert watches.all(DEPLOYMENT) == []
        watches.stop()


def test_only_the_namespaces_that_were_named_are_asked_for(tmp_path: Path) -> None:
    def respond(asked: Asked) -> Answer:
        if "/namespaces/" not in asked.path:
            return Answer(403, {"message": "deployments is forbidden at the cluster scope"})
        if "watch=true" in asked.path:
            threading.Event().wait(0.2)
            return Answer(lines=())
        return Answer(body={"metadata": {"resourceVersion": "5"}, "items": [deployment("one", 3)]})

    with loopback(respond) as server:
        watches = Watches(connect(server, tmp_path), [DEPLOYMENT], least=["test", "shop"])
        watches.start(5)
        assert watches.get(DEPLOYMENT, "test", "one") == deployment("one", 3) | KINDS_OF_A_LIST
        assert watches.get(DEPLOYMENT, "elsewhere", "one") is None
        watches.stop()
    in_namespaces = [asked.path for asked in server.asked if "/namespaces/" in asked.path]
    assert {path.split("/")[5] for path in in_namespaces} == {"test", "shop"}


def test_who_may_not_look_is_told_so(tmp_path: Path) -> None:
    with loopback(lambda asked: Answer(403, {"message": "deployments is forbidden"})) as server:
        watches = Watches(connect(server, tmp_path), [DEPLOYMENT], "test")
        with pytest.raises(ClusterRefused, match="deployments is forbidden"):
            watches.start(0.5)
        watches.stop()


def test_all_namespaces_share_one_watch(tmp_path: Path) -> None:
    heard: list[str] = []

    def respond(asked: Asked) -> Answer:
        if "watch=true" in asked.path:
            threading.Event().wait(0.2)
            return Answer(lines=())
        elsewhere = deployment("two", 4)
        elsewhere["metadata"] = {**elsewhere["metadata"], "namespace": "elsewhere"}
        return Answer(body={"metadata": {"resourceVersion": "5"}, "items": [deployment("one", 3), elsewhere]})

    with loopback(respond) as server:
        watches = Watches(
            connect(server, tmp_path),
            [DEPLOYMENT],
            least=["test", "shop"],
            changed=lambda kind, thing: heard.append(thing["metadata"]["name"]),
        )
        # Threads of watches that were stopped elsewhere end with the request that they are in.
        before = set(threading.enumerate())
        watches.start(5)
        names = [thread.name for thread in set(threading.enumerate()) - before]
        assert names.count("watch-deployments") == 1
        assert [thing["metadata"]["name"] for thing in watches.all(DEPLOYMENT)] == ["one", "two"]
        assert watches.get(DEPLOYMENT, "elsewhere", "two") is not None
        watches.stop()
    assert heard == ["one", "two"]


def test_what_is_kept_of_an_object_is_for_its_kind_to_say(tmp_path: Path) -> None:
    secret = {
        "metadata": {"namespace": "test", "name": "s", "resourceVersion": "3"},
        "data": {"k": "bG9uZw=="},
    }

    def respond(asked: Asked) -> Answer:
        if "watch=true" in asked.path:
            threading.Event().wait(0.2)
            return Answer(lines=())
        return Answer(body={"metadata": {"resourceVersion": "5"}, "items": [secret]})

    with loopback(respond) as server:
        watches = Watches(connect(server, tmp_path), [SECRET], "test", kept=REMEMBERED)
        watches.start(5)
        kept = watches.get(SECRET, "test", "s")
        watches.stop()
    assert kept is not None
    assert (kept["checksum"], "data" in kept) == (config_checksum(secret), False)
