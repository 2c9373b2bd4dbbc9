"""Skipper: the canary Ingress, asserted whole, and releases over it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import Traffic
from automation.questions.metrics.queries import built_in
from documents.front import canary_of
from gateways.ingress import INGRESS
from gateways.skipper import PREDICATE, SKIPPER, WEIGHTS
from tests.components.documents import OWNER
from tests.core.world import World, initialised
from tests.gateways.alike import FLUX, MARKS, behind_an_ingress, path, promoted_and_rolled_back

A = "spec.analysis"
HOST = 'Host("^app[.]example[.]com$")'


def written(changes: dict[str, Any] | None = None) -> Manifest:
    return behind_an_ingress("skipper", changes)


def canary(changes: dict[str, Any] | None = None) -> Canary:
    return canary_of(written(changes))


def source(annotations: dict[str, str] | None = None, **spec: Any) -> Manifest:
    rule = {"host": "app.example.com", "http": {"paths": [path(), path("other", "/other")]}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": "podinfo",
            "namespace": "test",
            "labels": {"app": "podinfo"},
            "annotations": {"kubernetes.io/ingress.class": "skipper", **(annotations or {})},
        },
        "spec": {"rules": [rule], **spec},
    }


def render(traffic: Traffic, made_of: Manifest | None = None) -> Manifest:
    return SKIPPER.render(canary(), made_of or source(), traffic, MARKS)


def annotated(live: Manifest, changes: dict[str, str]) -> Manifest:
    """What somebody made of its annotations; the empty text takes one away."""
    said = {**live["metadata"]["annotations"], **changes}
    kept = {name: text for name, text in said.items() if text}
    return {**live, "metadata": {**live["metadata"], "annotations": kept}}


def test_the_article_s_ingress_at_80_to_20() -> None:
    assert render(Traffic(20)) == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": "podinfo-canary",
            "namespace": "test",
            "labels": {"app": "podinfo"},
            "annotations": {
                "kubernetes.io/ingress.class": "skipper",
                WEIGHTS: '{"podinfo-primary":80,"podinfo-canary":20}',
                PREDICATE: "Weight(100)",
                **FLUX,
                "attempt": "1",
            },
            "ownerReferences": [OWNER],
        },
        "spec": {
            "rules": [
                {
                    "host": "app.example.com",
                    "http": {"paths": [path("podinfo-primary"), path("podinfo-canary")]},
                }
            ]
        },
    }


@pytest.mark.parametrize("theirs", ["", HOST], ids=["no predicate", "a predicate of the user's"])
@pytest.mark.parametrize("weight", [0, 1, 50, 100])
def test_what_was_written_is_read_back_and_changed_in_place(weight: int, theirs: str) -> None:
    made_of = source({PREDICATE: theirs} if theirs else {})
    live = render(Traffic(weight), made_of)
    carried = SKIPPER.carried(canary(), live)
    assert (carried.traffic, carried.exact) == (Traffic(weight), True)
    for other in (0, 30):
        assert SKIPPER.with_traffic(canary(), render(Traffic(other), made_of), Traffic(weight)) == live


@pytest.mark.parametrize(("weight", "first"), [(0, "False()"), (30, "Weight(100)")])
def test_a_predicate_of_the_user_s_stands_after_ours(weight: int, first: str) -> None:
    live = render(Traffic(weight), source({PREDICATE: HOST}))
    assert live["metadata"]["annotations"][PREDICATE] == f"{first} && {HOST}"


@pytest.mark.parametrize(
    ("changes", "weight"),
    [
        ({WEIGHTS: '{"podinfo-primary":1,"podinfo-canary":1}'}, 50),
        ({WEIGHTS: '{"podinfo-canary":1}'}, 100),
        ({WEIGHTS: "some"}, 0),
        ({WEIGHTS: ""}, 0),
        ({PREDICATE: "False()"}, 0),
        ({PREDICATE: ""}, 20),
    ],
    ids=["a ratio", "one Service", "nonsense", "no weights", "switched off", "no predicate"],
)
def test_what_somebody_wrote_into_it_is_read_as_skipper_takes_it(
    changes: dict[str, str], weight: int
) -> None:
    live = annotated(render(Traffic(20)), changes)
    carried = SKIPPER.carried(canary(), live)
    assert (carried.traffic, carried.exact) == (Traffic(weight), False)
    assert SKIPPER.with_traffic(canary(), live, Traffic(20)) == render(Traffic(20))


BY_DEFAULT = {"service": {"name": "podinfo", "port": {"number": 80}}}


def test_a_default_backend_can_not_be_shared() -> None:
    made_of = source(defaultBackend=BY_DEFAULT)
    assert "defaultBackend" not in render(Traffic(20), made_of)["spec"]
    assert SKIPPER.left_alone(canary(), made_of) == (
        "spec.defaultBackend of ingress podinfo is left alone and leads to primary only: Skipper can't share it",
    )
    with pytest.raises(Refused, match="by its default backend alone, which Skipper can't share"):
        render(Traffic(20), source(rules=[], defaultBackend=BY_DEFAULT))


@pytest.mark.parametrize(
    ("made_of", "told"),
    [
        (
            source(rules=[{"http": {"paths": [path("other")]}}]),
            "backend podinfo not found in ingress podinfo",
        ),
        (source(rules=[{"http": {"paths": [path(port=8080)]}}]), "port 8080"),
    ],
    ids=["another Service", "another port"],
)
def test_an_ingress_that_can_not_be_shared_is_refused(made_of: Manifest, told: str) -> None:
    with pytest.raises(Refused, match=told):
        render(Traffic(20), made_of)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({f"{A}.mirror": True}, "skipper can't release by mirror"),
        ({f"{A}.sessionAffinity": {"cookieName": "x"}}, "skipper can't release by affinity"),
        ({"spec.ingressRef": {}}, "ingressRef.name: is missing"),
    ],
    ids=["a mirror", "affinity", "no Ingress"],
)
def test_what_skipper_can_not_do_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=told):
        canary(changes)


NAMED = {
    "metadata.namespace": "a-test",
    "spec.service.name": "my-shop",
    "spec.ingressRef.name": "the.door",
}


@pytest.mark.parametrize(
    ("scope", "counted"),
    [("canary", {"my_shop_canary"}), ("route", {"my_shop_canary", "my_shop_primary"})],
)
def test_the_queries_look_at_skipper_s_names_of_the_canary_s_routes(scope: str, counted: set[str]) -> None:
    query = built_in(canary(NAMED), MetricCheck("request-success-rate", scope=scope), [])
    (pattern,) = set(re.findall(r'route=~"([^"]*)"', query))
    ids = {
        f"kube_a_test__the_door_canary__app_example_com____{service}{index}": service
        for service in ("my_shop_canary", "my_shop_primary", "other_canary")
        for index in ("", "_1")
    }
    assert {service for name, service in ids.items() if re.fullmatch(pattern, name)} == counted


@pytest.mark.parametrize(
    ("check", "scope", "expected"),
    [
        (
            "request-success-rate",
            "canary",
            '(sum(rate(skipper_response_duration_seconds_bucket{ROUTE,code!~"5..",le="+Inf"}[1m])) or vector(0)) / '
            'sum(rate(skipper_response_duration_seconds_bucket{ROUTE,le="+Inf"}[1m])) * 100',
        ),
        (
            "request-duration",
            "canary",
            "histogram_quantile(0.99, sum(rate(skipper_serve_route_duration_seconds_bucket{ROUTE}[1m])) by (le)) "
            "* 1000",
        ),
        (
            "request-duration",
            "route",
            "sum(rate(skipper_serve_route_duration_seconds_sum{ROUTE}[1m])) / "
            "sum(rate(skipper_serve_route_duration_seconds_count{ROUTE}[1m])) * 1000",
        ),
    ],
)
def test_the_queries(check: str, scope: str, expected: str) -> None:
    query = built_in(canary(), MetricCheck(check, scope=scope), [])
    assert re.sub(r'route=~"[^"]*"', "ROUTE", query) == expected


def ran(**fields: Any) -> World:
    return initialised(written(), source=source(), **fields)


def test_a_good_release_is_promoted_and_a_bad_one_rolled_back() -> None:
    world = ran()
    promoted_and_rolled_back(world)
    live = world.cluster.get(INGRESS, "test", "podinfo-canary")
    assert live is not None
    assert live["metadata"]["annotations"][PREDICATE] == "False()"
