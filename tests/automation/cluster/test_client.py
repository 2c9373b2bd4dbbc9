"""The cluster adapter and what stands on it, against a loopback server; requests are asserted whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from automation.cluster import reach
from automation.cluster.client import Cluster, Conflict
from automation.core.kinds import CANARY, DEPLOYMENT
from automation.errors import ClusterAway, ClusterRefused
from tests.automation.api import kubeconfig
from tests.automation.loopback import Answer, Loopback, loopback


def connect(server: Loopback, folder: Path) -> Cluster:
    return Cluster.connect(str(kubeconfig(server.url, folder)))


def test_a_merge_patch_names_manager_and_credentials(tmp_path: Path) -> None:
    with loopback(lambda asked: Answer(body={"metadata": {"name": "podinfo"}})) as server:
        cluster = connect(server, tmp_path)
        cluster.patch(CANARY, "test", "podinfo", {"status": {"phase": "Failed"}}, subresource="status")
    asked = server.asked[0]
    assert (asked.method, asked.path) == (
        "PATCH",
        "/apis/flagger.app/v1beta1/namespaces/test/canaries/podinfo/status?fieldManager=sluice",
    )
    assert asked.headers["Content-Type"] == "application/merge-patch+json"
    assert asked.headers["authorization"] == "Bearer secret-token"
    assert json.loads(asked.body) == {"status": {"phase": "Failed"}}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        pytest.param(409, Conflict, id="changed since it was read"),
        pytest.param(403, ClusterRefused, id="no permission"),
        pytest.param(429, ClusterAway, id="too many requests is an absence, not a refusal"),
        pytest.param(503, ClusterAway, id="unavailable"),
    ],
)
def test_answers_become_errors_of_ours(status: int, error: type[Exception], tmp_path: Path) -> None:
    with loopback(lambda asked: Answer(status, {"message": "because"})) as server:
        cluster = connect(server, tmp_path)
        with pytest.raises(error, match="because"):
            cluster.get(DEPLOYMENT, "test", "podinfo")


def test_a_server_that_is_busy_is_asked_again_when_it_says_so(tmp_path: Path) -> None:
    answers = iter([Answer(429, {"message": "storage is (re)initializing"}, headers={"Retry-After": "1"})])
    with loopback(lambda asked: next(answers, Answer(body={"kind": "Canary"}))) as server:
        assert connect(server, tmp_path).get(CANARY, "test", "podinfo") == {"kind": "Canary"}


def test_a_missing_object_is_none(tmp_path: Path) -> None:
    with loopback(lambda asked: Answer(404, {"message": "not found"})) as server:
        assert connect(server, tmp_path).get(DEPLOYMENT, "test", "podinfo") is None


def test_a_server_that_is_away_says_which_and_what_to_try(tmp_path: Path) -> None:
    with loopback(lambda asked: Answer()) as server:
        cluster = connect(server, tmp_path)
    with pytest.raises(ClusterAway, match="did not answer GET") as caught:
        cluster.get(DEPLOYMENT, "test", "podinfo")
    assert "kubeconfig" in caught.value.remedy


def test_no_kubeconfig_names_the_ways_to_have_one(tmp_path: Path) -> None:
    with pytest.raises(ClusterAway, match="no cluster"):
        Cluster.connect(str(tmp_path / "missing"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("hello", id="some text"),
        pytest.param("a: [1", id="broken YAML"),
        pytest.param("{contexts: [], current-context: x}", id="a context that is not there"),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "kubeconfig").write_text(text)
    with pytest.raises(ClusterAway, match="no cluster"):
        Cluster.connect(str(tmp_path / "kubeconfig"))


def test_a_login_page_is_no_answer_of_an_api_server(tmp_path: Path) -> None:
    with loopback(lambda asked: Answer(body="<html>Sign in</html>")) as server:
        cluster = connect(server, tmp_path)
        with pytest.raises(ClusterAway, match="no JSON"):
            cluster.get(DEPLOYMENT, "test", "podinfo")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        pytest.param(
            "http://flagger-prometheus.apisix:9090/api/v1/query?query=up",
            "/api/v1/namespaces/apisix/services/flagger-prometheus:9090/proxy/api/v1/query?query=up",
            id="name and namespace",
        ),
        pytest.param(
            "http://flagger-loadtester.test/",
            "/api/v1/namespaces/test/services/flagger-loadtester:80/proxy/",
            id="default port",
        ),
        pytest.param(
            "https://prometheus.monitoring.svc.cluster.local/x",
            "/api/v1/namespaces/monitoring/services/https:prometheus:443/proxy/x",
            id="full name over TLS",
        ),
        pytest.param("http://prometheus:9090/", None, id="a bare name is nobody's"),
        pytest.param("http://127.0.0.1:9090/", None, id="an address"),
        pytest.param("http://prometheus.example.com/", None, id="a public name"),
    ],
)
def test_in_cluster_names_have_a_service_proxy_path(url: str, path: str | None) -> None:
    assert reach.service_path(url) == path


@pytest.mark.parametrize(
    ("url", "placed"),
    [
        ("http://no-such-service:9090/api", "http://no-such-service.shop:9090/api"),
        ("http://no-such-service.test:9090", "http://no-such-service.test:9090"),
        ("http://localhost:9090", "http://localhost:9090"),
        ("http://127.0.0.1:9090", "http://127.0.0.1:9090"),
    ],
)
def test_a_service_without_a_namespace_is_the_document_s(url: str, placed: str) -> None:
    assert reach.placed(url, "shop") == placed


def test_a_name_that_does_not_resolve_goes_through_the_api_server(tmp_path: Path) -> None:
    with loopback(lambda asked: Answer(body={"status": "success"})) as server:
        session = reach.session(connect(server, tmp_path))
        answer = session.post(
            "http://no-such-service.no-such-namespace:9090/api?x=1", json={"a": 1}, timeout=5
        )
    assert answer.json() == {"status": "success"}
    asked = server.asked[0]
    assert asked.path == "/api/v1/namespaces/no-such-namespace/services/no-such-service:9090/proxy/api?x=1"
    assert asked.headers["authorization"] == "Bearer secret-token"
    assert json.loads(asked.body) == {"a": 1}
