"""Reads `trafficRouting`: who splits the traffic of a Rollout, and the objects in which that is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from automation.core.rollout import Routing
from documents.section import Section

GATEWAY_API_PLUGIN = "argoproj-labs/gatewayAPI"
_UNSUPPORTED = ("appMesh",)
Rules = tuple[tuple[str, ...], ...]
"""Rules of a source, each by the texts that it has to be known by."""


@dataclass(frozen=True)
class _Sources:
    """What stands under the field of one gateway: names of sources, and by these of rules in them."""

    names: tuple[str, ...]
    routes: Mapping[str, Rules] = field(default_factory=dict)


@dataclass(frozen=True)
class _Row:
    """Which of our gateways one of Argo's is, and the kind of its sources. `headers` and `mirrors`: whether its steps
    can make routes of headers, and of copies."""

    provider: str
    kind: str
    read: Callable[[Section], _Sources]
    headers: bool = False
    mirrors: bool = False


def read(canary: Section) -> Routing | None:
    """What `strategy.canary.trafficRouting` says; None without it, or for a gateway that is refused."""
    section = canary.section("trafficRouting")
    if "trafficRouting" not in canary:
        return None
    managed = tuple(_managed(route) for route in section.sections("managedRoutes"))
    total = section.whole("maxTrafficWeight", 100, least=1) if "maxTrafficWeight" in section else 100
    section.allow(*_ROWS, *_UNSUPPORTED, "plugins", "maxTrafficWeight")
    section.close()
    if total != 100:
        section.refuse("maxTrafficWeight", "is not supported", "leave it out, and write weights in percent")
    # Who can do more comes first: what steps make beside the weights is made there.
    found = sorted(_gateways(section), key=lambda one: -(one[0].headers + one[0].mirrors))
    routings = [_routing(row, inner, managed) for row, inner in found]
    return replace(routings[0], total=total, others=tuple(routings[1:])) if routings else None


def _routing(row: _Row, section: Section, managed: tuple[str, ...]) -> Routing:
    sources = row.read(section)
    section.close()
    return Routing(row.provider, row.kind, sources.names, sources.routes, managed, settings=section.fields)


def can_route(routing: Routing | None, what: str) -> bool:
    """Whether steps can make routes of `headers`, or of copies ("mirrors"), with this gateway in Argo's hands."""
    rows = {row.provider: row for row in (*_ROWS.values(), _PLUGIN)}
    return routing is not None and bool(getattr(rows[routing.provider], what))


def able(what: str) -> str:
    """The gateways that can, for people."""
    rows = {**_ROWS, GATEWAY_API_PLUGIN: _PLUGIN}
    return " or ".join(name for name, row in rows.items() if getattr(row, what))


def _managed(route: Section) -> str:
    name = route.text("name", required=True)
    route.close()
    return name


def _gateways(section: Section) -> list[tuple[_Row, Section]]:
    """The gateways that are named, with their sections; what is wrong with that is told."""
    found = [(row, section.section(name)) for name, row in _ROWS.items() if name in section]
    strange = [name for name in _UNSUPPORTED if name in section]
    known = ", ".join((*_ROWS, f"plugins with {GATEWAY_API_PLUGIN}"))
    for name in strange:
        section.refuse(name, "is not supported", f"use one of {known}")
    plugins = section.section("plugins")
    for name in map(str, plugins.fields):
        if name == GATEWAY_API_PLUGIN:
            found.append((_PLUGIN, plugins.section(name)))
        else:
            strange.append(name)
            plugins.refuse(
                name, "is a plugin that is not known", f"use {GATEWAY_API_PLUGIN}, or one of {known}"
            )
    if not found and not strange:
        section.refuse("nginx", "or another gateway is missing", f"name one of {known}")
    return found


def _nginx(section: Section) -> _Sources:
    one, several = section.text("stableIngress"), _texts(section, "stableIngresses")
    section.texts_by_name("additionalIngressAnnotations")
    section.texts_by_name("canaryIngressAnnotations")
    section.text("annotationPrefix")
    if bool(one) == bool(several):
        told = "is there beside stableIngress" if one else "and stableIngresses are missing"
        section.refuse("stableIngresses" if one else "stableIngress", told, "name the Ingress in one of them")
    return _Sources(several or ((one,) if one else ()))


def _apisix(section: Section) -> _Sources:
    route = section.section("route")
    name, rules = route.text("name", required=True), _texts(route, "rules")
    route.close()
    return _Sources((name,), {name: _by_name(rules)})


def _by_name(names: Iterable[str]) -> Rules:
    return tuple((name,) for name in names)


def _istio(section: Section) -> _Sources:
    destinations = section.section("destinationRule")
    if "destinationRule" in section:
        for name in ("name", "canarySubsetName", "stableSubsetName"):
            destinations.text(name, required=True)
        destinations.allow("additionalSubsetNames")
        destinations.close()
    one, several = section.section("virtualService"), section.sections("virtualServices")
    if ("virtualService" in section) == bool(several):
        told = "is there beside virtualService" if several else "and virtualServices are missing"
        field = "virtualServices" if several else "virtualService"
        section.refuse(field, told, "name the VirtualService in one of them")
    services = several or ([one] if "virtualService" in section else [])
    read = [_virtual_service(service) for service in services]
    return _Sources(tuple(name for name, _ in read), dict(read))


def _virtual_service(section: Section) -> tuple[str, Rules]:
    name, routes = section.text("name", required=True), _by_name(_texts(section, "routes"))
    connections = [_connections(one) for kind in ("tlsRoutes", "tcpRoutes") for one in section.sections(kind)]
    section.close()
    return name, (*routes, *filter(None, connections))


def _connections(section: Section) -> tuple[str, ...]:
    """Connections have no names: their rules are known by a port and hosts."""
    port = (f"port {section.whole('port')}",) if "port" in section else ()
    hosts = tuple(f"host {host}" for host in _texts(section, "sniHosts"))
    section.close()
    return (*port, *hosts)


def _alb(section: Section) -> _Sources:
    one, several = section.text("ingress"), _texts(section, "ingresses")
    section.text("rootService")
    section.text("annotationPrefix")
    section.whole("servicePort", least=1, most=65535)
    _sticky(section.section("stickinessConfig"))
    if bool(one) == bool(several):
        told = "is there beside ingress" if one else "and ingresses are missing"
        section.refuse("ingresses" if one else "ingress", told, "name the Ingress in one of them")
    if "servicePort" not in section:
        section.refuse("servicePort", "is missing", "set it to the port of both Services")
    return _Sources(several or ((one,) if one else ()))


def _sticky(section: Section) -> None:
    """AWS takes from a second to a week."""
    enabled, week = section.flag("enabled"), 604800
    section.whole("durationSeconds", least=1 if enabled else 0, most=week)
    section.close()
    if enabled and "durationSeconds" not in section:
        section.refuse("durationSeconds", "is missing", f"use a whole number from 1 to {week}")


def _smi(section: Section) -> _Sources:
    section.text("rootService")
    section.named("trafficSplitName")
    return _Sources(())


def _ambassador(section: Section) -> _Sources:
    names = _texts(section, "mappings")
    if not names:
        section.refuse("mappings", "is missing", "name the Mapping that leads to stableService")
    return _Sources(names)


def _traefik(section: Section) -> _Sources:
    return _Sources((section.text("weightedTraefikServiceName", required=True),))


def _gateway_api(section: Section) -> _Sources:
    one, namespace = section.text("httpRoute"), section.text("namespace")
    several = [route.text("name", required=True) for route in section.sections("httpRoutes")]
    section.allow(
        "grpcRoute", "grpcRoutes", "tcpRoute", "tcpRoutes", "tlsRoutes", "configMap", "disableInProgressLabel"
    )
    section.allow("inProgressLabelKey", "inProgressLabelValue", "httpRouteSelector", "experimental")
    if bool(one) == bool(several):
        told = "is there beside httpRoute" if one else "is missing"
        section.refuse("httpRoutes" if one else "httpRoute", told, "name the HTTPRoute in one place")
    if not namespace:
        section.refuse("namespace", "is missing", "set it to the namespace of the HTTPRoute")
    return _Sources(tuple(several) or ((one,) if one else ()))


def _texts(section: Section, field: str) -> tuple[str, ...]:
    values = section.raw(field)
    if values is None:
        return ()
    if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
        section.refuse(field, "is not a list of names", "write a list of texts")
        return ()
    return tuple(values)


_ROWS: Mapping[str, _Row] = {
    "nginx": _Row("nginx", "Ingress", _nginx),
    "apisix": _Row("apisix", "ApisixRoute", _apisix, headers=True),
    "istio": _Row("istio", "VirtualService", _istio, headers=True, mirrors=True),
    "traefik": _Row("traefik", "TraefikService", _traefik),
    "alb": _Row("alb", "Ingress", _alb, headers=True),
    "smi": _Row("smi", "TrafficSplit", _smi),
    "ambassador": _Row("ambassador", "Mapping", _ambassador),
}
_PLUGIN = _Row("gatewayapi:v1", "HTTPRoute", _gateway_api, headers=True, mirrors=True)
