"""What Argo's Rollouts name for each gateway: objects of people's in which the weights are set, or that are copied.

It is not what releases here write: that stands in each gateway's own file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


def services_by_rule(kind: str, source: Mapping[str, Any]) -> Mapping[str, list[Any]]:
    """The Services that each rule of a source leads to, by the rule's name; "" where rules have none."""
    return _RULES[kind](source)


def _ingress(source: Mapping[str, Any]) -> Mapping[str, list[Any]]:
    """All its rules count, and none has a name."""
    spec = _object(source, "spec")
    paths = [path for rule in _objects(spec, "rules") for path in _objects(_object(rule, "http"), "paths")]
    backends = [_object(path, "backend") for path in paths] + [_object(spec, "defaultBackend")]
    return {"": [_object(backend, "service").get("name") for backend in backends]}


def _apisix(source: Mapping[str, Any]) -> Mapping[str, list[Any]]:
    rules = _objects(_object(source, "spec"), "http")
    return {
        str(rule.get("name")): [backend.get("serviceName") for backend in _objects(rule, "backends")]
        for rule in rules
    }


def _istio(source: Mapping[str, Any]) -> Mapping[str, list[Any]]:
    """Hosts of the destinations; a Service may be called by its full name."""
    return {
        str(rule.get("name") or ""): [
            str(_object(one, "destination").get("host")).partition(".")[0] for one in _objects(rule, "route")
        ]
        for rule in _objects(_object(source, "spec"), "http")
    }


def _traefik(source: Mapping[str, Any]) -> Mapping[str, list[Any]]:
    weighted = _object(_object(source, "spec"), "weighted")
    return {"": [service.get("name") for service in _objects(weighted, "services")]}


def _gateway_api(source: Mapping[str, Any]) -> Mapping[str, list[Any]]:
    return {
        str(index): [backend.get("name") for backend in _objects(rule, "backendRefs")]
        for index, rule in enumerate(_objects(_object(source, "spec"), "rules"))
    }


def service_fields(kind: str, source: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a source says that a Canary of the same gateway says in `spec.service`."""
    spec = _object(source, "spec")
    return {name: spec[field] for name, field in TOLD.get(kind, {}).items() if spec.get(field)}


TOLD: Mapping[str, Mapping[str, str]] = {
    "VirtualService": {"hosts": "hosts", "gateways": "gateways"},
    "HTTPRoute": {"hosts": "hostnames", "gatewayRefs": "parentRefs"},
}
"""By the kind of a source: fields of a Canary's `spec.service`, and of the source's `spec`, that say the same."""


_RULES: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, list[Any]]]] = {
    "Ingress": _ingress,
    "ApisixRoute": _apisix,
    "VirtualService": _istio,
    "TraefikService": _traefik,
    "HTTPRoute": _gateway_api,
}
"""The Services that each rule of a source leads to, by the rule's name."""


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, Mapping) else {}


def _objects(holder: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = holder.get(name)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


@dataclass(frozen=True)
class Named:
    """`trafficRouting` of a Rollout. `editing`: the weights are set in what it names, which is people's."""

    fields: Mapping[str, Any]
    editing: bool = True


def routing_of(provider: str, source: str, namespace: str) -> Named | None:
    """How a Rollout names what the gateway of a provider splits; None for a gateway that Rollouts don't know."""
    match provider:
        case "nginx":
            return Named({"nginx": {"stableIngress": source}}, editing=False)
        case "apisix":
            return Named({"apisix": {"route": {"name": source}}})
        case "istio":
            return Named({"istio": {"virtualService": {"name": source}}})
        case "traefik":
            return Named({"traefik": {"weightedTraefikServiceName": source}})
        case _ if provider.startswith("gatewayapi"):
            named = {"httpRoute": source, "namespace": namespace}
            return Named({"plugins": {"argoproj-labs/gatewayAPI": named}})
    return None
