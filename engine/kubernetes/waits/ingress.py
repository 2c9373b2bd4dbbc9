"""Ingresses: an address, and a Service behind every path. Of paths without one it is told, but not for long."""

from __future__ import annotations

from collections.abc import Iterator

from engine.kubernetes.objects import Object, at
from engine.kubernetes.waits.rule import READY, Related, Rule, Verdict, View

# A Service may well be created after the Ingress that names it.
SETTLE_SECONDS = 10.0

SERVICE_NAME = "kubernetes.io/service-name"
NO_TARGET = "Ingress has at least one rule with an unavailable target endpoint."
NO_ADDRESS = (
    "Ingress .status.loadBalancer field was not updated with a hostname/IP address. "
    "\n    for more information about this error, see https://pulumi.io/xdv72s"
)


def judge(view: View) -> Verdict:
    live = view.live
    unmatched = [name for name in _backends(live) if not _leads_somewhere(view, name)]
    unsettled = (NO_TARGET,) if unmatched else ()
    if not at(live, "status", "loadBalancer", "ingress"):
        progress = "[2/3] Waiting for update of .status.loadBalancer with hostname/IP"
        return Verdict(problems=(NO_ADDRESS,), unsettled=unsettled, progress=progress, settle=SETTLE_SECONDS)
    if not unmatched:
        return READY
    progress = f"[1/3] Finding a matching service for each Ingress path: {', '.join(unmatched)}"
    return Verdict(ready=True, unsettled=unsettled, progress=progress, settle=SETTLE_SECONDS)


def related(live: Object) -> tuple[Related, ...]:
    if not any(_backends(live)):
        return ()
    return (Related("services", "v1", "Service"), Related("slices", "discovery.k8s.io/v1", "EndpointSlice"))


def _backends(live: Object) -> Iterator[str]:
    """The names of all Services that paths lead to."""
    rules = at(live, "spec", "rules", default=[])
    paths = [path for rule in rules for path in at(rule, "http", "paths", default=[])]
    yield from dict.fromkeys(filter(None, (at(path, "backend", "service", "name") for path in paths)))


def _leads_somewhere(view: View, name: str) -> bool:
    """Whether it leads out of the cluster, or endpoints are kept of it, be they none."""
    services = [item for item in view.all("services") if item["metadata"]["name"] == name]
    if any(at(item, "spec", "type") == "ExternalName" for item in services):
        return True
    return any(at(item, "metadata", "labels", SERVICE_NAME) == name for item in view.all("slices"))


RULE = Rule(judge, related)
