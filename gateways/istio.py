"""Istio: a VirtualService named after the apex, and a DestinationRule for each of the two Services behind it.

The Canary alone says everything: `spec.service` holds hosts, gateways and what happens to requests on their way.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence

from automation.core.kinds import Kind, Manifest
from automation.core.refusal import Problem, Refused
from automation.core.shape import TEXT, TRUTH, Fields, Items, fields, flaws
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import Traffic
from gateways.alone import Alone, of_the_apex
from gateways.backends import carried_by_rules, weights_of
from gateways.counted import counted
from gateways.gateway import Carried, Gateway, Marks
from gateways.virtual_service import (
    ON_THEIR_WAY,
    http_rules,
    rules_in,
    set_weights,
    shares,
    tcp_rule,
)

VIRTUAL_SERVICE = Kind("/apis/networking.istio.io/v1beta1", "virtualservices", "VirtualService")
DESTINATION_RULE = Kind("/apis/networking.istio.io/v1beta1", "destinationrules", "DestinationRule")

_SERIES = 'reporter="destination",destination_workload_namespace="{{ namespace }}",destination_workload=~"{{ target }}"'
_QUERIES: Mapping[str, str] = {
    **counted(f"istio_requests_total{{{_SERIES}GOOD}}", ',response_code!~"5.*"'),
    "request-duration": (
        "histogram_quantile(0.99, sum(rate(istio_request_duration_milliseconds_bucket"
        f"{{{_SERIES}}}[{{{{ interval }}}}])) by (le))"
    ),
}
_SHAPE = fields(
    gateways=Items(TEXT),
    hosts=Items(TEXT),
    delegation=TRUTH,
    match=Items(Fields({})),
    rewrite=Fields({}),
    retries=Fields({}),
    headers=Fields({}),
    corsPolicy=Fields({}),
    trafficPolicy=Fields({}),
    timeout=TEXT,
)


class Istio(Alone):
    """Istio by its VirtualServices, in the mesh and at its gateways."""

    provider = "istio"
    kind = VIRTUAL_SERVICE
    companions = (DESTINATION_RULE,)
    ruled = ("f:spec", "f:http")
    carries = frozenset({"weights", "match", "mirror", "affinity"})
    says = ("gateways", "hosts", "delegation", "match", *ON_THEIR_WAY, "trafficPolicy")

    def unable(self, canary: Canary) -> tuple[Problem, ...]:
        found = list(flaws(canary.service.routing, _SHAPE, "spec.service"))
        return tuple(found or (*_delegation(canary), *_tcp(canary)))

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        if problems := self.unable(canary):
            raise Refused(problems)
        rules = (
            {"tcp": [tcp_rule(canary, traffic)]} if _is_tcp(canary) else {"http": http_rules(canary, traffic)}
        )
        return of_the_apex(VIRTUAL_SERVICE, canary, marks, {**_reached(canary), **rules})

    def rest_on(self, canary: Canary, marks: Marks) -> tuple[Manifest, ...]:
        policy = canary.service.routing.get("trafficPolicy")
        return tuple(
            {
                "apiVersion": DESTINATION_RULE.api_version,
                "kind": DESTINATION_RULE.kind,
                "metadata": {
                    "name": name,
                    "namespace": canary.namespace,
                    "ownerReferences": [marks.owner],
                    **({"annotations": dict(marks.annotations)} if marks.annotations else {}),
                },
                "spec": {"host": name} | ({"trafficPolicy": copy.deepcopy(policy)} if policy else {}),
            }
            for name in (canary.canary_service, canary.primary_service)
        )

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        return carried_by_rules(canary, map(shares, rules_in(route)))

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        """Rules that lead to the canary alone go once nobody is to be led there."""
        changed, weights = copy.deepcopy(route), weights_of(canary, traffic)
        for part in ("http", "tcp"):
            rules = changed["spec"].get(part)
            if rules is None:
                continue
            kept = [
                rule for rule in rules if traffic.canary or shares(rule).keys() != {canary.canary_service}
            ]
            for rule in kept:
                set_weights(rule, weights)
                if not traffic.mirror:
                    rule.pop("mirror", None)
                    rule.pop("mirrorPercentage", None)
            changed["spec"][part] = kept
        return changed

    def hosts(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        """Those that are reachable from outside of the mesh."""
        hosts = canary.service.routing.get("hosts") or ()
        return () if "*" in hosts else tuple(hosts)

    def query(self, canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
        """Istio counts where the answers are given, in the canary's own pods."""
        return _QUERIES[check.name]


ISTIO: Gateway = Istio()


def _delegation(canary: Canary) -> Iterator[Problem]:
    said = canary.service.routing
    if not said.get("delegation"):
        return
    for field in ("hosts", "gateways"):
        if said.get(field):
            yield Problem(
                f"spec.service.{field}",
                "a VirtualService that others delegate to can't have any",
                f"remove {field} or delegation",
            )


def _tcp(canary: Canary) -> Iterator[Problem]:
    if not _is_tcp(canary):
        return
    analysis = canary.analysis
    asked = {"match": analysis.match, "mirror": analysis.mirror, "sessionAffinity": analysis.affinity}
    for field in (name for name, value in asked.items() if value):
        yield Problem(
            f"spec.analysis.{field}",
            "istio can't tell connections of appProtocol tcp apart by what they say",
            f"remove {field}, or spec.service.appProtocol",
        )


def _is_tcp(canary: Canary) -> bool:
    return canary.service.app_protocol == "tcp"


def _reached(canary: Canary) -> Manifest:
    """Under which hosts and at which gateways; a delegate has neither."""
    said = canary.service.routing
    if said.get("delegation"):
        return {}
    hosts = list(said.get("hosts") or ())
    hosts += [] if {"*", canary.apex} & set(hosts) else [canary.apex]
    return {"gateways": list(said.get("gateways") or ("mesh",)), "hosts": hosts}
