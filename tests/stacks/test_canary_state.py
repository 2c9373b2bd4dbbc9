"""A release read from an API server: real requests to a loopback server that holds some objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from automation.cluster.client import Cluster
from automation.core.kinds import (
    CANARY,
    CONFIG_MAP,
    CONTROLLER_REVISION,
    DEPLOYMENT,
    NAMESPACE,
    Kind,
    Manifest,
)
from gateways.apisix import ROUTE
from stacks import canary_state
from tests.automation.api import kubeconfig
from tests.automation.loopback import Answer, Asked, loopback
from tests.components import documents

PLACED = {"attempt": "a1", "apex": "primary", "split": {"primary": 100, "canary": 0}, "revision": "aa"}
MARK = "labelSelector=sluice.delivery%2Fcanary%3Dpodinfo"


class Held:
    """What the API server holds, by the target of a GET."""

    def __init__(self) -> None:
        self.answers: dict[str, Manifest] = {}
        self.put(NAMESPACE, {"metadata": {"uid": "cluster-1"}}, "kube-system", None)

    def put(self, kind: Kind, body: Manifest, name: str = "podinfo", namespace: str | None = "test") -> None:
        self.answers[kind.path(namespace, name)] = body

    def record(self, kind: Kind, *items: Manifest) -> None:
        self.answers[f"{kind.path('test')}?{MARK}"] = {"metadata": {}, "items": list(items)}

    def respond(self, asked: Asked) -> Answer:
        found = self.answers.get(asked.path)
        return Answer(body=found) if found else Answer(404, {"message": "no"})


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def cluster(held: Held, tmp_path: Path) -> Iterator[Cluster]:
    with loopback(held.respond) as server:
        yield Cluster.connect(str(kubeconfig(server.url, tmp_path)))


def test_no_canary_is_no_rollout(cluster: Cluster) -> None:
    assert canary_state.read(cluster, "test", "podinfo") is None


def test_a_rollout_holds_status_revisions_and_what_is_live(held: Held, cluster: Cluster) -> None:
    document = documents.canary_document()
    held.put(CANARY, {**document, "status": {"phase": "Succeeded", "inForce": PLACED}})
    held.put(DEPLOYMENT, documents.target())
    held.put(ROUTE, documents.route())
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings-12345678"},
        "data": {"a": "1"},
    }
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
    held.record(CONTROLLER_REVISION, *recorded)
    held.record(CONFIG_MAP, config)

    read = canary_state.read(cluster, "test", "podinfo")

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
