"""Which fields can't be changed in place, kind by kind. Pure.

Paths are dotted; a field of every item of a list is written without an index.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.kubernetes.objects import at, is_patch
from engine.kubernetes.settings import Settings

_ALWAYS = ("metadata.name", "metadata.namespace")


def _spec(names: str) -> tuple[str, ...]:
    return tuple(f"spec.{name}" for name in names.split())


_POD = _spec(
    """
    affinity automountServiceAccountToken containers dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC
    hostNetwork hostPID hostname imagePullSecrets initContainers nodeName nodeSelector overhead preemptionPolicy
    priority priorityClassName readinessGates restartPolicy runtimeClassName schedulerName securityContext
    serviceAccount serviceAccountName shareProcessNamespace subdomain terminationGracePeriodSeconds volumes
    """
)
_VOLUME_SOURCES = _spec(
    """
    awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk glusterfs
    hostPath iscsi local nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume
    """
)

_FIELDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("v1", "ConfigMap"): ("data", "binaryData"),
    ("v1", "PersistentVolume"): _VOLUME_SOURCES,
    ("v1", "PersistentVolumeClaim"): _spec("accessModes selector storageClassName volumeName"),
    ("v1", "Pod"): _POD,
    ("v1", "ResourceQuota"): ("spec.scopes",),
    ("v1", "Secret"): ("type", "data", "stringData"),
    ("v1", "Service"): ("spec.clusterIP",),
    ("apps/v1", "DaemonSet"): ("spec.selector",),
    ("apps/v1", "Deployment"): ("spec.selector",),
    ("apps/v1", "StatefulSet"): _spec(
        "selector podManagementPolicy revisionHistoryLimit serviceName volumeClaimTemplates"
    ),
    ("batch/v1", "Job"): _spec("completions parallelism selector template"),
    ("policy/v1beta1", "PodDisruptionBudget"): ("spec",),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io/v1", "StorageClass"): ("parameters", "provisioner"),
}


def fields(
    type: str, live: Mapping[str, Any], wanted: Mapping[str, Any], settings: Settings
) -> tuple[str, ...]:
    """The paths at and below which a change of this object needs a new one."""
    kind = (str(wanted.get("apiVersion")), str(wanted.get("kind")))
    mutable = {("v1", "ConfigMap"): settings.config_map_mutable, ("v1", "Secret"): settings.secret_mutable}
    if is_patch(type, wanted):
        return _ALWAYS
    if mutable.get(kind) and not at(live, "immutable") and not at(wanted, "immutable"):
        return (*_ALWAYS, "type")
    return (*_ALWAYS, *_FIELDS.get(kind, ()))
