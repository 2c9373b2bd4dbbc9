"""What a lab's cluster has besides the control plane: the metrics API, served by metrics-server."""

import base64
from typing import Any

from lab.api import Api
from lab.config import Config
from lab.control_plane import METRICS_PORT

NAME = "metrics-server"
NAMESPACE = "kube-system"
USER = "system:metrics-server"
RBAC = "rbac.authorization.k8s.io"

Addressed = tuple[str, dict[str, Any]]
"""The path of a collection, and one object in it."""


def install_addons(api: Api, config: Config) -> None:
    """Apply everything; may be repeated. Raises `ApiError`."""
    for path, document in (*_permissions(), *_service(config), _registration(config)):
        api.apply(f"{path}/{document['metadata']['name']}", document)


def _permissions() -> tuple[Addressed, ...]:
    rules = [
        {"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["pods", "nodes"], "verbs": ["get", "list", "watch"]},
    ]
    role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": USER}, "rules": rules}
    return (
        (f"/apis/{RBAC}/v1/clusterroles", role),
        (f"/apis/{RBAC}/v1/clusterrolebindings", _binding("ClusterRole", USER)),
        (f"/apis/{RBAC}/v1/clusterrolebindings", _binding("ClusterRole", "system:auth-delegator")),
        (
            f"/apis/{RBAC}/v1/namespaces/{NAMESPACE}/rolebindings",
            _binding("Role", "extension-apiserver-authentication-reader"),
        ),
    )


def _binding(kind: str, role: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": f"{kind}Binding",
        "metadata": {"name": f"{NAME}:{role}"},
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": role},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": USER}],
    }


def _service(config: Config) -> tuple[Addressed, ...]:
    """metrics-server is no pod here, so its Service has no selector and its endpoint is written down."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME},
        "spec": {"ports": [{"name": "https", "port": 443, "targetPort": METRICS_PORT}]},
    }
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": NAME, "labels": {"kubernetes.io/service-name": NAME}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [config.node_address], "conditions": {"ready": True}}],
        "ports": [{"name": "https", "port": METRICS_PORT, "protocol": "TCP"}],
    }
    return (
        (f"/api/v1/namespaces/{NAMESPACE}/services", service),
        (f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices", endpoints),
    )


def _registration(config: Config) -> Addressed:
    authority = base64.b64encode((config.ca / "ca.crt").read_bytes()).decode()
    spec = {
        "group": "metrics.k8s.io",
        "version": "v1beta1",
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "caBundle": authority,
        "service": {"name": NAME, "namespace": NAMESPACE, "port": 443},
    }
    document = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1beta1.metrics.k8s.io"},
        "spec": spec,
    }
    return "/apis/apiregistration.k8s.io/v1/apiservices", document
