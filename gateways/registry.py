"""The gateways that there are: a row each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from automation.core.kinds import Kind, Manifest
from automation.core.spec import Canary, FurtherRoute
from gateways.alb import ALB
from gateways.ambassador import AMBASSADOR
from gateways.apisix import APISIX
from gateways.by_pods import BY_PODS
from gateways.contour import CONTOUR
from gateways.gateway import Gateway, Source
from gateways.gateway_api import GATEWAY_API
from gateways.gloo import GLOO
from gateways.grpc_route import GRPC
from gateways.in_place import IN_PLACE
from gateways.istio import ISTIO
from gateways.kubernetes import KUBERNETES
from gateways.kuma import KUMA
from gateways.nginx import NGINX
from gateways.skipper import SKIPPER
from gateways.subsets import rule_of
from gateways.switch import SWITCH
from gateways.traefik import TRAEFIK
from gateways.traffic_split import SMI, TRAFFIC_SPLITS

GATEWAYS: Mapping[str, Gateway] = {
    gateway.provider: gateway
    for gateway in (
        APISIX,
        ISTIO,
        *GATEWAY_API,
        GRPC,
        NGINX,
        SKIPPER,
        TRAEFIK,
        CONTOUR,
        GLOO,
        *TRAFFIC_SPLITS,
        KUMA,
        KUBERNETES,
    )
}
_OF_PEOPLE: Mapping[str, Gateway] = {row.provider: row for row in (SWITCH, ALB, *IN_PLACE.values())}
"""Those that write into routes of people's own."""
_MADE: Mapping[str, Gateway] = {row.provider: row for row in (BY_PODS, SMI, AMBASSADOR)}
_OF_ROLLOUTS: Mapping[str, Gateway] = {**_OF_PEOPLE, **_MADE}
"""Those that no Canary can name."""
ALONE = KUBERNETES.provider
"""The gateway of releases that move no traffic: Services alone."""
DEFAULT = APISIX.provider
"""The gateway of documents that name none."""
_KUBERNETES = frozenset((KUBERNETES.kind.api, NGINX.kind.api))


def gateway_of(canary: Canary) -> Gateway:
    """The gateway of a Canary: the front refuses documents that name another than these."""
    return named(canary.provider)


def named(provider: str) -> Gateway:
    """The gateway of a provider, of Rollouts alone or of anybody. Raises KeyError for an unknown one."""
    return _OF_ROLLOUTS.get(provider) or GATEWAYS[provider]


def is_of_people(canary: Canary) -> bool:
    """Whether its route is people's own, of which no more is written than what leads traffic."""
    return canary.provider in _OF_PEOPLE


def each_route(canary: Canary) -> tuple[Canary, ...]:
    """The release once for each object in which its traffic is written. The first one says what is in force; the others
    follow it."""
    return (canary, *(_by(canary, route) for route in canary.further))


def _by(canary: Canary, route: FurtherRoute) -> Canary:
    service = replace(canary.service, routing=route.routing, rules=route.rules)
    return replace(
        canary,
        provider=route.provider,
        route=route.source,
        route_name=route.name,
        service=service,
        further=(),
    )


def beside(canary: Canary) -> tuple[tuple[Kind, str], ...]:
    """Kind and name of what people have written for a release beside its source and its Services: further sources, and
    what tells the pods of both sides apart."""
    further = (source_of(one) for one in each_route(canary)[1:])
    return tuple(filter(None, (*further, rule_of(canary))))


def kinds() -> frozenset[Kind]:
    """All kinds of objects that gateways read or write."""
    known = (*GATEWAYS.values(), *_OF_ROLLOUTS.values())
    return frozenset(kind for gateway in known for kind in kinds_of(gateway))


def kinds_of(gateway: Gateway) -> tuple[Kind, ...]:
    """The kinds of objects that one gateway reads or writes."""
    source = (gateway.source.kind,) if gateway.source else ()
    return (*source, *gateway.companions, gateway.kind)


def mesh_apis() -> frozenset[str]:
    """Paths of the API groups that routes are in where a mesh has a cluster of its own: all but Kubernetes' own."""
    every = (*GATEWAYS.values(), *_OF_ROLLOUTS.values())
    return frozenset(kind.api for gateway in every for kind in kinds_of(gateway)) - _KUBERNETES


def is_meshs(manifest: Manifest) -> bool:
    """Whether an object is in the mesh's cluster where that is another."""
    return f"/apis/{manifest['apiVersion']}" in mesh_apis()


def sources() -> Mapping[str, Source]:
    """What people write for gateways, by the name of its kind."""
    return {gateway.source.kind.kind: gateway.source for gateway in GATEWAYS.values() if gateway.source}


def unread(canary: Canary) -> tuple[str, ...]:
    """Fields of a document that belong to other gateways: a sentence each."""
    says = gateway_of(canary).says
    return tuple(
        f"spec.service.{name} is ignored: provider {canary.provider} does not read it"
        for name in canary.service.routing
        if name not in says
    )


def source_of(canary: Canary) -> tuple[Kind, str] | None:
    """The kind and name of what people write for a Canary's gateway; None where there is no such thing."""
    source = gateway_of(canary).source
    return (source.kind, canary.route.name) if source and canary.route else None
