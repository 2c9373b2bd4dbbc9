"""How a split is written for APISIX: a copy of the user's rule with two weighted backends and a higher priority.

The user's ApisixRoute is only read. All of its rules stay live; the copy shadows the one that it was made of.
"""

from __future__ import annotations

import copy

from automation.core.kinds import Manifest
from automation.core.marks import inherited
from automation.core.spec import Canary, Problem, Refused
from automation.core.status import Traffic

PRIORITY = 10000
"""Above whatever the source rule says."""


def render(
    source: Manifest | None, canary: Canary, traffic: Traffic, annotations: dict[str, str], owner: Manifest
) -> Manifest:
    """The ApisixRoute `<routeRef>-<apex>-canary` for this traffic.

    Everything of the rule that is not a weight, also what this module has never heard of, is kept. Raises
    `Refused` with the model's texts when `source` has no rule that a copy can be made of.
    """
    assert canary.route is not None
    if source is None:
        raise Refused((_missing(canary),))
    rule = _shadowed_rule(source, canary)
    shadow = {
        **copy.deepcopy(rule),
        "priority": PRIORITY,
        "backends": _backends(rule["backends"][0], canary, traffic),
    }
    metadata = source["metadata"]
    return {
        "apiVersion": canary.route.api_version,
        "kind": canary.route.kind,
        "metadata": {
            "name": canary.route_copy_name,
            "namespace": canary.namespace,
            "labels": inherited(metadata.get("labels")),
            "annotations": {**inherited(metadata.get("annotations")), **annotations},
            "ownerReferences": [owner],
        },
        "spec": {**copy.deepcopy(source["spec"]), "http": [shadow]},
    }


def hosts(source: Manifest | None, canary: Canary) -> tuple[str, ...]:
    """Host names under which users reach the application; none when the rule matches any host."""
    rules = (source or {}).get("spec", {}).get("http") or []
    for rule in rules:
        if any(backend.get("serviceName") == canary.apex for backend in rule.get("backends") or []):
            return tuple(rule.get("match", {}).get("hosts") or ())
    return ()


def _backends(backend: Manifest, canary: Canary, traffic: Traffic) -> list[Manifest]:
    return [
        {**backend, "serviceName": f"{canary.apex}-primary", "weight": traffic.primary},
        {**backend, "serviceName": f"{canary.apex}-canary", "weight": traffic.canary},
    ]


def _shadowed_rule(source: Manifest, canary: Canary) -> Manifest:
    """The first http rule whose backend is the apex Service."""
    name = f"{source['metadata']['name']}.{canary.namespace}"
    rules = source.get("spec", {}).get("http") or []
    if not rules:
        remedy = f"give the route an http rule whose backend is the Service {canary.apex}"
        raise Refused((Problem("spec.http", f"APISIX route {name}'s spec.http is empty", remedy),))
    for index, rule in enumerate(rules):
        backends = rule.get("backends") or []
        if any(backend.get("serviceName") == canary.apex for backend in backends):
            _refuse_backends(canary, name, f"spec.http[{index}].backends", backends)
            return dict(rule)
    named = sorted(
        {backend.get("serviceName", "?") for rule in rules for backend in rule.get("backends") or []}
    )
    problem = f"Can not find {canary.apex} backend on apisix route {name}"
    remedy = (
        f"name the Service {canary.apex} as a rule's backend (the route names: {', '.join(named) or 'none'})"
    )
    raise Refused((Problem("spec.http[].backends[].serviceName", problem, remedy),))


def _refuse_backends(canary: Canary, name: str, path: str, backends: list[Manifest]) -> None:
    problems = []
    if len(backends) > 1:
        text = f"APISIX route {name}: only one http backend is supported, the rule has {len(backends)}"
        remedy = f"leave {canary.apex} as the rule's only backend; the split is written to a copy of the rule"
        problems.append(Problem(path, text, remedy))
    port = next(backend for backend in backends if backend.get("serviceName") == canary.apex).get(
        "servicePort"
    )
    if port not in (canary.service.port, canary.service.port_name):
        text = f"APISIX route {name} sends to port {port}, which the Service {canary.apex} does not have"
        remedy = f"set servicePort to {canary.service.port}, the Canary's spec.service.port"
        problems.append(Problem(f"{path}[].servicePort", text, remedy))
    if problems:
        raise Refused(tuple(problems))


def _missing(canary: Canary) -> Problem:
    assert canary.route is not None
    return Problem(
        path="spec.routeRef.name",
        problem=f'apisixroutes.apisix.apache.org "{canary.route.name}" not found in namespace {canary.namespace}',
        remedy="apply the ApisixRoute first, or name the one that sends users to the application",
    )
