"""A Deployment with the Service that leads to it: the pair that platform components are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from automation.core.kinds import Manifest


@dataclass(frozen=True)
class Resources:
    """CPU and memory of one container in Kubernetes quantities, such as "100m" and "64Mi"."""

    cpu_request: str
    memory_request: str
    cpu_limit: str
    memory_limit: str

    def manifest(self) -> Manifest:
        return {
            "requests": {"cpu": self.cpu_request, "memory": self.memory_request},
            "limits": {"cpu": self.cpu_limit, "memory": self.memory_limit},
        }


@dataclass(frozen=True)
class Backend:
    """Pods of one kind: `app` names the Deployment and labels its pods."""

    app: str
    namespace: str
    containers: list[Manifest]
    volumes: list[Manifest] = field(default_factory=list)
    service_account: str = ""
    replicas: int = 1
    pod_annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def labels(self) -> dict[str, str]:
        return {"app": self.app, "app.kubernetes.io/name": self.app}

    def deployment(self) -> Manifest:
        pod: Manifest = {"containers": self.containers}
        if self.volumes:
            pod["volumes"] = self.volumes
        if self.service_account:
            pod["serviceAccountName"] = self.service_account
        template = {
            "metadata": {"labels": self.labels, "annotations": dict(self.pod_annotations)},
            "spec": pod,
        }
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": self.app, "namespace": self.namespace, "labels": self.labels},
            "spec": {
                "replicas": self.replicas,
                "selector": {"matchLabels": {"app": self.app}},
                "template": template,
            },
        }

    def service(self, name: str, ports: list[Manifest], type: str = "ClusterIP") -> Manifest:
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": name,
                "namespace": self.namespace,
                "labels": self.labels,
                # Callers wait for the Deployment; waiting for endpoints to settle as well costs ten seconds each.
                "annotations": {"pulumi.com/skipAwait": "true"},
            },
            "spec": {"type": type, "selector": {"app": self.app}, "ports": ports},
        }


def port(name: str, number: int) -> Manifest:
    """A container port."""
    return {"name": name, "containerPort": number, "protocol": "TCP"}


def probe(path: str, port_name: str, period: int = 5) -> Manifest:
    """An HTTP probe every `period` seconds."""
    return {"httpGet": {"path": path, "port": port_name}, "periodSeconds": period, "timeoutSeconds": 3}


def read_once(configuration: str) -> dict[str, str]:
    """A pod annotation that changes with the configuration: pods that read it once have to be made anew."""
    return {"sluice.delivery/configuration": hashlib.sha256(configuration.encode()).hexdigest()[:16]}


def config_map(name: str, namespace: str, data: dict[str, str]) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def account(name: str, namespace: str, rules: list[Manifest]) -> tuple[Manifest, Manifest, Manifest]:
    """A ServiceAccount with a ClusterRole of its own and the binding of the two."""
    full = f"{namespace}-{name}"
    group = "rbac.authorization.k8s.io"
    return (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}},
        {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": full}, "rules": rules},
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": full},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": full},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        },
    )


def rule(groups: list[str], resources: list[str], verbs: list[str]) -> Manifest:
    return {"apiGroups": groups, "resources": resources, "verbs": verbs}
