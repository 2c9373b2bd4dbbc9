"""The kinds of objects that the driver deals in, and which of them a question is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Manifest: TypeAlias = dict[str, Any]
"""A Kubernetes object as plain data, as it stands in YAML."""


@dataclass(frozen=True)
class Kind:
    """A kind of object: `api` is the path of its group and version, `plural` its resource name."""

    api: str
    plural: str
    kind: str

    @property
    def api_version(self) -> str:
        return self.api.removeprefix("/apis/").removeprefix("/api/")

    @property
    def group(self) -> str:
        """The group of its API, "" for Kubernetes' oldest kinds, which have none."""
        group, _, _ = self.api_version.rpartition("/")
        return group

    def path(self, namespace: str | None, name: str | None = None) -> str:
        scope = f"/namespaces/{namespace}" if namespace else ""
        return f"{self.api}{scope}/{self.plural}" + (f"/{name}" if name else "")


@dataclass(frozen=True)
class Scope:
    """Which objects of a kind: all, those of a namespace, or the one of a name. `selector` goes by labels."""

    namespace: str | None = None
    name: str | None = None
    selector: str = ""

    @property
    def params(self) -> dict[str, str]:
        """The query parameters that limit a list or watch to this scope."""
        params = {"labelSelector": self.selector} if self.selector else {}
        return params | ({"fieldSelector": f"metadata.name={self.name}"} if self.name else {})


EVERYWHERE = Scope()
CANARY = Kind("/apis/flagger.app/v1beta1", "canaries", "Canary")
ALERT_PROVIDER = Kind("/apis/flagger.app/v1beta1", "alertproviders", "AlertProvider")
METRIC_TEMPLATE = Kind("/apis/flagger.app/v1beta1", "metrictemplates", "MetricTemplate")
ROLLOUT = Kind("/apis/argoproj.io/v1alpha1", "rollouts", "Rollout")
ANALYSIS_RUN = Kind("/apis/argoproj.io/v1alpha1", "analysisruns", "AnalysisRun")
ANALYSIS_TEMPLATE = Kind("/apis/argoproj.io/v1alpha1", "analysistemplates", "AnalysisTemplate")
CLUSTER_ANALYSIS_TEMPLATE = Kind(
    "/apis/argoproj.io/v1alpha1", "clusteranalysistemplates", "ClusterAnalysisTemplate"
)
DEPLOYMENT = Kind("/apis/apps/v1", "deployments", "Deployment")
DAEMON_SET = Kind("/apis/apps/v1", "daemonsets", "DaemonSet")
STATEFUL_SET = Kind("/apis/apps/v1", "statefulsets", "StatefulSet")
REPLICA_SET = Kind("/apis/apps/v1", "replicasets", "ReplicaSet")
CONTROLLER_REVISION = Kind("/apis/apps/v1", "controllerrevisions", "ControllerRevision")
JOB = Kind("/apis/batch/v1", "jobs", "Job")
LEASE = Kind("/apis/coordination.k8s.io/v1", "leases", "Lease")
NAMESPACE = Kind("/api/v1", "namespaces", "Namespace")
SERVICE = Kind("/api/v1", "services", "Service")
ENDPOINT_SLICE = Kind("/apis/discovery.k8s.io/v1", "endpointslices", "EndpointSlice")
CONFIG_MAP = Kind("/api/v1", "configmaps", "ConfigMap")
SECRET = Kind("/api/v1", "secrets", "Secret")
CONFIG_KINDS: Mapping[str, Kind] = {"configmap": CONFIG_MAP, "secret": SECRET}
"""By the word that stands for a kind in the keys of configuration, such as `configmap/NAME`."""
CONTENT = ("data", "binaryData")
"""The fields that hold the content of these kinds."""
EVENT = Kind("/api/v1", "events", "Event")
POD = Kind("/api/v1", "pods", "Pod")
