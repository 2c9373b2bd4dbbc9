"""Gateway API: the HTTPRoute, asserted whole, and releases that wait until their gateway has heard of it."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.kinds import Kind, Manifest
from automation.core.refusal import Refused
from automation.core.spec import Canary
from automation.core.status import Phase
from automation.core.traffic import Traffic
from documents.front import canary_of
from gateways.gateway_api import GATEWAY_API, HTTP_ROUTE
from tests.core.documents import MISSING, document
from tests.core.world import World, initialised
from tests.gateways.alike import MARKS, METADATA

S, A = "spec.service", "spec.analysis"
GATEWAY = GATEWAY_API[0]
REFS = [{"name": "gateway", "namespace": "istio-ingress"}]
PARENT = {"group": "gateway.networking.k8s.io", "kind": "Gateway", **REFS[0]}
EVERYTHING = [{"path": {"type": "PathPrefix", "value": "/"}}]
INSIDERS = {"headers": {"x-canary": {"exact": "insider"}}}


def written(changes: dict[str, Any] | None = None) -> Manifest:
    own = {"spec.provider": "gatewayapi:v1", "spec.routeRef": MISSING, f"{S}.gatewayRefs": REFS}
    return document({**own, **(changes or {})})


def canary(changes: dict[str, Any] | None = None) -> Canary:
    return canary_of(written(changes))


def render(traffic: Traffic, changes: dict[str, Any] | None = None) -> Manifest:
    return GATEWAY.render(canary(changes), None, traffic, MARKS)


def backend(name: str, weight: int, **more: Any) -> Manifest:
    return {"group": "", "kind": "Service", "name": name, "port": 80, "weight": weight, **more}


def both(weight: int) -> list[Manifest]:
    return [backend("podinfo-primary", 100 - weight), backend("podinfo-canary", weight)]


def test_a_route_at_80_to_20() -> None:
    assert render(Traffic(20), {f"{S}.hosts": ["www.example.com"]}) == {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": METADATA,
        "spec": {
            "parentRefs": [PARENT],
            "hostnames": ["www.example.com"],
            "rules": [{"matches": EVERYTHING, "backendRefs": both(20)}],
        },
    }


def test_what_happens_to_requests_on_their_way() -> None:
    said = {
        f"{S}.match": [
            {"uri": {"prefix": "/api"}, "method": {"exact": "GET"}, "queryParams": {"v": {"regex": "2.*"}}}
        ],
        f"{S}.headers": {
            "request": {"add": {"x-b": "2", "x-a": "1"}, "remove": ["x-c"]},
            "response": {"set": {"x-d": "3"}},
        },
        f"{S}.rewrite": {"uri": "/", "authority": "inner", "type": "ReplacePrefixMatch"},
        f"{S}.corsPolicy": {
            "allowOrigins": [{"exact": "https://example.com"}],
            "allowMethods": ["GET"],
            "maxAge": "10m",
            "allowCredentials": True,
        },
        f"{S}.timeout": "10s",
        f"{S}.backendTimeout": "2s",
    }
    (rule,) = render(Traffic(0), said)["spec"]["rules"]
    assert rule == {
        "matches": [
            {
                "path": {"type": "PathPrefix", "value": "/api"},
                "method": "GET",
                "queryParams": [{"type": "RegularExpression", "name": "v", "value": "2.*"}],
            }
        ],
        "filters": [
            {
                "type": "RequestHeaderModifier",
                "requestHeaderModifier": {
                    "add": [{"name": "x-a", "value": "1"}, {"name": "x-b", "value": "2"}],
                    "remove": ["x-c"],
                },
            },
            {
                "type": "ResponseHeaderModifier",
                "responseHeaderModifier": {"set": [{"name": "x-d", "value": "3"}]},
            },
            {
                "type": "URLRewrite",
                "urlRewrite": {
                    "hostname": "inner",
                    "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"},
                },
            },
            {
                "type": "CORS",
                "cors": {
                    "allowOrigins": ["https://example.com"],
                    "allowMethods": ["GET"],
                    "maxAge": 600,
                    "allowCredentials": True,
                },
            },
        ],
        "backendRefs": both(0),
        "timeouts": {"request": "10s", "backendRequest": "2s"},
    }


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"exact": "a.b"}, {"type": "Exact", "value": "a.b"}),
        ({"prefix": "a.b"}, {"type": "RegularExpression", "value": "^a\\.b.*"}),
        ({"suffix": "a.b"}, {"type": "RegularExpression", "value": ".*a\\.b$"}),
        ({"regex": "a.b"}, {"type": "RegularExpression", "value": "a.b"}),
    ],
    ids=lambda value: next(iter(value)),
)
def test_chosen_requests_and_everybody_else(condition: dict[str, str], expected: dict[str, str]) -> None:
    said = {f"{A}.iterations": 2, f"{A}.match": [{"headers": {"x-canary": condition}}]}
    traffic = Traffic(100, match=canary(said).analysis.match)
    chosen, others = render(traffic, said)["spec"]["rules"]
    assert chosen == {
        "matches": [{**EVERYTHING[0], "headers": [{"name": "x-canary", **expected}]}],
        "backendRefs": both(100),
    }
    assert others == {"matches": EVERYTHING, "backendRefs": [backend("podinfo-primary", 100)]}


def test_copies_of_requests() -> None:
    there = {"group": "", "kind": "Service", "name": "podinfo-canary", "port": 80}
    assert render(Traffic(mirror=100))["spec"]["rules"] == [
        {
            "matches": EVERYTHING,
            "filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": there}}],
            "backendRefs": both(0),
        }
    ]


def test_users_who_met_the_canary_stay_and_are_let_go() -> None:
    said = {f"{A}.sessionAffinity": {"cookieName": "c"}}
    staying, counted = render(Traffic(10, affinity="abc"), said)["spec"]["rules"]
    assert staying["matches"][0]["headers"] == [
        {"type": "RegularExpression", "name": "Cookie", "value": "(.*;\\s*)?c=abc(;.*)?"}
    ]
    assert staying["backendRefs"] == [backend("podinfo-canary", 100)]
    assert counted["backendRefs"][1]["filters"] == [
        {
            "type": "ResponseHeaderModifier",
            "responseHeaderModifier": {"add": [{"name": "Set-Cookie", "value": "c=abc; Max-Age=86400"}]},
        }
    ]
    let_go, _ = render(Traffic(expired="abc"), said)["spec"]["rules"]
    assert (
        let_go["backendRefs"][0]["filters"][0]["responseHeaderModifier"]["add"][0]["value"]
        == "c=abc; Max-Age=-1"
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({f"{S}.gatewayRefs": []}, "spec.service.gatewayRefs: must be specified when using Gateway API"),
        ({f"{S}.gatewayRefs": [{}]}, r"spec.service.gatewayRefs\[0\].name: is missing"),
        (
            {f"{S}.corsPolicy": {"allowOrigins": [{"regex": ".*"}]}},
            r"spec.service.corsPolicy.allowOrigins\[0\]: Gateway API compares origins as they are",
        ),
        (
            {f"{S}.match": [{"method": {"regex": "G.*"}}]},
            r"spec.service.match\[0\].method.regex: Gateway API can't",
        ),
        (
            {f"{A}.iterations": 1, f"{A}.match": [{"sourceLabels": {"app": "x"}}]},
            r"spec.analysis.match\[0\].sourceLabels: Gateway API can't tell requests",
        ),
    ],
)
def test_what_an_http_route_can_not_say_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=told):
        canary(changes)


def accepted(generation: int, status: str = "True") -> Manifest:
    condition = {"type": "Accepted", "status": status, "observedGeneration": generation}
    return {"parents": [{"parentRef": PARENT, "conditions": [condition]}]}


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ({}, "parent gateway is not ready (status: unknown, observed generation: 0, current generation: 3)"),
        (
            accepted(2),
            "parent gateway is not ready (status: True, observed generation: 2, current generation: 3)",
        ),
        (accepted(3, "False"), "parent gateway is not ready (status: False, observed"),
        (accepted(3), ""),
    ],
    ids=["nobody has looked", "of an older one", "refused", "accepted"],
)
def test_what_a_route_waits_for(status: Manifest, told: str) -> None:
    live = render(Traffic(20))
    live = {**live, "metadata": {**live["metadata"], "generation": 3}, "status": status}
    found = GATEWAY.carried(canary(), live)
    assert (found.traffic, found.exact) == (Traffic(20), True)
    assert found.waits.startswith(told)
    assert bool(found.waits) == bool(told)


def test_a_direct_patch_leads_nobody_to_the_canary() -> None:
    said = {f"{A}.sessionAffinity": {"cookieName": "c"}}
    patched = GATEWAY.with_traffic(
        canary(said), render(Traffic(40, affinity="abc"), said), Traffic(expired="abc")
    )
    assert [one["weight"] for rule in patched["spec"]["rules"] for one in rule["backendRefs"]] == [100, 0]
    mirrored = GATEWAY.with_traffic(canary(), render(Traffic(mirror=100)), Traffic())
    assert mirrored["spec"]["rules"] == [{"matches": EVERYTHING, "backendRefs": both(0)}]


class Listening(World):
    """A world in which somebody accepts routes of a kind, unless he is `deaf`."""

    deaf, heard = False, HTTP_ROUTE

    def _after(self, verb: str, kind: Kind, body: Manifest) -> None:
        super()._after(verb, kind, body)
        if kind == self.heard and verb != "put" and not self.deaf:
            generation = body["metadata"].get("generation", 0)
            self.cluster.put(kind, {**body, "status": accepted(generation)})


@pytest.mark.parametrize(
    "changes",
    [{}, {f"{A}.stepWeight": MISSING, f"{A}.iterations": 2, f"{A}.match": [INSIDERS]}],
    ids=["by weight", "for chosen requests"],
)
def test_a_release_over_it(changes: dict[str, Any]) -> None:
    world = initialised(written(changes), world=Listening)
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    assert world.primary_revision == "v2"


def test_a_step_counts_once_the_gateway_has_heard_of_it() -> None:
    world = initialised(written(), world=Listening)
    assert isinstance(world, Listening)
    world.deaf = True
    world.release("v2")
    world.tick(4)
    assert world.status.canary_weight == 0
    assert "waits until its route is in force: parent gateway is not ready" in world.texts[-1]
    route = world.cluster.get(HTTP_ROUTE, "test", "podinfo")
    assert route is not None
    world.deaf = False
    world.cluster.put(HTTP_ROUTE, {**route, "status": accepted(route["metadata"]["generation"])})
    world.tick()
    assert world.status.canary_weight == 10


def test_who_mirrors_is_told_what_his_gateway_has_to_know() -> None:
    assert GATEWAY.left_alone(canary(), None) == ()
    mirrored = canary({f"{A}.stepWeight": MISSING, f"{A}.iterations": 2, f"{A}.mirror": True})
    (told,) = GATEWAY.left_alone(mirrored, None)
    assert told.startswith("Gateway gateway has to be of a class whose status.supportedFeatures has")
