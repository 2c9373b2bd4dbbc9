"""Plain Kubernetes objects as Pulumi resources, with the typed class of their kind where there is one."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from automation.core.kinds import Manifest

_TYPED: dict[tuple[str, str], type[pulumi.CustomResource]] = {
    ("v1", "ConfigMap"): kubernetes.core.v1.ConfigMap,
    ("v1", "Namespace"): kubernetes.core.v1.Namespace,
    ("v1", "Secret"): kubernetes.core.v1.Secret,
    ("v1", "Service"): kubernetes.core.v1.Service,
    ("v1", "ServiceAccount"): kubernetes.core.v1.ServiceAccount,
    ("v1", "PersistentVolumeClaim"): kubernetes.core.v1.PersistentVolumeClaim,
    ("apps/v1", "Deployment"): kubernetes.apps.v1.Deployment,
    ("apps/v1", "ReplicaSet"): kubernetes.apps.v1.ReplicaSet,
    ("autoscaling/v2", "HorizontalPodAutoscaler"): kubernetes.autoscaling.v2.HorizontalPodAutoscaler,
    ("networking.k8s.io/v1", "Ingress"): kubernetes.networking.v1.Ingress,
    ("networking.k8s.io/v1", "IngressClass"): kubernetes.networking.v1.IngressClass,
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): kubernetes.rbac.v1.ClusterRole,
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): kubernetes.rbac.v1.ClusterRoleBinding,
}

_MARKS, _DATA = ("labels", "annotations"), ("data", "binaryData", "stringData")


def register(
    manifest: Manifest, opts: pulumi.ResourceOptions, name: str | None = None
) -> pulumi.CustomResource:
    """Declares one object; `name` is its name in the stack, by default that of the object."""
    named = name or manifest["metadata"]["name"]
    body = _declared(manifest)
    if manifest["kind"] == "Secret":
        body |= {key: pulumi.Output.secret(body[key]) for key in ("data", "stringData") if key in body}
    typed = _TYPED.get((manifest["apiVersion"], manifest["kind"]))
    if typed is not None:
        return typed(named, opts=opts, **_snake_keys(body))
    return kubernetes.apiextensions.CustomResource(
        named, api_version=manifest["apiVersion"], kind=manifest["kind"], opts=opts, **body
    )


def patch(manifest: Manifest, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Declares some fields of a Service that exists already and stays its maker's own."""
    service = kubernetes.core.v1.ServicePatch
    return service(
        manifest["metadata"]["name"], metadata=manifest["metadata"], spec=manifest["spec"], opts=opts
    )


def _declared(manifest: Manifest) -> Manifest:
    """Without texts by name that hold none: the API server does not keep them, and the official provider would find
    them missing at every update."""
    left_out = ("apiVersion", "kind", "status")
    body = {
        key: value for key, value in manifest.items() if key not in left_out and (key not in _DATA or value)
    }
    return {key: _described(key, value) for key, value in body.items()}


def _described(key: str, value: Any) -> Any:
    """The value of a field, without labels and annotations that hold nothing in its metadata."""
    if not isinstance(value, dict):
        return value
    bare = key == "metadata"
    kept = {name: item for name, item in value.items() if not bare or name not in _MARKS or item}
    return {name: _described(name, item) for name, item in kept.items()}


def _snake_keys(body: Manifest) -> dict[str, Any]:
    """Top-level fields as the typed classes spell their arguments (`binaryData` -> `binary_data`)."""
    spelled = {"binaryData": "binary_data", "roleRef": "role_ref", "stringData": "string_data"}
    return {spelled.get(key, key): value for key, value in body.items()}
