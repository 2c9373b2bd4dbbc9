"""The Canary document as values: what is released, and how. Fields and defaults are the model's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from automation.core.analysis import Analysis, MetricCheck, TemplateRef, Webhook
from automation.core.refusal import Problem, Refused
from automation.core.section import Section
from automation.core.support import refuse_unsupported

__all__ = [
    "Analysis",
    "Canary",
    "MetricCheck",
    "ObjectMeta",
    "Problem",
    "Ref",
    "Refused",
    "Service",
    "TemplateRef",
    "Webhook",
]

API_VERSION = "flagger.app/v1beta1"
_MESH_ONLY = [
    "trafficDistribution",
    "timeout",
    "backendTimeout",
    "gateways",
    "gatewayRefs",
    "hosts",
    "delegation",
    "trafficPolicy",
    "match",
    "rewrite",
    "retries",
    "headers",
    "mirror",
    "corsPolicy",
    "meshName",
    "backends",
    "unmanagedMetadata",
]


@dataclass(frozen=True)
class Ref:
    """A reference to an object in the Canary's namespace."""

    api_version: str
    kind: str
    name: str

    @classmethod
    def read(cls, parent: Section, name: str, kind: str, api_version: str) -> "Ref | None":
        """The reference at field `name` of `parent`, None if there is none."""
        section = parent.section(name)
        if name not in parent:
            return None
        section.allow("primaryScalerQueries", "primaryScalerReplicas", "namespace")
        ref = cls(
            section.text("apiVersion") or api_version,
            section.text("kind") or kind,
            section.text("name", required=True),
        )
        section.close()
        return ref


@dataclass(frozen=True)
class ObjectMeta:
    """Labels and annotations that a generated Service carries besides its own."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, section: Section) -> "ObjectMeta":
        meta = cls(section.texts_by_name("labels"), section.texts_by_name("annotations"))
        section.close()
        return meta


@dataclass(frozen=True)
class Service:
    """The three Services: the apex is named `apex`, the others `<apex>-primary` and `<apex>-canary`."""

    apex: str
    port: int
    port_name: str = "http"
    target_port: int | str = 0
    app_protocol: str | None = None
    port_discovery: bool = False
    headless: bool = False
    apex_meta: ObjectMeta = ObjectMeta()
    primary_meta: ObjectMeta = ObjectMeta()
    canary_meta: ObjectMeta = ObjectMeta()

    @classmethod
    def read(cls, section: Section, target: str) -> "Service":
        section.allow(*_MESH_ONLY)
        port = section.whole("port", 0, least=1, most=65535)
        if "port" not in section:
            section.refuse("port", "is missing", "set it to the port of the Services, such as 80")
        service = cls(
            apex=section.text("name") or target,
            port=port,
            port_name=section.text("portName") or "http",
            target_port=_target_port(section) or port,
            app_protocol=section.text("appProtocol") or None,
            port_discovery=section.flag("portDiscovery"),
            headless=section.flag("headless"),
            apex_meta=ObjectMeta.read(section.section("apex")),
            primary_meta=ObjectMeta.read(section.section("primary")),
            canary_meta=ObjectMeta.read(section.section("canary")),
        )
        section.close()
        return service


@dataclass(frozen=True)
class Canary:
    """One Canary. `progress_deadline` is in seconds; `document` is what it was read from."""

    name: str
    namespace: str
    target: Ref
    autoscaler: Ref | None
    route: Ref | None
    provider: str
    metrics_server: str | None
    progress_deadline: int
    skip_analysis: bool
    suspend: bool
    revert_on_deletion: bool
    service: Service
    analysis: Analysis
    document: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def apex(self) -> str:
        return self.service.apex

    @property
    def full_name(self) -> str:
        return f"{self.name}.{self.namespace}"

    @property
    def target_full_name(self) -> str:
        return f"{self.target.name}.{self.namespace}"

    @property
    def primary_name(self) -> str:
        return f"{self.target.name}-primary"

    @property
    def primary_full_name(self) -> str:
        return f"{self.primary_name}.{self.namespace}"

    @property
    def route_copy_name(self) -> str:
        """The generated route, named after the user's route and the apex."""
        return f"{self.route.name if self.route else self.target.name}-{self.apex}-canary"

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "Canary":
        """Read a Canary document. Raises Refused with every problem of it at once."""
        problems: list[Problem] = []
        canary = _read(Section(document, "", problems), document)
        if problems:
            raise Refused(tuple(dict.fromkeys(problems)))
        return canary


def _read(root: Section, document: Mapping[str, Any]) -> Canary:
    root.text("apiVersion", API_VERSION, choices=(API_VERSION,))
    root.text("kind", "Canary", choices=("Canary",))
    root.allow("status")
    metadata = root.section("metadata")
    name, namespace = metadata.text("name", required=True), metadata.text("namespace") or "default"
    spec = root.section("spec")
    root.close()
    target = Ref.read(spec, "targetRef", "Deployment", "apps/v1")
    if target is None:
        spec.refuse("targetRef", "is missing", "name the Deployment that is released")
    target = target or Ref("apps/v1", "Deployment", "")
    spec.allow("upstreamRef", "ingressRef", "analysis", "canaryAnalysis")
    analysis_field = "analysis" if "analysis" in spec else "canaryAnalysis"
    if analysis_field not in spec:
        spec.refuse("analysis", "is missing", "say how the canary is judged and how its traffic moves")
    skipped = spec.flag("skipAnalysis")
    canary = Canary(
        name=name,
        namespace=namespace,
        target=target,
        autoscaler=Ref.read(spec, "autoscalerRef", "HorizontalPodAutoscaler", "autoscaling/v2"),
        route=Ref.read(spec, "routeRef", "ApisixRoute", "apisix.apache.org/v2"),
        provider=spec.text("provider") or "apisix",
        metrics_server=spec.text("metricsServer") or None,
        progress_deadline=spec.whole("progressDeadlineSeconds", 600, least=1),
        skip_analysis=skipped,
        suspend=spec.flag("suspend"),
        revert_on_deletion=spec.flag("revertOnDeletion"),
        service=Service.read(spec.section("service"), target.name),
        analysis=Analysis.read(
            spec.section(analysis_field), namespace, skipped=skipped or analysis_field not in spec
        ),
        document=document,
    )
    spec.close()
    refuse_unsupported(spec, spec.section(analysis_field))
    return canary


def _target_port(section: Section) -> int | str:
    value = section.raw("targetPort")
    if value is None or (isinstance(value, str) and value) or (type(value) is int and 0 < value < 65536):
        return value or 0
    section.refuse("targetPort", f"{value!r} is no port", "write the number or the name of a container port")
    return 0
