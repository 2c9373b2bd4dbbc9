"""Weights in routes of people's own, for Rollouts: set where both Services stand, and nothing else is changed."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.spec import Canary
from automation.core.traffic import Traffic
from documents.front import canary_of
from gateways.gateway import Marks
from gateways.registry import gateway_of
from gateways.subsets import labelled
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
    for source, told in ((None, "demo.default not found"), (route("x", {}), "has no rule")):
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
            {"nginx": {"stableIngress": "demo", "annotationPrefix": "x"}},
            "annotationPrefix: is not driven yet",
        ),
    ],
)
def test_what_of_a_gateway_is_not_driven_is_refused(routing: Any, told: str) -> None:
    with pytest.raises(Refused, match=told):
        released(routing)


def test_steps_that_the_gateway_can_not_make_are_refused() -> None:
    header = {"setHeaderRoute": {"name": "r", "match": [{"headerName": "x", "headerValue": {"exact": "1"}}]}}
    plugin = {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "demo", "namespace": "default"}}}
    with pytest.raises(Refused, match="setHeaderRoute or setMirrorRoute is not driven yet with this gateway"):
        canary_of(routed({**plugin, "managedRoutes": [{"name": "r"}]}, header))
    assert canary_of(canary())


MANAGED = {
    "istio": {"virtualService": {"name": "demo"}},
    "managedRoutes": [{"name": "copied"}, {"name": "chosen"}],
}
CHOSEN = json.dumps({"name": "chosen", "match": [{"headers": {"x": {"exact": "1"}}}]})
COPIED = json.dumps(
    {"name": "copied", "mirror": 35, "match": [{"path": {"prefix": "/"}, "method": {"exact": "GET"}}]}
)
ALL_COPIED = json.dumps({"name": "copied", "mirror": 100, "match": [{}]})


def served(*weights: int) -> Manifest:
    return route("VirtualService", {"http": [{"name": "main", "route": destinations(*weights)}]})


def test_routes_that_steps_make_stand_before_peoples_own_and_go_again() -> None:
    release = released(MANAGED)
    gateway, traffic = gateway_of(release), Traffic(20, managed=(COPIED, CHOSEN))
    made = gateway.render(release, served(100, 0), traffic, MARKS)
    copied, chosen, main = made["spec"]["http"]
    assert main == served(80, 20)["spec"]["http"][0]
    canary_side = {"host": BOTH[1]}
    assert chosen == {
        "name": "chosen",
        "match": [{"headers": {"x": {"exact": "1"}}}],
        "route": [{"destination": canary_side, "weight": 100}],
    }
    assert copied == {
        "name": "copied",
        "match": [{"uri": {"prefix": "/"}, "method": {"exact": "GET"}}],
        "route": destinations(80, 20),
        "mirror": canary_side,
        "mirrorPercentage": {"value": 35},
    }
    live = {**served(0, 0), "spec": made["spec"]}
    assert (gateway.carried(release, live).traffic.canary, gateway.carried(release, live).exact) == (20, True)
    again = gateway.render(release, live, traffic, MARKS)
    assert again["spec"] == made["spec"], "they are made once"
    assert gateway.with_traffic(release, live, Traffic())["spec"] == served(100, 0)["spec"]


def test_a_route_that_copies_everything_asks_for_nothing() -> None:
    release = released(MANAGED)
    made = gateway_of(release).render(release, served(100, 0), Traffic(managed=(ALL_COPIED,)), MARKS)
    assert "match" not in made["spec"]["http"][0]


BY_SUBSET = {
    "istio": {
        "virtualService": {"name": "demo"},
        "destinationRule": {"name": "rule", "canarySubsetName": "new", "stableSubsetName": "old"},
    }
}


def by_subset(*weights: int) -> Manifest:
    shares = [
        {"destination": {"host": "canary-demo", "subset": name}, "weight": weight}
        for name, weight in zip(("old", "new"), weights, strict=True)
    ]
    return route("VirtualService", {"http": [{"route": shares}, {"route": destinations(100, 0)}]})


def test_two_subsets_of_one_service_are_sides_too() -> None:
    release = released(BY_SUBSET)
    made = gateway_of(release).render(release, by_subset(100, 0), Traffic(20), MARKS)
    assert made["spec"] == {"http": by_subset(80, 20)["spec"]["http"]}, "the Services are no sides then"
    assert gateway_of(release).carried(release, by_subset(80, 20)).traffic == Traffic(20)


def destination_rule(*names: str) -> Manifest:
    subsets = [{"name": name, "labels": {"app": "demo"}, "trafficPolicy": {"x": 1}} for name in names]
    return route("DestinationRule", {"host": "canary-demo", "subsets": subsets})


def test_subsets_are_the_pods_of_a_revision_each_and_keep_what_else_they_say() -> None:
    made = labelled(released(BY_SUBSET), destination_rule("old", "new", "theirs"), "blue", "green")
    assert made["metadata"]["name"] == "rule"
    assert [one["labels"] for one in made["spec"]["subsets"]] == [
        {"app": "demo", "rollouts-pod-template-hash": "blue"},
        {"app": "demo", "rollouts-pod-template-hash": "green"},
        {"app": "demo"},
    ]
    assert all(one["trafficPolicy"] == {"x": 1} for one in made["spec"]["subsets"])
    assert made["spec"].keys() == {"subsets"}


@pytest.mark.parametrize(
    ("live", "told"),
    [(None, "DestinationRule rule.default not found"), (destination_rule("old"), "has no subset new")],
    ids=["none", "one"],
)
def test_a_rule_without_the_subsets_is_refused(live: Manifest | None, told: str) -> None:
    with pytest.raises(Refused, match=told):
        labelled(released(BY_SUBSET), live, "blue", "green")


def test_rules_for_connections_are_split_and_those_that_are_not_named_stay() -> None:
    named = {"name": "demo", "tlsRoutes": [{"port": 443, "sniHosts": ["a.b"]}]}
    release = released({"istio": {"virtualService": named}})

    def written(*weights: int) -> Manifest:
        match = [{"port": 443, "sniHosts": ["a.b"]}]
        return {
            "http": [{"name": "main", "route": destinations(50, 50)}],
            "tls": [{"match": match, "route": destinations(*weights)}, {"route": destinations(100, 0)}],
        }

    made = gateway_of(release).render(release, route("x", written(100, 0)), Traffic(20), MARKS)
    assert made["spec"] == written(80, 20)
    absent = route("x", {"tls": [{"match": [{"port": 80}], "route": destinations(100, 0)}]})
    with pytest.raises(
        Refused, match=r"has no rule port 443, host a\.b; name one of its rules; known are: port 80"
    ):
        gateway_of(release).render(release, absent, Traffic(), MARKS)
