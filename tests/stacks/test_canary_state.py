"""A release read from an API server: real requests to a loopback server that holds some objects."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from stacks import canary_state
from stacks.cluster import Unreachable, connect
from tests.components import documents

CANARIES = "/apis/flagger.app/v1beta1/namespaces/test/canaries"
PLACED = {"attempt": "a1", "apex": "primary", "split": {"primary": 100, "canary": 0}, "revision": "aa"}


class ApiServer:
    """Answers GETs of the objects that it holds; collections are found by the path before the name."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {"/api/v1/namespaces/kube-system": {"metadata": {"uid": "cluster-1"}}}
        self.collections: dict[tuple[str, str], list[Any]] = {}
        self.refuse = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                selector = parse_qs(parts.query).get("labelSelector", [""])[0]
                answer = outer.objects.get(parts.path)
                if answer is None and (parts.path, selector) in outer.collections:
                    answer = {"items": outer.collections[parts.path, selector]}
                status = outer.refuse or (200 if answer is not None else 404)
                body = json.dumps(answer or {"message": "no"}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def server() -> Iterator[ApiServer]:
    made = ApiServer()
    yield made
    made.close()


@pytest.fixture
def kubeconfig(server: ApiServer, tmp_path: Path) -> str:
    path = tmp_path / "kubeconfig"
    config = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server.address}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
    path.write_text(yaml.safe_dump(config))
    return str(path)


def test_no_canary_is_no_rollout(kubeconfig: str) -> None:
    assert canary_state.read(kubeconfig, None, "test", "podinfo") is None


def test_a_rollout_holds_status_revisions_and_what_is_live(server: ApiServer, kubeconfig: str) -> None:
    document = documents.canary_document()
    server.objects |= {
        f"{CANARIES}/podinfo": {**document, "status": {"phase": "Succeeded", "inForce": PLACED}},
        "/apis/apps/v1/namespaces/test/deployments/podinfo": documents.target(),
        "/apis/apisix.apache.org/v2/namespaces/test/apisixroutes/podinfo": documents.route(),
    }
    config = {"metadata": {"name": "settings-12345678"}, "data": {"a": "1"}}
    recorded = [
        {
            "metadata": {"name": f"podinfo-{hash}"},
            "revision": number,
            "data": {"template": {}, "configs": configs},
        }
        for number, (hash, configs) in enumerate(
            {"bb": {}, "aa": {"configmap/settings": "settings-12345678"}}.items()
        )
    ]
    mark = "sluice.delivery/canary=podinfo"
    server.collections |= {
        ("/apis/apps/v1/namespaces/test/controllerrevisions", mark): recorded,
        ("/api/v1/namespaces/test/configmaps", mark): [config],
    }

    read = canary_state.read(kubeconfig, None, "test", "podinfo")

    assert read is not None
    assert read.status.in_force is not None
    assert read.cluster == "cluster-1"
    assert read.newest == "aa"
    assert read.live == canary_state.Live(documents.target(), None, documents.route(), None)
    revision = read.revision("aa")
    assert revision is not None
    assert revision.configs == {"configmap/settings": config}
    assert read.revision("gone") is None
    assert replace(read, configs={}).revision("aa") is None


def test_an_unreachable_cluster_is_an_error_with_a_remedy(server: ApiServer, kubeconfig: str) -> None:
    server.close()
    with pytest.raises(
        Unreachable, match=r"does not answer; check that the cluster runs and that KUBECONFIG names it"
    ):
        canary_state.read(kubeconfig, None, "test", "podinfo")


def test_a_refusing_cluster_is_an_error_with_its_answer(server: ApiServer, kubeconfig: str) -> None:
    server.refuse = 403
    with pytest.raises(Unreachable, match=r"refused to show .*canaries/podinfo: .*\(403\)"):
        canary_state.read(kubeconfig, None, "test", "podinfo")


def test_a_missing_kubeconfig_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="no kubeconfig names a cluster; set KUBECONFIG"):
        connect(str(tmp_path / "none"))
