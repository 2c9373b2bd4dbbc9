"""podinfo behind Traefik's own kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from examples.story import PROJECT
from tests.lab.article import documents
from tests.lab.article.documents import Document
from tests.lab.article.ground import Ground

MANIFESTS = PROJECT / "examples" / "traefik" / "traefik.yaml"
NAMESPACE = "traefik"


def install(ground: Ground) -> str:
    """The address where it takes requests."""
    ground.define("traefik")
    return serving(ground, MANIFESTS)


def serving(ground: Ground, manifests: Path) -> str:
    """The address of Traefik, once it is ready."""
    kubectl = ground.kubectl(NAMESPACE)
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    kubectl("apply", "-f", str(manifests))
    ground.rolled_out(NAMESPACE, "traefik")
    return str(ground.lab.forward("traefik", NAMESPACE, 80))


def shown(namespace: str, **analysis: Any) -> tuple[Document, ...]:
    """What people apply."""
    canary = documents.canary(namespace, webhooks=None, **analysis)
    del canary["spec"]["routeRef"]
    canary["spec"]["provider"] = "traefik"
    rule = {
        "kind": "Rule",
        "match": f"Host(`{documents.host(namespace)}`)",
        "services": [{"name": "podinfo", "kind": "TraefikService", "port": 80}],
    }
    route = {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "IngressRoute",
        "metadata": {"name": "podinfo", "namespace": namespace},
        "spec": {"entryPoints": ["web"], "routes": [rule]},
    }
    return documents.deployment(namespace), route, canary
