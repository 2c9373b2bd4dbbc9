"""The second article as it was told: the mesh's objects are in a cluster of their own, pods follow the requests, and an
own metric of another namespace decides."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from automation.cluster.client import Cluster, WatchExpired
from automation.core.kinds import EVERYWHERE, Kind
from automation.errors import ClusterAway
from examples.story import PROJECT
from gateways.istio import DESTINATION_RULE, VIRTUAL_SERVICE
from lab import Lab
from lab.definitions import definitions
from lab.traffic import Traffic
from tests.lab.article import documents, mesh
from tests.lab.article.application import Application
from tests.lab.article.documents import Document
from tests.lab.article.ground import Ground
from tests.lab.deadline import eventually
from tests.lab.kubectl import Kubectl

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

FILES = PROJECT / "examples" / "istio"
PROMETHEUS = "http://flagger-prometheus.apisix:9090"
NOT_FOUND = {
    "name": "404s percentage",
    "templateRef": {"name": "not-found-percentage", "namespace": mesh.NAMESPACE},
    "thresholdRange": {"max": 5},
    "interval": "5s",
}


class ControlPlane:
    """Hands what is configured in the mesh's cluster to the istiod of the workload's, as a managed mesh does."""

    def __init__(self, configured: Cluster, served: Cluster) -> None:
        self._configured, self._served = configured, served

    @contextmanager
    def running(self, *kinds: Kind) -> Iterator[None]:
        for kind in kinds:
            threading.Thread(target=self._follow, args=(kind,), daemon=True).start()
        yield
        self._configured.session.close()

    def _follow(self, kind: Kind) -> None:
        with suppress(ClusterAway, OSError):  # the cluster goes under it
            while True:
                found, since = self._configured.list_page(kind, EVERYWHERE)
                for thing in found:
                    self._hand_over(kind, "ADDED", thing)
                with suppress(WatchExpired):
                    for event, thing in self._configured.watch(kind, EVERYWHERE, since):
                        self._hand_over(kind, event, thing)

    def _hand_over(self, kind: Kind, event: str, thing: Document) -> None:
        metadata = thing["metadata"]
        if event == "DELETED":
            self._served.delete(kind, metadata["namespace"], metadata["name"])
        elif event != "BOOKMARK":
            named = {key: metadata[key] for key in ("name", "namespace")}
            body = {
                "apiVersion": kind.api_version,
                "kind": kind.kind,
                "metadata": named,
                "spec": thing["spec"],
            }
            self._served.apply(kind, body)


@pytest.fixture
def elsewhere(ground: Ground, namespace: str) -> Iterator[Kubectl]:
    """The mesh's cluster, whose API server has Istio's kinds and nothing that runs."""
    lab = Lab.up(f"mesh-{os.getpid()}")
    try:
        kubectl = Kubectl(lab.kubeconfig, namespace)
        kubectl("create", "namespace", namespace)
        kinds = ground.project / "mesh-kinds.yaml"
        kinds.write_text(definitions("istio"))
        kubectl("apply", "--server-side", "-f", str(kinds))
        clusters = [Cluster.connect(str(one.kubeconfig)) for one in (lab, ground.lab)]
        with ControlPlane(*clusters).running(VIRTUAL_SERVICE, DESTINATION_RULE):
            yield kubectl
    finally:
        lab.down()


@pytest.fixture
def gateway(ground: Ground) -> Iterator[str]:
    yield mesh.install(ground)
    ground.kubectl(mesh.NAMESPACE)("delete", "-f", str(mesh.MANIFESTS), "--wait=false")


def placed(name: str, namespace: str) -> list[Document]:
    """The documents of a file of the example, for another namespace and the Prometheus of this lab."""
    text = (FILES / name).read_text().replace("http://prometheus.istio-system:9090", PROMETHEUS)
    text = text.replace(
        'destination_workload_namespace="test"', f'destination_workload_namespace="{namespace}"'
    )
    text = text.replace("[1m]", "[5s]").replace("namespace: test", f"namespace: {namespace}")
    return list(yaml.safe_load_all(text))


def weights(kubectl: Kubectl) -> dict[str, int]:
    """Those of the mesh's VirtualService."""
    [rule] = kubectl.get("virtualservice", "podinfo")["spec"]["http"]
    return {route["destination"]["host"]: route.get("weight", 100) for route in rule["route"]}


def shown(namespace: str) -> list[Document]:
    *others, canary = mesh.shown(namespace, stepWeight=10, maxWeight=50, interval="3s")
    canary["spec"]["analysis"]["metrics"].append(NOT_FOUND)
    canary["spec"]["autoscalerRef"] = {
        "apiVersion": "autoscaling/v2beta2",
        "kind": "HorizontalPodAutoscaler",
        "name": "podinfo-total",
    }
    return [*others, *placed("requests-total-hpa.yaml", namespace), canary]


def test_pods_follow_the_requests_while_a_mesh_elsewhere_shifts_them(
    ground: Ground, namespace: str, elsewhere: Kubectl, gateway: str, tmp_path: Path
) -> None:
    # given
    for name in ("metrics-adapter.yaml", "metrics-404.yaml"):
        ground.kubectl(mesh.NAMESPACE).apply(*placed(name, namespace))
    settings: dict[str, Any] = {"cluster": {"mesh": {"kubeconfig": str(elsewhere.kubeconfig)}}}
    podinfo = Application(ground.configured(tmp_path, **settings), namespace)
    podinfo.kubectl.apply(*shown(namespace))
    podinfo.release()
    assert weights(elsewhere) == {"podinfo-primary": 100, "podinfo-canary": 0}
    host = documents.host(namespace)
    with Traffic(f"http://{gateway}/api/info", host, rate=40) as users:
        eventually(lambda: users.total.sent > users.total.failed, 20)
        # when
        podinfo.set_image("6.0.1")
        with podinfo.ground.begun(*podinfo.release_command) as driver:
            # then
            eventually(lambda: weights(elsewhere)["podinfo-canary"] >= 30, 120)
            eventually(lambda: podinfo.replicas() >= 3, 60)
            assert driver.wait().code == 0, driver.said
    assert podinfo.image("podinfo-primary").endswith(":6.0.1")
    assert podinfo.replicas("podinfo-primary") >= 3
    assert any("404s percentage" in str(step) for step in podinfo.history)
    assert "ownerReferences" not in elsewhere.get("virtualservice", "podinfo")["metadata"]
