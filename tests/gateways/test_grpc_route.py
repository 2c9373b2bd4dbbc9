"""Gateway API for gRPC: the GRPCRoute, asserted whole, and releases over it."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.spec import Canary
from automation.core.traffic import Traffic
from documents.front import canary_of
from gateways.grpc_route import GRPC, GRPC_ROUTE
from gateways.registry import unread
from tests.core.documents import MISSING
from tests.core.world import initialised
from tests.gateways.alike import MARKS, METADATA, behind, promoted_and_rolled_back
from tests.gateways.test_gateway_api import INSIDERS, PARENT, REFS, Listening, backend, both

S, A = "spec.service", "spec.analysis"
COUNTED = {f"{A}.stepWeight": MISSING, f"{A}.maxWeight": MISSING, f"{A}.iterations": 2}
ECHO = {"method": {"type": "Exact", "service": "demo.Echo", "method": "Say"}}
INSIDER = {"type": "Exact", "name": "x-canary", "value": "insider"}
MIRROR = {
    "type": "RequestMirror",
    "requestMirror": {"backendRef": {"group": "", "kind": "Service", "name": "podinfo-canary", "port": 80}},
}


def written(changes: dict[str, Any] | None = None) -> Manifest:
    return behind("gatewayapi:v1:grpc", {f"{S}.gatewayRefs": REFS, **(changes or {})})


def canary(changes: dict[str, Any] | None = None) -> Canary:
    return canary_of(written(changes))


def render(traffic: Traffic, changes: dict[str, Any] | None = None) -> Manifest:
    return GRPC.render(canary(changes), None, traffic, MARKS)


def test_a_release_at_80_to_20() -> None:
    said = {
        f"{S}.hosts": ["grpc.example.com"],
        f"{S}.match": [{"uri": {"exact": "/demo.Echo/Say"}}, {"uri": {"prefix": "/demo.Health/"}}],
        f"{S}.headers": {"request": {"remove": ["x-c"]}},
    }
    removed = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["x-c"]}}
    matches = [ECHO, {"method": {"type": "Exact", "service": "demo.Health"}}]
    assert render(Traffic(20), said) == {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GRPCRoute",
        "metadata": METADATA,
        "spec": {
            "parentRefs": [PARENT],
            "hostnames": ["grpc.example.com"],
            "rules": [{"matches": matches, "filters": [removed], "backendRefs": both(20)}],
        },
    }


def test_every_path_needs_no_match_and_what_is_for_http_alone_is_left_out_and_told() -> None:
    said = {
        f"{S}.timeout": "10s",
        f"{S}.rewrite": {"uri": "/"},
        f"{S}.corsPolicy": {"allowOrigins": [{"exact": "https://example.com"}]},
    }
    assert render(Traffic(20), said)["spec"]["rules"] == [{"backendRefs": both(20)}]
    assert unread(canary(said)) == tuple(
        f"spec.service.{field} is ignored: provider gatewayapi:v1:grpc does not read it"
        for field in ("timeout", "rewrite", "corsPolicy")
    )


def test_chosen_requests_come_first_and_everybody_else_stays() -> None:
    said = {**COUNTED, f"{A}.match": [INSIDERS], f"{S}.match": [{"uri": {"exact": "/demo.Echo/Say"}}]}
    matched = canary(said).analysis.match
    assert render(Traffic(100, match=matched), said)["spec"]["rules"] == [
        {"matches": [{**ECHO, "headers": [INSIDER]}], "backendRefs": both(100)},
        {"matches": [ECHO], "backendRefs": [backend("podinfo-primary", 100)]},
    ]


def test_requests_are_mirrored() -> None:
    [rule] = render(Traffic(mirror=100))["spec"]["rules"]
    assert rule == {"filters": [MIRROR], "backendRefs": both(0)}
    live = render(Traffic(mirror=100))
    assert GRPC.with_traffic(canary(), live, Traffic(10)) == render(Traffic(10))


@pytest.mark.parametrize("weight", [0, 1, 50, 100])
def test_what_was_written_is_read_back_and_changed_in_place(weight: int) -> None:
    live = render(Traffic(weight))
    carried = GRPC.carried(canary(), live)
    assert (carried.traffic, carried.exact) == (Traffic(weight), True)
    assert GRPC.with_traffic(canary(), render(Traffic(30)), Traffic(weight)) == live


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({f"{S}.match": [{"uri": {"exact": "/demo.Echo"}}]}, "/demo.Echo names no service of gRPC"),
        ({f"{S}.match": [{"uri": {"prefix": "/demo.Echo/Say"}}]}, "names no service of gRPC"),
        ({f"{S}.match": [{"uri": {"regex": "/demo.*"}}]}, "a GRPCRoute has no regex"),
        ({f"{S}.match": [{"method": {"exact": "GET"}}]}, "match.0..method: a GRPCRoute can't tell requests"),
        (
            {**COUNTED, f"{A}.match": [{"queryParams": {"v": {"exact": "2"}}}]},
            "spec.analysis.match.0..queryParams: a GRPCRoute can't tell requests",
        ),
        ({f"{A}.sessionAffinity": {"cookieName": "x"}}, "gatewayapi:v1:grpc can't release by affinity"),
        ({f"{S}.gatewayRefs": []}, "must be specified when using Gateway API as a provider"),
    ],
    ids=[
        "half a name",
        "too long a prefix",
        "a pattern",
        "an HTTP method",
        "a query",
        "cookies",
        "no parent",
    ],
)
def test_what_a_grpc_route_can_not_do_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=told):
        canary(changes)


class Calling(Listening):
    """A world in which somebody accepts GRPCRoutes."""

    heard = GRPC_ROUTE


def test_a_good_release_is_promoted_and_a_bad_one_rolled_back() -> None:
    world = initialised(written(), world=Calling)
    promoted_and_rolled_back(world)
    route = world.cluster.get(GRPC_ROUTE, "test", "podinfo")
    assert route is not None
    assert route["spec"]["rules"] == [{"backendRefs": both(0)}]
