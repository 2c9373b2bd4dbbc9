"""podinfo in Istio's mesh, as the second article has it."""

from __future__ import annotations

from typing import Any

from examples.story import PROJECT
from lab.binaries import ensure
from tests.lab.article import documents
from tests.lab.article.documents import Document
from tests.lab.article.ground import Ground

MANIFESTS = PROJECT / "examples" / "istio" / "istio.yaml"
NAMESPACE = "istio-system"


def install(ground: Ground) -> str:
    """The address of the ingress gateway."""
    ensure(["pilot-discovery", "envoy"])
    ground.define("istio")
    kubectl = ground.kubectl(NAMESPACE)
    kubectl("apply", "-f", str(MANIFESTS))
    for deployment in ("istiod", "istio-ingressgateway"):
        ground.rolled_out(NAMESPACE, deployment)
    return str(ground.lab.forward("istio-ingressgateway", NAMESPACE, 80))


def shown(namespace: str, **analysis: Any) -> tuple[Document, ...]:
    """What people apply, the namespace's mark included."""
    labels = {"istio-injection": "enabled"}
    marked = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}
    command = f"hey -z 10s -q 10 -c 2 http://podinfo-canary.{namespace}:9898/"
    load = {**documents.load(namespace), "metadata": {"cmd": command}}
    canary = documents.canary(namespace, webhooks=[load], **analysis)
    del canary["spec"]["routeRef"]
    canary["spec"]["provider"] = "istio"
    canary["spec"]["service"] = {
        "port": 9898,
        "targetPort": 9898,
        "gateways": ["public-gateway.istio-system.svc.cluster.local"],
        "hosts": [documents.host(namespace)],
        "trafficPolicy": {"tls": {"mode": "DISABLE"}},
        "retries": {
            "attempts": 3,
            "perTryTimeout": "1s",
            "retryOn": "gateway-error,connect-failure,refused-stream",
        },
    }
    return marked, documents.deployment(namespace), canary
