"""Services: an address where the type asks for one, and endpoints that have settled."""

from __future__ import annotations

from collections.abc import Sequence

from engine.kubernetes.objects import Object, at
from engine.kubernetes.waits.rule import READY, Related, Rule, Verdict, View, waiting

# The official provider waits ten seconds after the last change of the endpoints. EndpointSlices follow readiness
# at once, so a moment is enough to catch those that come in one burst. Whether pods come at all takes longer to tell.
BURST_SECONDS = 1.0
SETTLE_SECONDS = 10.0

NO_PODS = (
    "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match "
    "labels on any Pods"
)
NO_ADDRESS = "Service was not allocated an IP address; does your cloud provider support this?"


def judge(view: View) -> Verdict:
    """Pods that are not ready yet are waited for; a Service that selects none is ready once that has settled."""
    live = view.live
    endpoints = [_is_ready(endpoint) for endpoint in _alive(view.all("slices"))]
    no_pods = () if any(endpoints) or at(live, "spec", "clusterIP") == "None" else (NO_PODS,)
    if at(live, "spec", "type") == "LoadBalancer" and not at(live, "status", "loadBalancer", "ingress"):
        return waiting("[2/3] Attempting to allocate IP address to Service", *no_pods, NO_ADDRESS)
    if not _targets_pods(live):
        return READY
    progress = "[1/3] Finding Pods to direct traffic to"
    if not all(endpoints):
        return Verdict(problems=no_pods, progress=progress)
    return Verdict(ready=True, progress=progress, settle=BURST_SECONDS if endpoints else SETTLE_SECONDS)


def related(live: Object) -> tuple[Related, ...]:
    return (slices(live["metadata"]["name"]),) if _targets_pods(live) else ()


def slices(service: str) -> Related:
    """The EndpointSlices of one Service."""
    return Related(
        "slices", "discovery.k8s.io/v1", "EndpointSlice", labels=f"kubernetes.io/service-name={service}"
    )


def _alive(found: Sequence[Object]) -> list[Object]:
    """The endpoints whose pods are not going away."""
    endpoints = [endpoint for item in found for endpoint in item.get("endpoints") or []]
    return [endpoint for endpoint in endpoints if not at(endpoint, "conditions", "terminating")]


def _is_ready(endpoint: Object) -> bool:
    # An unknown state counts as ready, as the API says.
    return at(endpoint, "conditions", "ready", default=True) is True


def _targets_pods(live: Object) -> bool:
    spec = at(live, "spec", default={})
    return (
        spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None" and bool(spec.get("selector"))
    )


RULE = Rule(judge, related)
