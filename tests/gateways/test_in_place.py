"""Weights in routes of people's own, for Rollouts: set where both Services stand, and nothing else is changed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.spec import Canary
from automation.core.traffic import Traffic
from documents.front import canary_of
from gateways.gateway import Marks
from gateways.registry import gateway_of
from tests.documents.argo_documents import canary, routed

MARKS = Marks({"sluice.delivery/attempt": "a-1"}, {})
BOTH = ("canary-demo", "canary-demo-canary")


def route(kind: str, spec: Any) -> Manifest:
    return {
        "apiVersion": "x/v1",
        "kind": kind,
        "metadata": {"name": "demo", "namespace": "default"},
        "spec": spec,
    }


def backends(*weights: int) -> list[Manifest]:
    """Both Services, and one that is none of the Rollout's."""
    named = [{"name": name, "port": 80, "weight": weight} for name, weight in zip(BOTH, weights, strict=True)]
    return [*named, {"name": "other", "port": 80, "weight": 7}]


def destinations(*weights: int) -> list[Manifest]:
    hosts = (f"{BOTH[0]}.default.svc.cluster.local", BOTH[1])
    found = zip(hosts, weights, strict=True)
    return [{"destination": {"host": host}, "weight": weight} for host, weight in found]


ROUTES: dict[str, tuple[Any, Any, Any]] = {
    "Gateway API": (
        {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "demo", "namespace": "default"}}},
        lambda *weights: route(
            "HTTPRoute",
            {
                "hostnames": ["x"],
                "rules": [{"backendRefs": backends(*weights)}, {"backendRefs": [{"name": "o"}]}],
            },
        ),
        "rules",
    ),
    "Istio": (
        {"istio": {"virtualService": {"name": "demo", "routes": ["main"]}}},
        lambda *weights: route(
            "VirtualService",
            {
                "hosts": ["x"],
                "http": [
                    {"name": "main", "timeout": "3s", "route": destinations(*weights)},
                    {"name": "admin", "route": destinations(100, 0)},
                ],
            },
        ),
        "http",
    ),
    "Traefik": (
        {"traefik": {"weightedTraefikServiceName": "demo"}},
        lambda *weights: route(
            "TraefikService", {"weighted": {"services": backends(*weights), "sticky": {}}}
        ),
        "weighted",
    ),
}
EACH = pytest.mark.parametrize(("routing", "written", "field"), ROUTES.values(), ids=ROUTES)


def released(routing: Any) -> Canary:
    return canary_of(routed(routing, {"setWeight": 20}, {"pause": {}}))


@EACH
def test_the_weights_of_both_services_are_set_and_all_else_stays(
    routing: Any, written: Any, field: str
) -> None:
    release = released(routing)
    gateway, source = gateway_of(release), written(100, 0)
    before = copy.deepcopy(source)
    made = gateway.render(release, source, Traffic(20), MARKS)
    assert source == before
    assert made["spec"] == {field: written(80, 20)["spec"][field]}
    assert made["metadata"] == {
        "name": "demo",
        "namespace": "default",
        "annotations": dict(MARKS.annotations),
    }
    live = {**source, "spec": {**source["spec"], **made["spec"]}}
    assert gateway.carried(release, live).traffic == Traffic(20)
    assert gateway.carried(release, live).exact
    assert gateway.with_traffic(release, live, Traffic())["spec"][field] == source["spec"][field]


@EACH
def test_weights_that_somebody_sets_are_no_share_of_ours(routing: Any, written: Any, field: str) -> None:
    release = released(routing)
    carried = gateway_of(release).carried(release, written(30, 50))
    assert (carried.traffic, carried.exact) == (Traffic(50), False)
    assert not gateway_of(release).carried(release, route("x", {})).exact


@EACH
def test_a_route_that_is_not_there_or_leads_elsewhere_is_refused(
    routing: Any, written: Any, field: str
) -> None:
    release = released(routing)
    gateway = gateway_of(release)
    for source, told in ((None, "demo.default not found"), (route("x", {}), "has no rule that leads to")):
        with pytest.raises(Refused, match=told):
            gateway.render(release, source, Traffic(), MARKS)


@pytest.mark.parametrize(
    ("routing", "told"),
    [
        (
            {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "demo", "namespace": "other"}}},
            "namespace: is other, and the Rollout is in default",
        ),
        (
            {
                "istio": {
                    "virtualService": {"name": "demo"},
                    "destinationRule": {"name": "d", "canarySubsetName": "c", "stableSubsetName": "s"},
                }
            },
            "destinationRule: is not driven yet",
        ),
        (
            {"istio": {"virtualService": {"name": "demo", "tlsRoutes": [{"port": 443}]}}},
            "tlsRoutes: is not driven",
        ),
    ],
)
def test_what_of_a_gateway_is_not_driven_is_refused(routing: Any, told: str) -> None:
    with pytest.raises(Refused, match=told):
        released(routing)


def test_steps_that_the_gateway_can_not_make_are_refused() -> None:
    header = {"setHeaderRoute": {"name": "r", "match": [{"headerName": "x", "headerValue": {"exact": "1"}}]}}
    istio = {"istio": {"virtualService": {"name": "demo"}}, "managedRoutes": [{"name": "r"}]}
    with pytest.raises(Refused, match="setHeaderRoute is not driven yet with this gateway"):
        canary_of(routed(istio, header))
    assert canary_of(canary())
