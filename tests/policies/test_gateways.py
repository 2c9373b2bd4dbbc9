"""The pack's table of gateways is that of the product: the same kinds, and the same weights read from them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from automation.core.kinds import Kind, Manifest
from automation.core.status import Placement
from automation.core.traffic import Traffic
from gateways.alb import ALB
from gateways.ambassador import AMBASSADOR
from gateways.carrying import marks_of
from gateways.draws import drawing
from gateways.gateway import Gateway, Marks
from gateways.in_place import IN_PLACE
from gateways.registry import GATEWAYS, gateway_of
from policies import gateways, tokens
from policies.draws import drawn
from policies.rule import Subject
from policies.rules.promotion import canary_weight
from policies.rules.routes import WHOLE
from tests.components.documents import OWNER, canary, route
from tests.gateways.test_in_place import BY_SUBSET, ROUTES, by_subset, destinations, released
from tests.gateways.test_of_rollouts import ingress as of_users


def ingress() -> Manifest:
    backend = {"service": {"name": "podinfo", "port": {"number": 80}}}
    rule = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    return {"metadata": {"name": "podinfo"}, "spec": {"defaultBackend": backend, "rules": [rule]}}


MESH = {"routeRef": None}
REFS = {"gatewayRefs": [{"name": "public"}]}
DOCUMENTS: Mapping[str, tuple[dict[str, Any], Callable[[], Manifest] | None]] = {
    "apisix": ({}, route),
    "istio": (MESH, None),
    "gatewayapi:v1": ({**MESH, "service": {"port": 80, **REFS}}, None),
    "nginx": ({**MESH, "ingressRef": {"name": "podinfo"}}, ingress),
    "skipper": ({**MESH, "ingressRef": {"name": "podinfo"}}, ingress),
    "traefik": (MESH, None),
    "contour": (MESH, None),
    "gloo": (MESH, None),
    "linkerd": (MESH, None),
    "kuma": (MESH, None),
    "osm": (MESH, None),
    "gatewayapi:v1:grpc": ({**MESH, "service": {"port": 80, **REFS}}, None),
    "gatewayapi:v1beta1": ({**MESH, "service": {"port": 80, **REFS}}, None),
}
"""Of each gateway what differs in a Canary's spec, and what people write beside it."""
SHARING = {name: gateway for name, gateway in GATEWAYS.items() if "weights" in gateway.carries}


def token(kind: Kind) -> str:
    return f"kubernetes:{kind.api_version}:{kind.kind}"


def test_the_pack_knows_the_kinds_that_carry_traffic() -> None:
    own = {token(gateway.kind) for gateway in (ALB, AMBASSADOR, *SHARING.values(), *IN_PLACE.values())}
    assert own | {f"{written}Patch" for written in own} == gateways.ROUTES


@pytest.mark.parametrize(("routing", "written", "field"), ROUTES.values(), ids=ROUTES)
def test_the_pack_reads_the_weight_that_was_set_in_a_route_of_peoples_own(
    routing: Any, written: Any, field: str
) -> None:
    release = released(routing)
    gateway = gateway_of(release)
    placement = Placement("a-1", "primary", Traffic(20), "blue", canary="green")
    marks = Marks(marks_of(release, placement), OWNER)
    made = gateway.render(release, written(100, 0), Traffic(20), marks)
    assert canary_weight(f"{token(gateway.kind)}Patch", made) == 20
    assert broken(gateway, made) == []


def broken(gateway: Gateway, made: Manifest) -> list[str]:
    """What the pack says of the weights in a route of people's own."""
    subject = Subject(f"{token(gateway.kind)}Patch", made, {}, datetime(2026, 1, 31, tzinfo=UTC))
    return [str(finding) for finding in WHOLE.check(subject)]


def test_of_a_route_of_peoples_own_only_what_the_release_shares_is_judged() -> None:
    release = released({"istio": {"virtualService": {"name": "demo"}}})
    theirs = [{"destination": {"host": name}, "weight": 30} for name in ("a", "b")]
    named = {"name": "main", "route": [*destinations(100, 0), *theirs]}
    marks = Marks(marks_of(release, Placement("a-1", "primary", Traffic(20), "blue")), OWNER)
    source = {"metadata": {"name": "demo"}, "spec": {"http": [named, {"name": "other", "route": theirs}]}}
    made = gateway_of(release).render(release, source, Traffic(20), marks)
    assert broken(gateway_of(release), made) == []
    made["spec"]["http"][0]["route"][0]["weight"] = 90
    [told] = broken(gateway_of(release), made)
    assert told.startswith(
        "rule main of route demo.default splits traffic into canary-demo 90, canary-demo-canary 20"
    )


@pytest.mark.parametrize("weight", [0, 20, 100])
def test_the_pack_reads_the_weight_of_an_action_and_of_subsets(weight: int) -> None:
    action = {"alb": {"ingress": "shop", "servicePort": 80}}
    for routing, source in ((action, of_users()), (BY_SUBSET, by_subset(100, 0))):
        release = released(routing)
        placement = Placement("a-1", "primary", Traffic(weight), "blue", canary="green")
        marks = Marks(marks_of(release, placement), OWNER)
        made = gateway_of(release).render(release, source, Traffic(weight), marks)
        assert canary_weight(f"{token(gateway_of(release).kind)}Patch", made) == weight
        assert broken(gateway_of(release), made) == []


@pytest.mark.parametrize("weight", [0, 1, 50, 99, 100], ids=lambda weight: f"{weight} %")
@pytest.mark.parametrize("gateway", SHARING.values(), ids=SHARING)
def test_the_pack_reads_the_weight_that_was_written(gateway: Gateway, weight: int) -> None:
    spec, source = DOCUMENTS[gateway.provider]
    read = canary(provider=gateway.provider, **spec)
    written = gateway.render(read, source() if source else None, Traffic(weight), Marks({}, OWNER))
    assert canary_weight(token(gateway.kind), written) == weight


COOKIE = {"sessionAffinity": {"cookieName": "side", "primaryCookieName": "main"}}
KEEPING = {name: gateway for name, gateway in SHARING.items() if "affinity" in gateway.carries}


def keeping(gateway: Gateway, weight: int) -> Manifest:
    """The route of a release with session affinity."""
    spec, source = DOCUMENTS[gateway.provider]
    analysis = {"interval": "10s", "stepWeight": 10, **COOKIE}
    read = canary(provider=gateway.provider, **spec, analysis=analysis)
    traffic = Traffic(weight, affinity="abcdefghij")
    marks = Marks({gateways.TRAFFIC: json.dumps(traffic.document())}, OWNER)
    return gateway.render(read, source() if source else None, traffic, marks)


@pytest.mark.parametrize("weight", [0, 1, 33, 99, 100], ids=lambda weight: f"{weight} %")
@pytest.mark.parametrize("gateway", KEEPING.values(), ids=KEEPING)
def test_users_who_stay_are_no_share(gateway: Gateway, weight: int) -> None:
    written = keeping(gateway, weight)
    assert canary_weight(token(gateway.kind), written) == weight
    assert (
        list(WHOLE.check(Subject(token(gateway.kind), written, {}, datetime(2026, 1, 31, tzinfo=UTC)))) == []
    )


@pytest.mark.parametrize("gateway", KEEPING.values(), ids=KEEPING)
def test_a_route_that_does_not_say_whom_it_keeps_leads_everybody_there(gateway: Gateway) -> None:
    written = keeping(gateway, 20)
    del written["metadata"]["annotations"][gateways.TRAFFIC]
    assert canary_weight(token(gateway.kind), written) == 100


@pytest.mark.parametrize("weight", range(101))
def test_the_pack_reads_the_share_that_a_pattern_draws(weight: int) -> None:
    assert drawn(drawing(weight)) == weight


@pytest.mark.parametrize("pattern", ["", "^", "^(0)", ".", "^([0-3])", "^([0123])|."])
def test_a_pattern_of_somebody_else_may_draw_everybody(pattern: str) -> None:
    assert drawn(pattern) == 100


NGINX = "nginx.ingress.kubernetes.io/canary"


@pytest.mark.parametrize(
    ("said", "weight", "whole"),
    [
        ({}, 0, True),
        ({NGINX: "false", f"{NGINX}-weight": "50"}, 0, True),
        ({NGINX: "true", f"{NGINX}-by-header": "x-canary"}, 100, True),
        ({NGINX: "true", f"{NGINX}-by-cookie": "canary", f"{NGINX}-weight": "0"}, 100, True),
        ({NGINX: "true", f"{NGINX}-weight": "20", f"{NGINX}-weight-total": "200"}, 10, True),
        ({NGINX: "true", f"{NGINX}-weight": "5", f"{NGINX}-weight-total": "1000"}, 0, False),
        ({NGINX: "true", f"{NGINX}-weight": "120"}, 120, False),
        ({NGINX: "true", f"{NGINX}-weight": "some"}, 0, False),
    ],
    ids=[
        "no canary",
        "a canary no more",
        "a header",
        "a cookie",
        "a share of another total",
        "half a percent",
        "more than all",
        "no number",
    ],
)
def test_an_ingress_is_read_as_nginx_takes_it(said: dict[str, str], weight: int, whole: bool) -> None:
    made = ingress()
    made["metadata"]["annotations"] = said
    for rule in made["spec"]["rules"]:
        rule["http"]["paths"][0]["backend"] = {"service": {"name": "podinfo-canary"}}
    assert canary_weight(tokens.INGRESS, made) == weight
    findings = list(WHOLE.check(Subject(tokens.INGRESS, made, {}, datetime(2026, 1, 31, tzinfo=UTC))))
    assert (not findings) is whole


@pytest.mark.parametrize(
    ("weights", "weight", "whole"),
    [
        ('{"podinfo-primary":80,"podinfo-canary":20}', 20, True),
        ('{"podinfo-primary":80,"podinfo-canary":30}', 30, False),
        ('{"blue":1,"green":2}', 0, True),
        ("some", 0, True),
    ],
    ids=["whole", "too much", "of people's own", "nonsense"],
)
def test_an_ingress_is_read_as_skipper_takes_it(weights: str, weight: int, whole: bool) -> None:
    made = ingress()
    made["metadata"]["annotations"] = {gateways.SKIPPER_WEIGHTS: weights}
    assert canary_weight(tokens.INGRESS, made) == weight
    findings = list(WHOLE.check(Subject(tokens.INGRESS, made, {}, datetime(2026, 1, 31, tzinfo=UTC))))
    assert (not findings) is whole
