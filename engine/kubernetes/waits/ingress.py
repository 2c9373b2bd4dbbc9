"""Ingresses: an address, and backends that lead somewhere. Backends that don't are warned of after a while."""

from __future__ import annotations

from collections.abc import Iterator

from engine.kubernetes.objects import Object, at
from engine.kubernetes.waits.rule import READY, Related, Rule, Verdict, View, waiting
from engine.kubernetes.waits.service import has_ready_endpoints

# A backend may well be created after the Ingress that names it.
SETTLE_SECONDS = 10.0

SERVICE_NAME = "kubernetes.io/service-name"


def judge(view: View) -> Verdict:
    live = view.live
    unmatched = [name for name in _backends(live) if not _leads_somewhere(view, name)]
    problems = [
        f"Service {name!r} of this Ingress has no endpoints; it may not exist or select no ready Pods"
        for name in unmatched
    ]
    if not at(live, "status", "loadBalancer", "ingress"):
        address = "Ingress has no address yet: no controller of its class has published one"
        return waiting(
            "[2/3] Waiting for update of .status.loadBalancer with hostname/IP", address, *problems
        )
    if not problems:
        return READY
    return Verdict(
        ready=True,
        settle=SETTLE_SECONDS,
        progress="[1/3] Finding matching Services",
        problems=tuple(problems),
    )


def related(live: Object) -> tuple[Related, ...]:
    if not any(_backends(live)):
        return ()
    return (Related("services", "v1", "Service"), Related("slices", "discovery.k8s.io/v1", "EndpointSlice"))


def _backends(live: Object) -> Iterator[str]:
    """The names of all Services that the rules lead to."""
    spec = at(live, "spec", default={})
    entries = [path for rule in spec.get("rules") or [] for path in at(rule, "http", "paths", default=[])]
    backends = [spec.get("defaultBackend"), *(entry.get("backend") for entry in entries)]
    names = (at(backend, "service", "name") for backend in backends)
    yield from dict.fromkeys(name for name in names if name)


def _leads_somewhere(view: View, name: str) -> bool:
    services = [item for item in view.all("services") if item["metadata"]["name"] == name]
    if any(at(item, "spec", "type") == "ExternalName" for item in services):
        return True
    slices = [item for item in view.all("slices") if at(item, "metadata", "labels", SERVICE_NAME) == name]
    return has_ready_endpoints(slices)


RULE = Rule(judge, related)
