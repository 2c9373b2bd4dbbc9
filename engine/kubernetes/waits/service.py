"""Services: an address where the type asks for one, and endpoints that have settled."""

from __future__ import annotations

from collections.abc import Sequence

from engine.kubernetes.objects import Object, at
from engine.kubernetes.waits.rule import READY, Related, Rule, Verdict, View, waiting

# The official provider waits ten seconds after the last change of the endpoints. EndpointSlices follow readiness
# at once, so a moment is enough to catch those that come in one burst.
SETTLE_SECONDS = 1.0

NO_PODS = (
    "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match "
    "labels on any Pods"
)
NO_ADDRESS = "Service was not allocated an IP address; does your cloud provider support this?"


def judge(view: View) -> Verdict:
    live, found = view.live, view.all("slices")
    connected = all_ready(found) or not _targets_pods(live)
    if at(live, "spec", "type") == "LoadBalancer" and not at(live, "status", "loadBalancer", "ingress"):
        problems = (NO_ADDRESS,) if connected else (NO_PODS, NO_ADDRESS)
        return waiting("[2/3] Attempting to allocate IP address to Service", *problems)
    if not connected:
        return waiting("[1/3] Finding Pods to direct traffic to", NO_PODS)
    return Verdict(ready=True, settle=SETTLE_SECONDS) if _targets_pods(live) else READY


def related(live: Object) -> tuple[Related, ...]:
    return (slices(live["metadata"]["name"]),) if _targets_pods(live) else ()


def slices(service: str) -> Related:
    """The EndpointSlices of one Service."""
    return Related(
        "slices", "discovery.k8s.io/v1", "EndpointSlice", labels=f"kubernetes.io/service-name={service}"
    )


def has_ready_endpoints(found: Sequence[Object]) -> bool:
    return any(_is_ready(endpoint) for item in found for endpoint in item.get("endpoints") or [])


def all_ready(found: Sequence[Object]) -> bool:
    """Whether there are endpoints and none of them waits for its pod."""
    endpoints = [endpoint for item in found for endpoint in item.get("endpoints") or []]
    alive = [endpoint for endpoint in endpoints if not at(endpoint, "conditions", "terminating")]
    return bool(alive) and all(_is_ready(endpoint) for endpoint in alive)


def _is_ready(endpoint: Object) -> bool:
    # An unknown state counts as ready, as the API says.
    return at(endpoint, "conditions", "ready", default=True) is True


def _targets_pods(live: Object) -> bool:
    spec = at(live, "spec", default={})
    return (
        spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None" and bool(spec.get("selector"))
    )


RULE = Rule(judge, related)
