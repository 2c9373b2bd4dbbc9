"""What can be set for an environment: frozen, typed, each field with its unit and the reason for it.

The values of an environment stand in the module of its name; Pulumi config may override each of them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from automation.core.alerts import Severity
from documents.section import is_reachable
from gateways import registry as gateways

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
"""A Kubernetes name."""

Quantity = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$")]
"""A Kubernetes quantity: cores (`100m`) or bytes (`64Mi`)."""

Image = Annotated[str, StringConstraints(min_length=1)]
"""A container image with its tag or digest; whether it is pinned is for the policies to judge."""

Seconds = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(m|s)$")]
"""A duration in whole seconds or minutes, as Canary documents write it."""


def _known(provider: str) -> str:
    if provider not in gateways.GATEWAYS:
        raise ValueError(f"{provider!r} is not known; use one of {', '.join(gateways.GATEWAYS)}")
    return provider


Provider = Annotated[str, AfterValidator(_known)]
"""A gateway, as Canary documents name it."""


def _reachable(address: str) -> str:
    if not is_reachable(address):
        raise ValueError("is not a web address; write http:// or https:// and a host")
    return address


WebAddress = Annotated[str, AfterValidator(_reachable)]
"""An address of the web."""


class Section(BaseModel):
    """A group of settings: immutable, and a name that it does not know is a problem."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class MeshSettings(Section):
    kubeconfig: str | None = None
    """Path of a kubeconfig; none: that of the workload's cluster, where `context` tells them apart."""

    context: str | None = None
    """Context of the kubeconfig; none: its current one."""


class ClusterSettings(Section):
    kubeconfig: str | None = None
    """Path of a kubeconfig; none: KUBECONFIG, then ~/.kube/config, then the pod's own account."""

    context: str | None = None
    """Context of the kubeconfig; none: its current one. Set it where one kubeconfig knows several clusters."""

    mesh: MeshSettings | None = None
    """The cluster whose API server has the objects that lead traffic, where that is a mesh; none: the same one."""


class ResourceSettings(Section):
    cpu_request: Quantity = "50m"
    """Cores that the scheduler sets aside."""

    memory_request: Quantity = "64Mi"
    """Bytes that the scheduler sets aside."""

    cpu_limit: Quantity = "1"
    """Cores above which the container is throttled."""

    memory_limit: Quantity = "512Mi"
    """Bytes above which the container is killed."""


class ChartSettings(Section):
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")] = "0.11.3"
    """Version of the official chart; pinned, because values differ between versions."""

    repository: str = "https://charts.apiseven.com"
    """URL of the chart repository."""

    values: dict[str, object] = Field(default_factory=dict)
    """Values of the chart, laid over those that releases need."""


class GatewaySettings(Section):
    namespace: Name = "apisix"
    """Namespace of the gateway; hooks address http://apisix-gateway.<namespace>/."""

    via: Literal["manifests", "helm"] = "manifests"
    """Where it comes from; `helm` needs a cluster with internet and the official Pulumi engine."""

    chart: ChartSettings = ChartSettings()
    """Used with `via: helm` only."""

    image: Image = "apache/apisix:3.14.1-debian"
    """Image of the gateway."""

    controller_image: Image = "apache/apisix-ingress-controller:2.0.1"
    """Image of the ingress controller."""

    synchroniser_image: Image | None = "ghcr.io/api7/adc:0.24.2"
    """Image of the container that carries the controller's configuration to the gateway, in the version that
    belongs to the controller's."""

    replicas: Annotated[int, Field(ge=1, le=50)] = 1
    """Gateway pods; two or more where a node may fail."""

    service_type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
    """How the gateway is reached from outside of the cluster."""

    url: str | None = None
    """URL under which people reach the gateway, shown with the outputs; none: its in-cluster address."""

    resources: ResourceSettings = ResourceSettings()
    """Of each container of gateway and controller."""


class PrometheusSettings(Section):
    name: Name = "flagger-prometheus"
    """Name of Deployment and Service; metric templates address it."""

    namespace: Name = "apisix"
    """Namespace of the server."""

    image: Image = "prom/prometheus:v3.7.3"
    """Image of the server."""

    scrape_interval: Seconds = "5s"
    """Duration between two samples. No sample is judged twice, so a shorter analysis interval waits for it."""

    retention: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(h|d|w)$")] = "2h"
    """Duration that samples are kept."""

    storage: Quantity | None = None
    """Bytes of a volume for the samples; none: they go with the pod."""

    service_monitors: tuple[str, ...] = ()
    """YAML files of ServiceMonitors, relative to the project: what is scraped beside annotated pods."""

    resources: ResourceSettings = ResourceSettings(memory_request="128Mi", memory_limit="1Gi")
    """Of the server."""


class LoadTesterSettings(Section):
    name: Name = "flagger-loadtester"
    """Name of Deployment and Service; hooks address http://<name>.<namespace>/."""

    namespace: Name = "test"
    """Namespace of the load tester."""

    image: Image = "ghcr.io/fluxcd/flagger-loadtester:0.36.0"
    """Image of the load tester."""

    resources: ResourceSettings = ResourceSettings()
    """Of its container; `hey` needs a core for some thousand requests a second."""


class PlatformSettings(Section):
    """What releases stand on. A part that is null is somebody else's: it is neither declared nor touched."""

    stack: str | None = None
    """Name of the platform stack, for environments that share a cluster; none: the environment's own name; an
    empty text: there is no platform stack."""

    namespaces: tuple[Name, ...] = ("test",)
    """Namespaces that releases need and nobody else makes; the parts below bring their own."""

    definitions: bool = True
    """Declare the kinds Canary, MetricTemplate and AlertProvider; they are protected and kept on delete."""

    rollouts: bool = False
    """Declare the kinds Rollout, AnalysisTemplate, ClusterAnalysisTemplate and AnalysisRun, where Argo's own
    definitions are not there; they are protected and kept on delete."""

    gateway: GatewaySettings | None = GatewaySettings()
    """The way into the cluster."""

    prometheus: PrometheusSettings | None = PrometheusSettings()
    """The measurements that releases are judged by."""

    loadtester: LoadTesterSettings | None = LoadTesterSettings()
    """Where hooks send their commands."""


class ReleaseSettings(Section):
    namespace: Name
    """Namespace of the Canary."""

    name: Name
    """Name of the Canary."""

    mode: Literal["declared", "adopted"] = "declared"
    """declared: documents, target and route are the stack's; adopted: only what is generated is. Canaries that
    somebody applied are adopted without an entry here."""

    documents: tuple[str, ...] = ()
    """Paths of YAML files, relative to the project: Canary, Deployment, autoscaler, route, metric templates."""


class PaceSettings(Section):
    """How fast analyses go. Documents state the pace of production; an environment for trying may be quicker."""

    interval: Seconds | None = None
    """Duration between two steps instead of the document's; the windows of checks shrink with it, but never below
    four scrapes."""


class AlertSettings(Section):
    provider: Name
    """Name of the AlertProvider."""

    namespace: Name
    """Namespace of the AlertProvider, and of its Secret."""

    severity: Severity = Severity.INFO
    """The least that it hears of: info, warn or error."""


class DriverSettings(Section):
    namespaces: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """Namespaces whose Canaries are driven; none: all of the cluster. Environments that share a cluster need it."""

    provider: Provider = gateways.DEFAULT
    """Gateway of Canaries that name no `provider` (the model's `meshProvider`)."""

    policies: bool = True
    """Run every step forward with the policy pack; steps back never wait for it."""

    policy_config: str | None = None
    """Path of a JSON file with configuration for the pack, relative to the project; none: the pack's own bounds
    for this environment."""

    strict: bool = False
    """Refuse a document with a check that fails on the healthy primary, instead of warning."""

    metrics_server: str | None = None
    """URL of the Prometheus for built-in checks; none: the platform's. A Canary's own metricsServer goes first."""

    event_webhook: WebAddress | None = None
    """URL that hears of all events of Canaries without hooks of type event; `--event-webhook` goes first."""

    alerts: tuple[AlertSettings, ...] = ()
    """Who is alerted about Canaries whose documents name nobody."""

    cluster_name: str | None = None
    """What alerts call the cluster."""


class Settings(Section):
    """Everything that differs between environments."""

    environment: Name
    """Name of the environment, the first part of the names of its stacks."""

    cluster: ClusterSettings = ClusterSettings()
    """Which cluster the environment lives in."""

    platform: PlatformSettings = PlatformSettings()
    """What releases stand on."""

    pace: PaceSettings = PaceSettings()
    """How fast analyses go."""

    releases: tuple[ReleaseSettings, ...] = ()
    """Canaries that are declared here."""

    driver: DriverSettings = DriverSettings()
    """How releases are driven."""

    @property
    def platform_stack(self) -> str:
        """Name of the platform stack; empty when the platform is somebody else's."""
        return self.environment if self.platform.stack is None else self.platform.stack

    @property
    def metrics_server(self) -> str | None:
        """URL of the Prometheus for built-in checks; none when neither driver nor platform names one."""
        server = self.platform.prometheus
        own = f"http://{server.name}.{server.namespace}:9090" if server else None
        return self.driver.metrics_server or own

    def release(self, namespace: str, name: str) -> ReleaseSettings:
        """The entry of a Canary; one that has none is adopted."""
        entries = (entry for entry in self.releases if (entry.namespace, entry.name) == (namespace, name))
        return next(entries, ReleaseSettings(namespace=namespace, name=name, mode="adopted"))
