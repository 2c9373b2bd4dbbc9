"""What Argo's Rollouts name for each gateway: objects of people's in which the weights are set, or that are copied.

It is not what releases here write: that stands in each gateway's own file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


def service_fields(kind: str, source: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a source says that a Canary of the same gateway says in `spec.service`."""
    spec = source.get("spec") or {}
    return {name: spec[field] for name, field in TOLD.get(kind, {}).items() if spec.get(field)}


TOLD: Mapping[str, Mapping[str, str]] = {
    "VirtualService": {"hosts": "hosts", "gateways": "gateways"},
    "HTTPRoute": {"hosts": "hostnames", "gatewayRefs": "parentRefs"},
}
"""By the kind of a source: fields of a Canary's `spec.service`, and of the source's `spec`, that say the same."""


@dataclass(frozen=True)
class Named:
    """`trafficRouting` of a Rollout. `editing`: the weights are set in what it names, which is people's; else in a copy
    of that, or in what is made."""

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
        case "linkerd" | "osm":
            return Named({"smi": {}}, editing=False)
        case "traefik":
            return Named({"traefik": {"weightedTraefikServiceName": source}})
        case _ if provider.startswith("gatewayapi"):
            named = {"httpRoute": source, "namespace": namespace}
            return Named({"plugins": {"argoproj-labs/gatewayAPI": named}})
    return None
