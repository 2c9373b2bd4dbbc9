"""NGINX: the canary Ingress, asserted whole, and releases over it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.spec import Canary, MetricCheck
from automation.core.status import Phase
from automation.core.traffic import Traffic
from automation.questions.metrics.queries import built_in
from documents.front import canary_of
from gateways.ingress import INGRESS
from gateways.nginx import NGINX
from gateways.registry import source_of
from tests.components.documents import OWNER
from tests.core.documents import MISSING
from tests.core.world import World, initialised
from tests.gateways.alike import FLUX, MARKS, behind_an_ingress, path

S, A = "spec.service", "spec.analysis"
HEADER = {"headers": {"x-canary": {"exact": "insider"}}}
COOKIE = {"headers": {"cookie": {"exact": "canary"}}}
PREFIX = "nginx.ingress.kubernetes.io"


def written(changes: dict[str, Any] | None = None) -> Manifest:
    return behind_an_ingress("nginx", changes)


def chosen(*rules: Manifest) -> dict[str, Any]:
    return {
        f"{A}.stepWeight": MISSING,
        f"{A}.maxWeight": MISSING,
        f"{A}.iterations": 3,
        f"{A}.match": list(rules),
    }


def canary(changes: dict[str, Any] | None = None) -> Canary:
    return canary_of(written(changes))


def rule(*paths: Manifest, host: str = "app.example.com") -> Manifest:
    return {"host": host, "http": {"paths": list(paths)}}


def source(**spec: Any) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "podinfo", "namespace": "test", "labels": {"app": "podinfo"}},
        "spec": {"ingressClassName": "nginx", "rules": [rule(path())], **spec},
    }


def render(
    traffic: Traffic, made_of: Manifest | None = None, changes: dict[str, Any] | None = None
) -> Manifest:
    return NGINX.render(canary(changes), made_of or source(), traffic, MARKS)


def annotations(traffic: Traffic) -> dict[str, str]:
    """Those of ingress-nginx, by what follows its prefix."""
    found: dict[str, str] = render(traffic)["metadata"]["annotations"]
    return {name.removeprefix(f"{PREFIX}/"): text for name, text in found.items() if name.startswith(PREFIX)}


def matching(*rules: Manifest) -> Traffic:
    return Traffic(100, match=tuple(json.dumps(one, sort_keys=True) for one in rules))


def test_the_article_s_ingress_at_80_to_20() -> None:
    assert render(Traffic(20)) == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": "podinfo-canary",
            "namespace": "test",
            "labels": {"app": "podinfo"},
            "annotations": {
                **FLUX,
                f"{PREFIX}/canary": "true",
                f"{PREFIX}/canary-weight": "20",
                "attempt": "1",
            },
            "ownerReferences": [OWNER],
        },
        "spec": {
            "ingressClassName": "nginx",
            "rules": [
                {
                    "host": "app.example.com",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "podinfo-canary", "port": {"number": 80}}},
                            }
                        ]
                    },
                }
            ],
        },
    }


@pytest.mark.parametrize(
    ("traffic", "expected"),
    [
        (Traffic(0), {"canary": "true", "canary-weight": "0"}),
        (Traffic(100), {"canary": "true", "canary-weight": "100"}),
        (
            matching(HEADER),
            {
                "canary": "true",
                "canary-weight": "0",
                "canary-by-header": "x-canary",
                "canary-by-header-value": "insider",
            },
        ),
        (
            matching({"headers": {"user-agent": {"regex": "Firefox"}}}),
            {
                "canary": "true",
                "canary-weight": "0",
                "canary-by-header": "user-agent",
                "canary-by-header-pattern": "Firefox",
            },
        ),
        (matching(COOKIE), {"canary": "true", "canary-weight": "0", "canary-by-cookie": "canary"}),
        (
            matching(HEADER, COOKIE),
            {
                "canary": "true",
                "canary-weight": "0",
                "canary-by-header": "x-canary",
                "canary-by-header-value": "insider",
                "canary-by-cookie": "canary",
            },
        ),
        (Traffic(0, match=matching(HEADER).match), {"canary": "true", "canary-weight": "0"}),
    ],
    ids=[
        "nobody",
        "everybody",
        "a header",
        "a pattern",
        "a cookie",
        "a header or a cookie",
        "chosen no more",
    ],
)
def test_who_reaches_the_canary(traffic: Traffic, expected: dict[str, str]) -> None:
    assert annotations(traffic) == expected
    live = render(traffic)
    carried = NGINX.carried(canary(), live)
    assert (carried.traffic.canary, carried.exact) == (traffic.canary, True)
    assert NGINX.with_traffic(canary(), render(Traffic(7)), traffic) == live
    assert NGINX.with_traffic(canary(), live, Traffic()) == render(Traffic())


def test_certificates_and_what_nobody_has_heard_of_are_kept() -> None:
    tls = [{"hosts": ["app.example.com"], "secretName": "app"}]
    made_of = source(tls=tls, unheard={"of": 1})
    before = copy.deepcopy(made_of)
    spec = render(Traffic(20), made_of)["spec"]
    assert (spec["tls"], spec["unheard"], spec["ingressClassName"]) == (tls, {"of": 1}, "nginx")
    assert made_of == before


def test_a_rule_without_paths_breaks_nothing() -> None:
    made_of = source(rules=[{"host": "bare.example.com"}, rule(path())])
    assert [one["host"] for one in render(Traffic(20), made_of)["spec"]["rules"]] == ["app.example.com"]
    assert NGINX.left_alone(canary(), made_of) == ()


def test_only_what_leads_to_the_application_is_copied() -> None:
    """A backend that stands in a canary Ingress, too, may be taken for a canary's alone, and loses its users."""
    made_of = source(
        rules=[
            rule(path("other", "/other"), path(at="/a"), path(at="/b", port="http")),
            rule(path("other"), host="other.example.com"),
        ]
    )
    [copied] = render(Traffic(20), made_of)["spec"]["rules"]
    assert [(one["path"], one["backend"]["service"]["name"]) for one in copied["http"]["paths"]] == [
        ("/a", "podinfo-canary"),
        ("/b", "podinfo-canary"),
    ]
    assert copied["http"]["paths"][1]["backend"]["service"]["port"] == {"name": "http"}


def test_a_default_backend_that_is_the_application_is_split() -> None:
    made_of = source(defaultBackend=path()["backend"], rules=[{"host": "bare.example.com"}])
    spec = render(Traffic(20), made_of)["spec"]
    assert spec == {
        "ingressClassName": "nginx",
        "defaultBackend": {"service": {"name": "podinfo-canary", "port": {"number": 80}}},
    }
    assert NGINX.left_alone(canary(), made_of) == (
        "spec.rules[0] of ingress podinfo has no paths: its requests go to primary only",
    )


def test_annotations_follow_the_source_and_marks_of_others_stay_behind() -> None:
    made_of = source()
    made_of["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "argocd.argoproj.io/tracking-id": "x",
        f"{PREFIX}/proxy-body-size": "8m",
        f"{PREFIX}/canary-weight-total": "1000",
    }
    assert render(Traffic(5), made_of)["metadata"]["annotations"] == {
        f"{PREFIX}/proxy-body-size": "8m",
        **FLUX,
        f"{PREFIX}/canary": "true",
        f"{PREFIX}/canary-weight": "5",
        "attempt": "1",
    }


@pytest.mark.parametrize(
    ("name", "text", "canary_s_share"),
    [
        ("canary-weight", "70", 70),
        ("canary-weight", "many", 0),
        ("canary-weight", "700", 100),
        ("canary-weight-total", "1000", 20),
        ("canary", "false", 20),
        ("canary-by-header", "x-anybody", 100),
        ("canary-by-cookie", "anybody", 100),
    ],
)
def test_what_somebody_else_wrote_is_read_as_it_is(name: str, text: str, canary_s_share: int) -> None:
    live = render(Traffic(20))
    live["metadata"]["annotations"][f"{PREFIX}/{name}"] = text
    carried = NGINX.carried(canary(), live)
    assert carried.traffic == Traffic(canary_s_share)
    assert not carried.exact or carried.traffic != Traffic(20)
    assert NGINX.with_traffic(canary(), live, Traffic(20)) == render(Traffic(20))


@pytest.mark.parametrize(
    ("rules", "at", "problem", "remedy"),
    [
        (
            [{"headers": {"x-user": {"prefix": "in.side"}}}],
            "match[0].headers.x-user.prefix",
            "nginx can't compare by prefix",
            r"write regex: ^in\.side",
        ),
        (
            [{"headers": {"x-user": {"suffix": "er"}}}],
            "match[0].headers.x-user.suffix",
            "nginx can't compare by suffix",
            "write regex: er$",
        ),
        (
            [HEADER, {"headers": {"x-user": {"exact": "ann"}}}],
            "match[1].headers.x-user",
            "nginx can look at one header only, and match[0] names one",
            "leave one of these rules",
        ),
        (
            [COOKIE, HEADER, {"headers": {"Cookie": {"exact": "other"}}}],
            "match[2].headers.Cookie",
            "nginx can look at one cookie only, and match[0] names one",
            "leave one of these rules",
        ),
        (
            [{"headers": {"cookie": {"exact": "canary"}, "x-user": {"exact": "ann"}}}],
            "match[0].headers",
            "nginx would take who meets one of cookie and x-user, not both",
            "match by one of them, or give each a rule of its own",
        ),
        (
            [{"headers": {"cookie": {"regex": "^(.*?;)?(type=insider)(;.*)?$"}}}],
            "match[0].headers.cookie.regex",
            "nginx takes who has a cookie of a name, its value `always`, whatever else the header says",
            "write the cookie's name as exact, and give chosen users that cookie with the value always",
        ),
        (
            [{"headers": {"cookie": {"exact": "type=insider"}}}],
            "match[0].headers.cookie.exact",
            "nginx takes who has a cookie of a name, its value `always`, whatever else the header says",
            "write the cookie's name as exact, and give chosen users that cookie with the value always",
        ),
        (
            [{**HEADER, "queryParams": {"beta": {"exact": "1"}}}],
            "match[0].queryParams",
            "nginx can't tell requests by query parameters",
            "match a header or a cookie",
        ),
        (
            [{**HEADER, "sourceLabels": {"app": "front"}}],
            "match[0].sourceLabels",
            "nginx can't tell requests by the labels of who sends them",
            "match a header or a cookie",
        ),
    ],
    ids=[
        "prefix",
        "suffix",
        "two headers",
        "two cookies",
        "both at once",
        "a pattern of cookies",
        "a cookie's value",
        "query parameters",
        "source labels",
    ],
)
def test_a_match_that_nginx_can_not_make_is_refused(
    rules: list[Manifest], at: str, problem: str, remedy: str
) -> None:
    with pytest.raises(Refused) as refused:
        canary(chosen(*rules))
    [found] = refused.value.problems
    assert (found.path, found.problem, found.remedy) == (f"{A}.{at}", problem, remedy)


def test_a_match_that_is_broken_is_told_and_breaks_nothing() -> None:
    with pytest.raises(Refused, match="says nothing to compare with"):
        canary(chosen({"headers": {"x-user": {}}}))


def test_a_match_that_a_weighted_release_does_not_read_is_no_problem() -> None:
    assert canary({f"{A}.match": [{"headers": {"x-user": {"prefix": "a"}}}]}).analysis.strategy == "weighted"


def test_mirroring_and_affinity_are_refused() -> None:
    with pytest.raises(Refused, match="nginx can't release by mirror"):
        canary({f"{A}.mirror": True})
    with pytest.raises(Refused, match="nginx can't release by affinity"):
        canary({f"{A}.sessionAffinity": {"cookieName": "x"}})


def test_a_document_reads_its_ingress() -> None:
    read = canary()
    assert read.route is not None
    assert (read.provider, read.route.kind, read.route.name) == ("nginx", "Ingress", "podinfo")
    assert read.route_name == "podinfo-canary"


def test_a_document_without_an_ingress_is_refused() -> None:
    with pytest.raises(Refused, match="ingress selector is empty"):
        canary({"spec.ingressRef": None})


def test_an_ingress_may_be_named_by_an_earlier_version() -> None:
    read = canary({"spec.ingressRef.apiVersion": "extensions/v1beta1"})
    assert (read.route_name, source_of(read)) == ("podinfo-canary", (INGRESS, "podinfo"))


def test_an_object_of_another_group_is_refused() -> None:
    with pytest.raises(Refused, match=r"use networking\.k8s\.io/v1"):
        canary({"spec.ingressRef.apiVersion": "apps/v1"})


def marked(ingress: Manifest) -> None:
    ingress["metadata"]["annotations"] = {f"{PREFIX}/canary": "true"}


def elsewhere(ingress: Manifest) -> None:
    ingress["spec"]["rules"] = [rule(path("shop")), {"host": "bare.example.com"}]


def to_another_port(ingress: Manifest) -> None:
    ingress["spec"]["rules"] = [rule(path(port=8080))]


def to_files(ingress: Manifest) -> None:
    resource = {"apiGroup": "storage.example.com", "kind": "Bucket", "name": "static"}
    ingress["spec"]["rules"] = [rule({"path": "/", "pathType": "Prefix", "backend": {"resource": resource}})]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (
            elsewhere,
            "spec.rules[].http.paths[].backend.service.name: backend podinfo not found in ingress podinfo; name the "
            "Service podinfo as a path's backend (the Ingress names: shop)",
        ),
        (
            to_files,
            "spec.rules[].http.paths[].backend.service.name: backend podinfo not found in ingress podinfo; name the "
            "Service podinfo as a path's backend (the Ingress names: none)",
        ),
        (
            to_another_port,
            "spec.rules[0].http.paths[0].backend.service.port: ingress podinfo sends to port 8080, which the Service "
            "podinfo does not have; set it to 80, the Canary's spec.service.port",
        ),
        (
            marked,
            f"metadata.annotations.{PREFIX}/canary: ingress podinfo is itself the canary of another; name the other in "
            "spec.ingressRef",
        ),
    ],
    ids=["leads elsewhere", "leads to no Service", "leads to another port", "is a canary"],
)
def test_an_ingress_that_can_not_be_split_is_refused(spoil: Callable[[Manifest], None], told: str) -> None:
    made_of = source()
    spoil(made_of)
    with pytest.raises(Refused) as refused:
        render(Traffic(20), made_of)
    assert [str(problem) for problem in refused.value.problems] == [told]


def test_a_missing_ingress_is_refused_with_its_name() -> None:
    [problem] = NGINX.problems(canary(), None)
    assert problem.problem == 'ingresses.networking.k8s.io "podinfo" not found in namespace test'


def test_a_path_that_can_not_be_split_is_told_and_stops_no_release() -> None:
    made_of = source(rules=[rule(path(), path(at="/metrics", port=9797))])
    assert NGINX.left_alone(canary(), made_of) == (
        "spec.rules[0].http.paths[1].backend.service.port is left alone and leads to primary only: ingress podinfo "
        "sends to port 9797, which the Service podinfo does not have",
    )
    [copied] = render(Traffic(20), made_of)["spec"]["rules"]
    assert [one["path"] for one in copied["http"]["paths"]] == ["/"]
    discovering = {f"{S}.portDiscovery": True}
    assert NGINX.left_alone(canary(discovering), made_of) == ()


@pytest.mark.parametrize(
    ("spec", "hosts"),
    [
        ({}, ("app.example.com",)),
        ({"rules": [rule(path(), host="a"), rule(path("other"), host="b")]}, ("a",)),
        ({"rules": [rule(path(), host="a"), {"http": {"paths": [path()]}}]}, ()),
        ({"defaultBackend": path()["backend"]}, ()),
    ],
    ids=["its own", "not those of others", "any", "any by default"],
)
def test_hosts_of_the_application(spec: dict[str, Any], hosts: tuple[str, ...]) -> None:
    assert NGINX.hosts(canary(), source(**spec)) == hosts


SERIES = 'namespace="test",ingress="podinfo"'
WHOLE_MEAN = (
    f"sum(rate(nginx_ingress_controller_response_duration_seconds_sum{{{SERIES}}}[30s]))"
    f" / (sum(rate(nginx_ingress_controller_response_duration_seconds_count{{{SERIES}}}[30s])) > 0) * 1000"
)


def test_the_canary_is_judged_by_its_own_answers() -> None:
    assert built_in(canary(), MetricCheck("request-success-rate"), []) == (
        f'(sum(rate(nginx_ingress_controller_requests{{{SERIES},canary!="",status!~"5.*"}}[1m])) or vector(0))'
        f' / (sum(rate(nginx_ingress_controller_requests{{{SERIES},canary!=""}}[1m])) > 0) * 100'
    )


def test_its_duration_is_a_quantile_and_not_only_a_mean() -> None:
    assert built_in(canary(), MetricCheck("request-duration", "30s"), []) == (
        "histogram_quantile(0.99, sum(rate(nginx_ingress_controller_response_duration_seconds_bucket"
        f'{{{SERIES},canary!=""}}[30s])) by (le)) * 1000'
    )


def test_scope_route_is_the_model_s_mean_and_that_of_the_whole_ingress_before_anybody_meets_the_canary() -> (
    None
):
    of_canary = WHOLE_MEAN.replace(SERIES, f'{SERIES},canary!=""')
    check = MetricCheck("request-duration", "30s", scope="route")
    assert built_in(canary(), check, []) == f"({of_canary}) or ({WHOLE_MEAN})"


def test_queries_name_the_ingress_and_not_the_target() -> None:
    query = built_in(canary({"spec.ingressRef.name": "front"}), MetricCheck("request-success-rate"), [])
    assert 'ingress="front"' in query


def released(changes: dict[str, Any] | None = None) -> World:
    world = initialised(written(changes), source=source())
    world.release("v2")
    return world


def live(world: World) -> dict[str, str]:
    ingress = world.cluster.get(INGRESS, "test", "podinfo-canary")
    assert ingress is not None
    found: dict[str, str] = ingress["metadata"]["annotations"]
    return {
        name.removeprefix(f"{PREFIX}/"): text
        for name, text in found.items()
        if name.startswith(f"{PREFIX}/canary-")
    }


def test_a_good_release_is_promoted() -> None:
    world = released().until(Phase.SUCCEEDED)
    assert world.weights == [0, 10, 20, 30, 40, 50, 0]
    assert (world.primary_revision, live(world)) == ("v2", {"canary-weight": "0"})


def test_a_bad_release_is_rolled_back() -> None:
    world = released()
    world.answer = lambda seen, check: seen.measured(40.0 if seen.status.traffic.canary else 100.0)
    world.until(Phase.FAILED)
    assert (world.primary_revision, live(world)) == ("v1", {"canary-weight": "0"})


def test_chosen_requests_meet_the_canary_and_the_annotations_go_with_the_run() -> None:
    world = released(chosen(HEADER)).tick(3)
    assert live(world) == {
        "canary-weight": "0",
        "canary-by-header": "x-canary",
        "canary-by-header-value": "insider",
    }
    world.until(Phase.SUCCEEDED)
    assert (world.primary_revision, live(world)) == ("v2", {"canary-weight": "0"})


def _but(entry: Manifest, fields: Manifest) -> Manifest:
    """Who wrote an object, without what somebody else wrote since."""
    ours = entry["fieldsV1"]["f:metadata"]["f:annotations"]
    left = {name: below for name, below in ours.items() if name not in fields}
    return {**entry, "fieldsV1": {**entry["fieldsV1"], "f:metadata": {"f:annotations": left}}}


def edited(world: World, **said: str) -> None:
    ingress = world.cluster.get(INGRESS, "test", "podinfo-canary")
    assert ingress is not None
    fields = {f"f:{PREFIX}/{name}": {} for name in said}
    entry = {"manager": "kubectl-annotate", "fieldsV1": {"f:metadata": {"f:annotations": fields}}}
    managed = [_but(dict(entry), fields) for entry in ingress["metadata"]["managedFields"]]
    annotated = {
        **ingress["metadata"]["annotations"],
        **{f"{PREFIX}/{name}": text for name, text in said.items()},
    }
    world.cluster.put(
        INGRESS,
        {
            **ingress,
            "metadata": {**ingress["metadata"], "annotations": annotated, "managedFields": [*managed, entry]},
        },
    )


def test_who_turns_the_weight_is_named_and_put_right() -> None:
    world = released().tick(2)
    edited(world, **{"canary-weight": "90"})
    world.tick()
    assert "Route podinfo-canary.test was set to 10/90 by kubectl-annotate: put back to 90/10" in world.texts
    assert live(world)["canary-weight"] != "90"


@pytest.mark.parametrize("phase", ["at rest", "in a run"])
def test_who_lets_a_header_choose_the_canary_is_put_right(phase: str) -> None:
    world = initialised(written(), source=source()) if phase == "at rest" else released().tick(2)
    edited(world, **{"canary-by-header": "x-anybody"})
    world.tick()
    assert "canary-by-header" not in live(world)
    assert sum("put back" in text for text in world.texts) == 1


def test_an_annotation_of_the_source_that_changes_is_followed_in_mid_run() -> None:
    world = released().tick(3)
    made_of = source()
    made_of["metadata"]["annotations"] = {f"{PREFIX}/proxy-body-size": "8m"}
    world.source = made_of
    world.tick()
    ingress = world.cluster.get(INGRESS, "test", "podinfo-canary")
    assert ingress is not None
    assert ingress["metadata"]["annotations"][f"{PREFIX}/proxy-body-size"] == "8m"
    assert live(world)["canary-weight"] == str(world.status.canary_weight) != "0"
    told = "Ingress podinfo-canary.test is not what its sources ask for any more: written anew"
    assert [event.type for event in world.events if event.text == told] == ["Warning"]
