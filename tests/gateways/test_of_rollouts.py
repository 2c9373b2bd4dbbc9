"""What Rollouts alone ask of gateways: an ALB's actions, TrafficSplits, Mappings, rules, headers beside weights."""

from __future__ import annotations

import json
from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.spec import Canary
from automation.core.status import Placement
from automation.core.traffic import Traffic
from documents.front import canary_of
from gateways.carrying import leading, marks_of
from gateways.gateway import Marks
from gateways.registry import each_route, gateway_of
from policies.rules.promotion import canary_weight
from policies.tokens import APISIX_ROUTE, MAPPING
from tests.documents.argo_documents import routed

OWNER = {"kind": "Rollout", "name": "canary-demo"}
MARKS = Marks({"sluice.delivery/attempt": "a-1"}, OWNER)
ACTION = "alb.ingress.kubernetes.io/actions.canary-demo"


def released(**routing: Any) -> Canary:
    return canary_of(routed(routing, {"setWeight": 20}, {"pause": {}}))


def alb(**settings: Any) -> Canary:
    return released(alb={"ingress": "shop", "servicePort": 443, **settings})


def ingress(service: str = "canary-demo", **annotations: str) -> Manifest:
    backend = {"service": {"name": service, "port": {"name": "use-annotation"}}}
    return {
        "metadata": {"name": "shop", "namespace": "default", "annotations": annotations},
        "spec": {"rules": [{"http": {"paths": [{"path": "/", "backend": backend}]}}]},
    }


def forwarding(stable: int, tested: int, **more: Any) -> Manifest:
    groups = [
        {"ServiceName": "canary-demo-canary", "ServicePort": "443", "Weight": tested},
        {"ServiceName": "canary-demo", "ServicePort": "443", "Weight": stable},
    ]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups, **more}}


def test_an_action_of_peoples_ingress_shares_the_requests_and_nothing_else_of_it_is_written() -> None:
    release = alb()
    made = gateway_of(release).render(release, ingress(), Traffic(20), MARKS)
    annotations = made["metadata"]["annotations"]
    assert (made["kind"], made["metadata"]["name"], "spec" in made) == ("Ingress", "shop", False)
    assert annotations.keys() == {ACTION, *MARKS.annotations}
    assert json.loads(annotations[ACTION]) == forwarding(80, 20)
    carried = gateway_of(release).carried(release, made)
    assert (carried.traffic, carried.exact) == (Traffic(20), True)
    back = gateway_of(release).with_traffic(release, made, Traffic())
    assert json.loads(back["metadata"]["annotations"][ACTION]) == forwarding(100, 0)


def test_an_action_is_called_by_its_root_under_its_prefix_and_keeps_users_where_asked() -> None:
    sticky = {"enabled": True, "durationSeconds": 3600}
    release = alb(rootService="root", annotationPrefix="alb.example.com", stickinessConfig=sticky)
    made = gateway_of(release).render(release, ingress("root"), Traffic(5), MARKS)
    written = json.loads(made["metadata"]["annotations"]["alb.example.com/actions.root"])
    keeps = {"Enabled": True, "DurationSeconds": 3600}
    assert written == forwarding(95, 5, TargetGroupStickinessConfig=keeps)


@pytest.mark.parametrize("said", ["", "{", json.dumps(forwarding(50, 40)), json.dumps({"Type": "redirect"})])
def test_an_action_that_somebody_wrote_is_not_ours(said: str) -> None:
    release = alb()
    assert not gateway_of(release).carried(release, ingress(**{ACTION: said})).exact


@pytest.mark.parametrize(
    ("source", "told"), [(None, "not found"), (ingress("other"), "leads to canary-demo")]
)
def test_an_ingress_that_is_not_there_or_leads_elsewhere_is_refused(source: Any, told: str) -> None:
    release = alb()
    with pytest.raises(Refused, match=told):
        gateway_of(release).render(release, source, Traffic(), MARKS)


def test_several_ingresses_are_routes_each_with_its_name() -> None:
    nginx = released(nginx={"stableIngresses": ["a", "b"]})
    assert [one.route_name for one in each_route(nginx)] == ["canary-demo-a-canary", "canary-demo-b-canary"]
    several = released(alb={"ingresses": ["a", "b"], "servicePort": 80})
    assert [one.route_name for one in each_route(several)] == ["a", "b"]


@pytest.mark.parametrize(
    ("settings", "name", "root"),
    [({}, "canary-demo", "canary-demo"), ({"rootService": "r", "trafficSplitName": "s"}, "s", "r")],
    ids=["as usual", "named"],
)
def test_a_mesh_gets_a_split_of_the_root_service(settings: dict[str, str], name: str, root: str) -> None:
    release = released(smi=settings)
    made = gateway_of(release).render(release, None, Traffic(20), MARKS)
    assert (release.route_name, made["metadata"]["name"]) == (name, name)
    assert made["metadata"]["ownerReferences"] == [OWNER]
    backends = [{"service": "canary-demo", "weight": 80}, {"service": "canary-demo-canary", "weight": 20}]
    assert made["spec"] == {"service": root, "backends": backends}
    assert gateway_of(release).carried(release, made).traffic == Traffic(20)


def test_headers_have_an_action_and_a_condition_by_a_path_before_peoples_own() -> None:
    release = released(
        alb={"ingress": "shop", "servicePort": 443}, managedRoutes=[{"name": "a"}, {"name": "b"}]
    )
    gateway, traffic = gateway_of(release), Traffic(20, managed=(header("a", "Mozilla*"),))
    made = gateway.render(release, ingress(), traffic, MARKS)
    annotations = made["metadata"]["annotations"]
    assert json.loads(annotations[ACTION]) == forwarding(80, 20)
    to_canary = [{"ServiceName": "canary-demo-canary", "ServicePort": "443", "Weight": 100}]
    assert json.loads(annotations[ACTION.replace("canary-demo", "a")]) == {
        "Type": "forward",
        "ForwardConfig": {"TargetGroups": to_canary},
    }
    asked = {"httpHeaderName": "x", "values": ["Mozilla*"]}
    condition = [{"field": "http-header", "httpHeaderConfig": asked}]
    assert json.loads(annotations["alb.ingress.kubernetes.io/conditions.a"]) == condition
    [rule] = made["spec"]["rules"]
    assert [path["backend"]["service"]["name"] for path in rule["http"]["paths"]] == ["a", "canary-demo"]
    live = {**ingress(), **made}
    assert gateway.render(release, live, traffic, MARKS) == made
    back = gateway.with_traffic(release, live, Traffic())
    assert back["spec"] == {"rules": ingress()["spec"]["rules"]}
    assert back["metadata"]["annotations"].keys() == {ACTION, *MARKS.annotations}
    assert leading(release, live) == {ACTION}


def test_a_load_balancer_knows_no_regular_expressions() -> None:
    match = [{"headerName": "x", "headerValue": {"regex": "a.*"}}]
    step = {"setHeaderRoute": {"name": "a", "match": match}}
    routing = {"alb": {"ingress": "shop", "servicePort": 443}, "managedRoutes": [{"name": "a"}]}
    with pytest.raises(
        Refused, match="compares by regex, which a load balancer can't; write exact, or prefix"
    ):
        canary_of(routed(routing, step, {"setWeight": 20}))


def mapping(**spec: Any) -> Manifest:
    written = {"prefix": "/", "service": "http://canary-demo.default:80", **spec}
    return {"metadata": {"name": "shop", "namespace": "default", "labels": {"team": "a"}}, "spec": written}


@pytest.mark.parametrize("weight", [0, 20, 100])
def test_a_copy_of_a_mapping_takes_the_canarys_share(weight: int) -> None:
    release = released(ambassador={"mappings": ["shop"]})
    placement = Placement("a-1", "primary", Traffic(weight), "blue", canary="green")
    marks = Marks(marks_of(release, placement), OWNER)
    made = gateway_of(release).render(release, mapping(), Traffic(weight), marks)
    assert (made["metadata"]["name"], made["metadata"]["labels"]) == ("shop-canary", {"team": "a"})
    led = {"prefix": "/", "service": "http://canary-demo-canary.default:80", "weight": weight}
    assert made["spec"] == led
    carried = gateway_of(release).carried(release, made)
    assert (carried.traffic, carried.exact) == (Traffic(weight), True)
    assert canary_weight(MAPPING, made) == weight
    assert gateway_of(release).with_traffic(release, made, Traffic())["spec"]["weight"] == 0


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (None, "Mapping shop.default not found"),
        (mapping(weight=5), "has a weight of its own"),
        (mapping(service="other"), "does not lead to canary-demo"),
    ],
)
def test_a_mapping_that_can_not_be_copied_is_refused(source: Any, told: str) -> None:
    release = released(ambassador={"mappings": ["shop"]})
    with pytest.raises(Refused, match=told):
        gateway_of(release).render(release, source, Traffic(), MARKS)


def apisix_route(*rules: str) -> Manifest:
    """A route whose rules lead to both Services, as Argo wants it."""
    backends = [{"serviceName": name, "servicePort": 80} for name in ("canary-demo", "canary-demo-canary")]
    http = [{"name": name, "match": {"paths": ["/*"]}, "backends": backends} for name in rules]
    return {"metadata": {"name": "shop", "namespace": "default"}, "spec": {"http": http}}


def apisix(**more: Any) -> Canary:
    return released(apisix={"route": {"name": "shop", **more}}, managedRoutes=[{"name": "a"}, {"name": "b"}])


def test_of_an_apisix_route_only_the_rules_that_are_named_are_split() -> None:
    release = apisix(rules=["in"])
    made = gateway_of(release).render(release, apisix_route("in", "out"), Traffic(20), MARKS)
    assert [rule["name"] for rule in made["spec"]["http"]] == ["in"]
    with pytest.raises(Refused, match="has no rule in; name one of its rules; known are: out"):
        gateway_of(release).render(release, apisix_route("out"), Traffic(20), MARKS)


def header(name: str, value: str) -> str:
    return json.dumps({"name": name, "match": [{"headers": {"x": {"exact": value}}}]})


def test_headers_choose_the_canary_beside_any_weight_and_are_no_share_of_it() -> None:
    release, traffic = apisix(), Traffic(20, managed=(header("a", "1"), header("b", "2")))
    placement = Placement("a-1", "primary", traffic, "blue", canary="green")
    marks = Marks(marks_of(release, placement), OWNER)
    made = gateway_of(release).render(release, apisix_route("in"), traffic, marks)
    first, second, shared = sorted(made["spec"]["http"], key=lambda rule: -rule["priority"])
    assert [rule["name"] for rule in (first, second, shared)] == ["in-a", "in-b", "in"]
    assert [(one["serviceName"], one["weight"]) for one in first["backends"]] == [("canary-demo-canary", 100)]
    assert first["match"]["exprs"] == [
        {"subject": {"scope": "Header", "name": "x"}, "op": "Equal", "value": "1"}
    ]
    assert [one["weight"] for one in shared["backends"]] == [80, 20]
    carried = gateway_of(release).carried(release, made)
    assert (carried.traffic.canary, carried.exact) == (20, True)
    assert canary_weight(APISIX_ROUTE, made) == 20
    back = gateway_of(release).with_traffic(release, made, Traffic())
    assert [(rule["name"], rule["backends"][1]["weight"]) for rule in back["spec"]["http"]] == [("in", 0)]


def test_a_rule_that_only_says_that_it_is_managed_leads_everybody_to_the_canary() -> None:
    release, traffic = apisix(), Traffic(20, managed=(header("a", "1"),))
    marks = Marks(marks_of(release, Placement("a-1", "primary", traffic, "blue", canary="green")), OWNER)
    made = gateway_of(release).render(release, apisix_route("in"), traffic, marks)
    del made["spec"]["http"][0]["match"]["exprs"]
    assert canary_weight(APISIX_ROUTE, made) == 100
