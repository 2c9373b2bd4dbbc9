"""Where the objects of a kind are served: path, plural name, and whether they live in a namespace. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of objects as the API server serves it."""

    api_version: str
    name: str
    plural: str
    namespaced: bool

    def path(self, namespace: str = "", name: str = "") -> str:
        """The path of the collection, or of one object in it."""
        parts = ["/api" if "/" not in self.api_version else "/apis", self.api_version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        return "/".join([*parts, self.plural, *([name] if name else [])])


_NAMESPACED = {
    "v1": "Binding ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController "
    "ResourceQuota Secret Service ServiceAccount",
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "autoscaling/v1": "HorizontalPodAutoscaler",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "coordination.k8s.io/v1": "Lease",
    "discovery.k8s.io/v1": "EndpointSlice",
    "events.k8s.io/v1": "Event",
    "networking.k8s.io/v1": "Ingress NetworkPolicy",
    "policy/v1": "PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "Role RoleBinding",
    "storage.k8s.io/v1": "CSIStorageCapacity",
}
_CLUSTER_WIDE = {
    "v1": "Namespace Node PersistentVolume",
    "admissionregistration.k8s.io/v1": "MutatingWebhookConfiguration ValidatingAdmissionPolicy "
    "ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "apiregistration.k8s.io/v1": "APIService",
    "certificates.k8s.io/v1": "CertificateSigningRequest",
    "flowcontrol.apiserver.k8s.io/v1": "FlowSchema PriorityLevelConfiguration",
    "networking.k8s.io/v1": "IngressClass",
    "node.k8s.io/v1": "RuntimeClass",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding",
    "scheduling.k8s.io/v1": "PriorityClass",
    "storage.k8s.io/v1": "CSIDriver CSINode StorageClass VolumeAttachment",
}


def _plural(kind: str) -> str:
    name = kind.lower()
    if name == "endpoints":
        return name
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith("s") else f"{name}s"


def _table(scopes: Mapping[str, str], namespaced: bool) -> dict[tuple[str, str], Kind]:
    return {
        (version, kind): Kind(version, kind, _plural(kind), namespaced)
        for version, kinds in scopes.items()
        for kind in kinds.split()
    }


BUILT_IN: Mapping[tuple[str, str], Kind] = {**_table(_NAMESPACED, True), **_table(_CLUSTER_WIDE, False)}


def group_of(api_version: str) -> str:
    """The API group, empty for the core group."""
    return api_version.rpartition("/")[0]


_OWN_GROUPS = frozenset(group_of(version) for version, _ in BUILT_IN)


def may_be_defined(api_version: str) -> bool:
    """Whether a definition or an extension may serve it later: the API server's own groups are closed to them.

    A group without a dot can't be anybody's: https://kubernetes.io/docs/reference/using-api/#api-groups
    """
    group = group_of(api_version)
    return "." in group and group not in _OWN_GROUPS
