"""A release as values: what is released, and how. `documents` reads them; fields and defaults are the model's."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from automation.core.analysis import Analysis, MetricCheck, TemplateRef, Webhook
from automation.core.keeping import AS_USUAL, Keeping
from automation.core.kinds import CANARY, Kind
from automation.core.refusal import Problem, Refused

__all__ = [
    "Analysis",
    "Canary",
    "FurtherRoute",
    "MetricCheck",
    "ObjectMeta",
    "Problem",
    "Ref",
    "Refused",
    "Service",
    "Subsets",
    "TemplateRef",
    "Webhook",
]


@dataclass(frozen=True)
class Ref:
    """A reference to an object in the Canary's namespace."""

    api_version: str
    kind: str
    name: str


@dataclass(frozen=True)
class ObjectMeta:
    """Labels and annotations that a generated Service carries besides its own."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Subsets:
    """Two subsets of one Service as the sides of a release, and the name of people's object that tells them apart."""

    rule: str
    stable: str
    tested: str


@dataclass(frozen=True)
class Service:
    """The three Services: the apex is named `apex`, the others `primary` and `canary`, by default `<apex>-primary` and
    `<apex>-canary`. A `port` of 0 is not known here: the Services are people's own.

    `routing` holds the fields that only gateways read, as they stand in the document. `subsets` are the sides where
    these are no Services. `rules` are those of people's routes that alone are split (all, if empty), by the name of the
    route: of each rule all the texts by which it is known, such as its name, or the port and the hosts of connections.
    `turns`: at each promotion the Services of primary and of the canary change their parts.
    """

    apex: str
    port: int
    port_name: str = "http"
    target_port: int | str = 0
    app_protocol: str | None = None
    port_discovery: bool = False
    headless: bool = False
    primary: str = ""
    canary: str = ""
    apex_meta: ObjectMeta = ObjectMeta()
    primary_meta: ObjectMeta = ObjectMeta()
    canary_meta: ObjectMeta = ObjectMeta()
    routing: Mapping[str, Any] = field(default_factory=dict, hash=False)
    subsets: Subsets | None = None
    rules: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict, hash=False)
    turns: bool = False

    def has_port(self, port: object) -> bool:
        """Whether the apex has a port of this number or name."""
        return self.port == 0 or port in (self.port, self.port_name)


@dataclass(frozen=True)
class FurtherRoute:
    """A route beside that of a release which carries the same: its gateway, the object of people's that it is made of
    (None where there is none), its name, and what the gateway is told (`Service.routing`, `Service.rules`)."""

    provider: str
    source: Ref | None
    name: str
    routing: Mapping[str, Any] = field(default_factory=dict, hash=False)
    rules: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Canary:
    """One Canary. `progress_deadline` is in seconds; `origin` is the kind of the document that it was read from,
    `annotations` are those that it has.

    `route_name` is the name of the generated route, in which the gateway's traffic is written; `further` are others
    that carry the same. `primary_bounds` are minReplicas and maxReplicas of the primary's autoscaler, as far as the
    document states its own, `primary_queries` its triggers' queries by their names. `hands_over`: at a promotion the
    canary's own pods become primary's, as a Rollout's do (`keeping` says how those are kept); otherwise primary is made
    of their template.
    """

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
    primary_bounds: Mapping[str, int] = field(default_factory=dict, hash=False)
    primary_queries: Mapping[str, str] = field(default_factory=dict, hash=False)
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)
    origin: Kind = CANARY
    route_name: str = ""
    hands_over: bool = False
    keeping: Keeping = AS_USUAL
    further: tuple[FurtherRoute, ...] = ()

    @property
    def apex(self) -> str:
        return self.service.apex

    @property
    def primary_service(self) -> str:
        """The Service that leads to primary alone."""
        return self.service.primary or f"{self.apex}-primary"

    @property
    def canary_service(self) -> str:
        """The Service that leads to the canary alone."""
        return self.service.canary or f"{self.apex}-canary"

    @property
    def sides(self) -> tuple[str, str]:
        """What leads to primary alone, and to the canary alone."""
        if named := self.service.subsets:
            return f"subset {named.stable}", f"subset {named.tested}"
        return self.primary_service, self.canary_service

    def turned(self, turned: bool) -> "Canary":
        """The release with the parts of its two Services as they are where they have been `turned`, or not."""
        if not turned:
            return self
        service, (stable, tested) = self.service, (self.service.canary, self.service.primary)
        return replace(self, service=replace(service, apex=stable, primary=stable, canary=tested))

    @property
    def services_of_people(self) -> tuple[str, ...]:
        """The Services that people have made for a release that hands its pods over."""
        return tuple(filter(None, (self.service.primary, self.service.canary)))

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
    def primary_scaler_name(self) -> str:
        """The name of primary's autoscaler; "" where none scales the target."""
        return f"{self.autoscaler.name}-primary" if self.autoscaler else ""

    @property
    def primary_full_name(self) -> str:
        """What people are told that primary is."""
        if self.hands_over:
            return f"the stable ReplicaSet of {self.full_name}"
        return f"{self.primary_name}.{self.namespace}"
