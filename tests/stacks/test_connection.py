"""A program's connection, against loopback servers: what a person is told, and for how long an answer is waited for."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from automation.cluster import client
from automation.errors import ClusterAway, ClusterRefused
from stacks import canary_state, connection
from stacks.settings import ClusterSettings
from tests.automation.api import kubeconfig
from tests.automation.loopback import Answer, Asked, Loopback, loopback


def settings(server: Loopback, folder: Path) -> ClusterSettings:
    return ClusterSettings(kubeconfig=str(kubeconfig(server.url, folder)))


def test_a_cluster_that_does_not_answer_is_named_with_a_remedy(tmp_path: Path) -> None:
    with loopback(lambda asked: Answer()) as server:
        cluster = connection.connect(settings(server, tmp_path), read_seconds=5)
    with pytest.raises(ClusterAway) as caught:
        canary_state.read(cluster, "test", "podinfo")
    said = connection.told(caught.value)
    remedy = "check that the cluster runs and that KUBECONFIG names it"
    assert said.startswith(f"the cluster at {server.url} does not answer; {remedy} (HTTPConnectionPool")
    assert "Connection refused" in said


@pytest.mark.parametrize("status", [403, 503])
def test_a_cluster_that_refuses_is_quoted(status: int, tmp_path: Path) -> None:
    with loopback(lambda asked: Answer(status, {"message": "no"})) as server:
        cluster = connection.connect(settings(server, tmp_path), read_seconds=5)
        with pytest.raises((ClusterAway, ClusterRefused)) as caught:
            canary_state.read(cluster, "test", "podinfo")
    path = "/apis/flagger.app/v1beta1/namespaces/test/canaries/podinfo"
    answer = f"no ({status})"
    assert connection.told(caught.value) == f"the cluster at {server.url} refused to show {path}: {answer}"


def test_a_missing_kubeconfig_is_said_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ClusterAway) as caught:
        connection.connect(ClusterSettings(kubeconfig=str(tmp_path / "none")))
    remedy = "set KUBECONFIG, or name one in the settings of the environment"
    assert connection.told(caught.value).startswith(f"no kubeconfig names a cluster; {remedy} (")


def test_anything_else_is_said_as_it_is() -> None:
    assert connection.told(ClusterAway("no JSON", "is there a proxy?")) == "no JSON\nis there a proxy?"


def test_a_program_waits_longer_than_the_driver(tmp_path: Path) -> None:
    assert connection.READ_SECONDS > client.READ_SECONDS
    over = threading.Event()

    def never(asked: Asked) -> Answer:
        over.wait()
        return Answer()

    with loopback(never) as server:
        cluster = connection.connect(settings(server, tmp_path), read_seconds=0.1)
        with pytest.raises(ClusterAway, match=r"read timeout=0.1"):
            canary_state.read(cluster, "test", "podinfo")
        over.set()
