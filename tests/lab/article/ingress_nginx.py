"""podinfo behind ingress-nginx."""

from __future__ import annotations

from typing import Any

from examples.story import PROJECT
from tests.lab.article import documents
from tests.lab.article.documents import Document
from tests.lab.article.ground import Ground

MANIFESTS = PROJECT / "examples" / "nginx-argo" / "ingress-nginx.yaml"
NAMESPACE = "ingress-nginx"


def install(ground: Ground) -> str:
    """The address where it takes requests."""
    kubectl = ground.kubectl(NAMESPACE)
    kubectl("apply", "-f", str(MANIFESTS))
    ground.rolled_out(NAMESPACE, "ingress-nginx-controller")
    return str(ground.lab.forward("ingress-nginx-controller", NAMESPACE, 80))


def shown(namespace: str, **analysis: Any) -> tuple[Document, ...]:
    """What people apply."""
    canary = documents.canary(namespace, webhooks=None, **analysis)
    del canary["spec"]["routeRef"]
    canary["spec"]["provider"] = "nginx"
    reference = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "podinfo"}
    canary["spec"]["ingressRef"] = reference
    return documents.deployment(namespace), _ingress(namespace), canary


def _ingress(namespace: str) -> Document:
    backend = {"service": {"name": "podinfo", "port": {"number": 80}}}
    rule = {
        "host": documents.host(namespace),
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "podinfo", "namespace": namespace},
        "spec": {"ingressClassName": "nginx", "rules": [rule]},
    }
