"""podinfo behind a Gateway that Traefik serves."""

from __future__ import annotations

from typing import Any

from examples.story import PROJECT
from tests.lab.article import documents, traefik
from tests.lab.article.documents import Document
from tests.lab.article.ground import Ground

MANIFESTS = PROJECT / "examples" / "gateway-api" / "gateway.yaml"
NAMESPACE = traefik.NAMESPACE
GATEWAY = {"name": "public", "namespace": NAMESPACE}


def install(ground: Ground) -> str:
    """The address where it takes requests."""
    ground.define("gateway-api")
    address = traefik.serving(ground, MANIFESTS)
    ground.kubectl(NAMESPACE)("wait", "gateway/public", "--for=condition=Programmed", "--timeout=50s")
    return address


def shown(namespace: str, **analysis: Any) -> tuple[Document, ...]:
    """What people apply."""
    canary = documents.canary(namespace, webhooks=None, **analysis)
    del canary["spec"]["routeRef"]
    canary["spec"]["provider"] = "gatewayapi:v1"
    canary["spec"]["service"] |= {"hosts": [documents.host(namespace)], "gatewayRefs": [GATEWAY]}
    deployment = documents.deployment(namespace)
    # What is judged is what the pods count themselves.
    counted = {"prometheus.io/scrape": "true", "prometheus.io/port": "9797"}
    deployment["spec"]["template"]["metadata"]["annotations"] = counted
    return deployment, canary


def of_people(namespace: str) -> tuple[Document, ...]:
    """A Service and a route of the application's name that are there before any Canary is."""
    metadata = {"name": "podinfo", "namespace": namespace}
    ports = [{"name": "http", "port": 80, "targetPort": 9898}]
    service = {"selector": {"app": "podinfo"}, "ports": ports}
    route = {
        "parentRefs": [GATEWAY],
        "hostnames": [documents.host(namespace)],
        "rules": [{"backendRefs": [{"name": "podinfo", "port": 80}]}],
    }
    return (
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service},
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": metadata,
            "spec": route,
        },
    )
