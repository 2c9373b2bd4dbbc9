"""What goes over the wire, how one authenticates, and what becomes of refusals."""

from __future__ import annotations

import ssl
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from engine.kubernetes.client import ApiError, Client, Unreachable
from engine.kubernetes.cluster import Cluster, Write
from engine.kubernetes.kubeconfig import Source
from tests.engine.kubernetes.loopback import Answer, Loopback, serving


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


def client(server: Loopback, user: dict[str, Any] | None = None) -> Client:
    return Client(Source(server.kubeconfig(user)))


def cluster(server: Loopback) -> Cluster:
    return Cluster(Source(server.kubeconfig()))


BODY = {"kind": "ConfigMap", "metadata": {"name": "x"}}
WIRE = '{"kind":"ConfigMap","metadata":{"name":"x"}}'
QUERY = "fieldManager=m&fieldValidation=Warn"


def test_every_verb_is_one_request(server: Loopback) -> None:
    collection = cluster(server).collection("v1", "ConfigMap", "n")
    how = Write("m")
    collection.get("x")
    collection.select({"labelSelector": "a=b"})
    collection.create(BODY, how)
    collection.replace("x", BODY, how)
    collection.apply("x", BODY, how)
    collection.apply("x", BODY, Write("m", dry_run=True, force=True))
    collection.merge("x", {"data": None}, how)
    collection.edit("x", [{"op": "remove", "path": "/a"}])
    collection.delete("x", "Foreground")
    path = "/api/v1/namespaces/n/configmaps"
    assert server.requests == [
        f"GET {path}/x",
        f"GET {path}?labelSelector=a%3Db",
        f"POST {path}?{QUERY}\n{WIRE}",
        f"PUT {path}/x?{QUERY}\n{WIRE}",
        f"PATCH {path}/x?{QUERY}&force=false\n{WIRE}",
        f"PATCH {path}/x?{QUERY}&dryRun=All&force=true\n{WIRE}",
        f'PATCH {path}/x?{QUERY}\n{{"data":null}}',
        f'PATCH {path}/x\n[{{"op":"remove","path":"/a"}}]',
        f"DELETE {path}/x?propagationPolicy=Foreground",
    ]
    types = [headers["Content-Type"] for headers in server.headers]
    assert types[2:8] == [
        "application/json",
        "application/json",
        "application/apply-patch+yaml",
        "application/apply-patch+yaml",
        "application/merge-patch+json",
        "application/json-patch+json",
    ]


def test_warnings_of_the_server_are_handed_on(server: Loopback) -> None:
    server.answers = [Answer(headers={"Warning": '299 - "unknown field \\"spec.x\\""'})]
    heard: list[str] = []
    client(server).request("POST", "/x", warn=heard.append)
    assert heard == ['unknown field "spec.x"']


def test_a_watch_yields_its_events(server: Loopback) -> None:
    events = [{"type": "ADDED", "object": {"a": 1}}, {"type": "BOOKMARK", "object": {}}]
    server.answers = [Answer(events)]
    stream = cluster(server).collection("v1", "Pod", "n").watch({"resourceVersion": "7"})
    assert list(stream) == events
    assert server.requests == [
        "GET /api/v1/namespaces/n/pods?watch=true&allowWatchBookmarks=true&resourceVersion=7"
    ]


@pytest.mark.parametrize(
    ("user", "header"),
    [
        pytest.param({"token": "t"}, "Bearer t", id="token"),
        pytest.param({"username": "u", "password": "p"}, "Basic dTpw", id="password"),
        pytest.param({}, None, id="anonymous"),
    ],
)
def test_users_of_a_kubeconfig(server: Loopback, user: dict[str, Any], header: str | None) -> None:
    client(server, user).request("GET", "/version")
    assert server.headers[0].get("Authorization") == header


def plugin(folder: Path, script: str) -> dict[str, Any]:
    """A user whose credentials come from a program."""
    path = folder / "plugin.py"
    path.write_text(script)
    arguments = {"command": sys.executable, "args": [str(path)]}
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", **arguments}}


COUNTING = """
import json, pathlib
count = pathlib.Path(__file__).with_name("count")
number = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(number))
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                  "status": {"token": f"token-{number}"}}))
"""


def test_credentials_come_from_a_plugin_once(server: Loopback, tmp_path: Path) -> None:
    connected = client(server, plugin(tmp_path, COUNTING))
    connected.request("GET", "/a")
    connected.request("GET", "/b")
    assert [headers["Authorization"] for headers in server.headers] == ["Bearer token-1"] * 2


def test_credentials_that_are_refused_are_renewed_once(server: Loopback, tmp_path: Path) -> None:
    server.answers = [Answer(status=401), Answer({"a": 1}), Answer({"message": "Unauthorized"}, 401)]
    connected = client(server, plugin(tmp_path, COUNTING))
    assert connected.request("GET", "/a") == {"a": 1}
    with pytest.raises(ApiError, match="does not accept these credentials"):
        connected.request("GET", "/b")
    assert len(server.requests) == 4


def test_a_plugin_that_fails_makes_the_cluster_unreachable(server: Loopback, tmp_path: Path) -> None:
    connected = client(server, plugin(tmp_path, "raise SystemExit(3)"))
    with pytest.raises(Unreachable, match=r"the credential plugin .* gave no credentials"):
        connected.request("GET", "/version")


def test_certificates_prove_both_sides(tmp_path: Path) -> None:
    authority, root = trustme.CA(), tmp_path / "ca.crt"
    authority.cert_pem.write_to_path(root)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.configure_trust(tls)
    tls.verify_mode = ssl.CERT_REQUIRED
    issued, both = authority.issue_cert("client"), tmp_path / "client.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(both)
    user = {"client-certificate": str(both), "client-key": str(both)}
    with serving(tls) as server:
        trusted = {"certificate-authority": str(root)}
        Client(Source(server.kubeconfig(user, **trusted))).request("GET", "/version")
        Client(Source(server.kubeconfig(user, **{"insecure-skip-tls-verify": True}))).request(
            "GET", "/version"
        )
        assert server.requests == ["GET /version"] * 2
        with pytest.raises(Unreachable, match="certificate verify failed"):
            Client(Source(server.kubeconfig(user))).request("GET", "/version")


def test_nobody_listening_is_unreachable() -> None:
    with serving() as server:
        source = Source(server.kubeconfig())
    with pytest.raises(Unreachable) as caught:
        Client(source).request("GET", "/version")
    assert str(caught.value).startswith(f"configured Kubernetes cluster is unreachable: {server.url}: ")
    assert "Connection refused" in str(caught.value)


def test_a_missing_kubeconfig_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="cluster is unreachable: there is no kubeconfig at /nowhere"):
        Client(Source("/nowhere")).request("GET", "/version")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(
            Answer({"message": 'pods "x" not found', "details": {"name": "x"}}, 404),
            'pods "x" not found',
            id="object",
        ),
        pytest.param(Answer("404 page not found\n", 404), r"404 page not found \(GET /x\)", id="path"),
        pytest.param(Answer({"message": "no"}, 403), "no .*kubectl auth can-i", id="forbidden"),
        pytest.param(Answer("<html>", 502), r"<html> \(GET /x\)", id="proxy"),
        pytest.param(Answer("", 500), "Internal Server Error", id="silent"),
    ],
)
def test_refusals_say_what_and_what_next(server: Loopback, answer: Answer, says: str) -> None:
    server.answers = [answer]
    with pytest.raises(ApiError, match=says) as caught:
        client(server).request("GET", "/x")
    assert caught.value.status == answer.status


def test_what_is_not_there_is_none(server: Loopback) -> None:
    server.answers = [Answer(status=404)]
    assert client(server).find("/x") is None


def test_a_throttled_request_waits_its_turn(server: Loopback) -> None:
    server.answers = [Answer(status=429, headers={"Retry-After": "0"}), Answer({"a": 1})]
    assert client(server).request("POST", "/x", body={}) == {"a": 1}
    assert server.requests == ["POST /x\n{}"] * 2


def test_parallel_requests_share_the_client(server: Loopback) -> None:
    connected = client(server)
    threads = [threading.Thread(target=connected.request, args=("GET", f"/{number}")) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(server.requests) == sorted(f"GET /{number}" for number in range(16))
