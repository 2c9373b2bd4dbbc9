"""Rollouts: what they say as values, and what is wrong with those that can't work."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.refusal import Refused
from automation.core.rollout import Background, BlueGreen, CanarySteps, Routing
from automation.core.steps import (
    Analyse,
    AnalysisUse,
    Argument,
    Pause,
    SetHeaderRoute,
    SetMirrorRoute,
    SetScale,
    SetWeight,
    TemplateName,
)
from documents.argo.rollout import parse
from tests.core.documents import MISSING
from tests.documents.argo_documents import CANARY, blue_green, canary, rollout, routed

WEIGHT = {"setWeight": 10}
HEADER = {"headerName": "x", "headerValue": {"exact": "1"}}
TWO_WAYS = {"headerName": "x", "headerValue": {"exact": "1", "regex": "."}}
ISTIO = {"istio": {"virtualService": {"name": "v"}}, "managedRoutes": [{"name": "r"}]}


def steps(*written: Any) -> tuple[Any, ...]:
    """These steps as values, behind a gateway that can make all of them."""
    strategy = parse(routed(ISTIO, *written, WEIGHT)).strategy
    assert isinstance(strategy, CanarySteps)
    return strategy.steps[:-1]


def test_the_whole_of_a_rollout_becomes_values() -> None:
    read = parse(rollout())
    use = AnalysisUse((TemplateName("success-rate"),), (Argument("ingress", "canary-demo"),))
    strategy = read.strategy
    assert isinstance(strategy, CanarySteps)
    assert (read.full_name, read.replicas, read.progress_deadline) == ("canary-demo.default", 1, 600)
    assert strategy.steps == tuple(
        step for weight in (20, 40, 60, 80) for step in (SetWeight(weight), Pause(120.0))
    )
    assert (strategy.background, read.uses) == (Background(use, 2), (use,))
    assert (strategy.canary_service, strategy.stable_service) == ("canary-demo-canary", "canary-demo")
    assert strategy.routing
    assert (strategy.routing.provider, strategy.routing.sources) == ("nginx", ("canary-demo",))
    assert (strategy.scale_down_delay, strategy.abort_scale_down_delay) == (30, 30)


@pytest.mark.parametrize(
    ("written", "step"),
    [
        ({"pause": {}}, Pause()),
        ({"pause": {"duration": 30}}, Pause(30.0)),
        ({"pause": {"duration": "30"}}, Pause(30.0)),
        ({"pause": {"duration": "1h30m"}}, Pause(5400.0)),
        ({"setCanaryScale": {"replicas": 3}}, SetScale(replicas=3)),
        ({"setCanaryScale": {"weight": 25}}, SetScale(percent=25)),
        ({"setCanaryScale": {"matchTrafficWeight": True}}, SetScale()),
        (
            {"setHeaderRoute": {"name": "r", "match": [HEADER]}},
            SetHeaderRoute("r", ('{"headers": {"x": {"exact": "1"}}}',)),
        ),
        ({"setHeaderRoute": {"name": "r"}}, SetHeaderRoute("r")),
        ({"setMirrorRoute": {"name": "r", "match": [{}]}}, SetMirrorRoute("r", 100, ("{}",))),
        (
            {"setMirrorRoute": {"name": "r", "percentage": 35, "match": [{"path": {"prefix": "/"}}]}},
            SetMirrorRoute("r", 35, ('{"path": {"prefix": "/"}}',)),
        ),
        ({"setMirrorRoute": {"name": "r"}}, SetMirrorRoute("r")),
        (
            {"analysis": {"templates": [{"templateName": "smoke", "clusterScope": True}]}},
            Analyse(AnalysisUse((TemplateName("smoke", cluster=True),))),
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else None,
)
def test_each_step_becomes_a_value(written: Any, step: Any) -> None:
    assert steps(written) == (step,)


def test_pods_and_routes_may_stand_beside_what_is_waited_for_and_come_before_it() -> None:
    written = {
        "pause": {},
        "setHeaderRoute": {"name": "r", "match": [HEADER]},
        "setCanaryScale": {"replicas": 1},
    }
    assert [type(step) for step in steps(written)] == [SetScale, SetHeaderRoute, Pause]


def test_an_analysis_begins_with_the_step_as_it_is_written() -> None:
    written = [{"setCanaryScale": {"replicas": 1}, "pause": {}}, WEIGHT, {"pause": {}}]
    strategy = parse(canary(steps=written, **{"analysis.startingStep": 1})).strategy
    assert isinstance(strategy, CanarySteps)
    assert strategy.background
    assert strategy.steps[strategy.background.starting_step] == SetWeight(10)


@pytest.mark.parametrize(
    ("source", "argument"),
    [
        ({"podTemplateHashValue": "Latest"}, Argument("a", "Latest", "podTemplateHashValue")),
        ({"fieldRef": {"fieldPath": "metadata.name"}}, Argument("a", "metadata.name", "fieldRef")),
        (
            {"fieldRef": {"fieldPath": "metadata.labels['env']"}},
            Argument("a", "metadata.labels['env']", "fieldRef"),
        ),
        ({"fieldRef": {"fieldPath": "status.stableRS"}}, Argument("a", "status.stableRS", "fieldRef")),
    ],
    ids=["hash", "name", "label", "any path"],
)
def test_where_an_argument_comes_from(source: Any, argument: Argument) -> None:
    args = [{"name": "a", "valueFrom": source}]
    (step,) = steps({"analysis": {"templates": [{"templateName": "t"}], "args": args}})
    assert step.use.arguments == (argument,)


@pytest.mark.parametrize(
    ("written", "routing"),
    [
        ({"nginx": {"stableIngresses": ["a", "b"]}}, ("nginx", "Ingress", ("a", "b"), {})),
        (
            {"apisix": {"route": {"name": "r", "rules": ["x"]}}},
            ("apisix", "ApisixRoute", ("r",), {"r": (("x",),)}),
        ),
        (
            {"istio": {"virtualService": {"name": "v", "routes": ["x"]}}},
            ("istio", "VirtualService", ("v",), {"v": (("x",),)}),
        ),
        (
            {
                "istio": {
                    "virtualServices": [
                        {"name": "v", "tlsRoutes": [{"port": 443, "sniHosts": ["a.b"]}]},
                        {"name": "w", "routes": ["x", "y"], "tcpRoutes": [{"port": 9}]},
                    ]
                }
            },
            (
                "istio",
                "VirtualService",
                ("v", "w"),
                {"v": (("port 443", "host a.b"),), "w": (("x",), ("y",), ("port 9",))},
            ),
        ),
        ({"alb": {"ingresses": ["a", "b"], "servicePort": 80}}, ("alb", "Ingress", ("a", "b"), {})),
        ({"smi": {"rootService": "r"}}, ("smi", "TrafficSplit", (), {})),
        (
            {"traefik": {"weightedTraefikServiceName": "t"}},
            ("traefik", "TraefikService", ("t",), {}),
        ),
        (
            {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "h", "namespace": "default"}}},
            ("gatewayapi:v1", "HTTPRoute", ("h",), {}),
        ),
    ],
    ids=["nginx", "apisix", "istio", "two of istio", "alb", "smi", "traefik", "gateway api"],
)
def test_who_splits_the_traffic(written: Any, routing: Any) -> None:
    found = parse(routed(written)).strategy
    assert isinstance(found, CanarySteps)
    assert isinstance(found.routing, Routing)
    read = found.routing
    assert (read.provider, read.kind, read.sources, read.routes) == routing


def test_a_blue_green_rollout_becomes_values() -> None:
    use = {"templates": [{"templateName": "smoke"}]}
    read = parse(blue_green(prePromotionAnalysis=use, autoPromotionSeconds=60, scaleDownDelaySeconds=5))
    expected = AnalysisUse((TemplateName("smoke"),))
    assert read.strategy == BlueGreen(
        "canary-demo", "canary-demo-canary", auto_promotion_seconds=60, before=expected, scale_down_delay=5
    )
    assert read.uses == (expected,)


def test_a_rollout_may_borrow_the_pods_of_a_deployment() -> None:
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop", "scaleDown": "onsuccess"}
    without = {"spec.template": MISSING, "spec.selector": MISSING}
    read = parse(rollout({"spec.workloadRef": reference, **without}))
    assert read.workload
    assert (read.workload.name, read.scale_down) == ("shop", "onsuccess")


PING_PONG = {"pingService": "a", "pongService": "b"}
PROBLEMS: dict[str, tuple[dict[str, Any], str]] = {
    "another version": (
        rollout({"apiVersion": "argoproj.io/v1"}),
        "apiVersion: 'argoproj.io/v1' is not known; use one of argoproj.io/v1alpha1",
    ),
    "no name": (rollout({"metadata": {}}), "metadata.name: is missing"),
    "no strategy": (rollout({"spec.strategy": {}}), "spec.strategy.canary: and blueGreen are missing"),
    "two strategies": (
        rollout({"spec.strategy.blueGreen": {"activeService": "a"}}),
        "spec.strategy.blueGreen: is there beside canary",
    ),
    "a strategy that is none": (
        rollout({"spec.strategy.rolling": {}}),
        "spec.strategy.rolling: is not a field of a Rollout",
    ),
    "no selector": (rollout({"spec.selector": MISSING}), "spec.selector: is missing"),
    "an empty selector": (
        rollout({"spec.selector": {}}),
        "spec.selector: is empty, so it would select every",
    ),
    "no template": (rollout({"spec.template": MISSING}), "spec.template: is missing"),
    "labels that the selector does not have": (
        rollout({"spec.template.metadata.labels": {"app": "other"}}),
        "spec.template.metadata.labels: has not all labels of spec.selector (app: canary-demo is missing)",
    ),
    "no containers": (rollout({"spec.template.spec": {}}), "spec.template.spec.containers: is missing"),
    "a template beside a workload": (
        rollout({"spec.workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}}),
        "spec.template: is there beside workloadRef",
    ),
    "a workload of another kind": (
        rollout(
            {
                "spec.workloadRef": {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x"},
                "spec.template": MISSING,
            }
        ),
        "spec.workloadRef.kind: ReplicaSet of apps/v1 is not supported; name a Deployment of apps/v1",
    ),
    "a deadline that is too short": (
        rollout({"spec.progressDeadlineSeconds": 5, "spec.minReadySeconds": 5}),
        "spec.progressDeadlineSeconds: is not more than minReadySeconds (5)",
    ),
    "negative replicas": (rollout({"spec.replicas": -1}), "spec.replicas: -1 is out of bounds"),
    "one Service twice": (
        canary(stableService="canary-demo-canary"),
        f"{CANARY}.stableService: is the canaryService, too",
    ),
    "no Services to split between": (
        canary(canaryService=MISSING),
        f"{CANARY}.canaryService: is missing",
    ),
    "ping-pong beside a pair": (
        canary(pingPong=PING_PONG),
        f"{CANARY}.pingPong: is there beside canaryService and stableService; keep one of the pairs",
    ),
    "ping-pong behind a gateway that keeps leading to one": (
        canary(pingPong=PING_PONG, canaryService=MISSING, stableService=MISSING),
        f"{CANARY}.pingPong: works with alb and istio alone",
    ),
    "ping-pong without a root": (
        canary(
            pingPong=PING_PONG,
            canaryService=MISSING,
            stableService=MISSING,
            trafficRouting={"alb": {"ingress": "x", "servicePort": 80}},
        ),
        f"{CANARY}.trafficRouting.alb.rootService: is missing; name the Service that the Ingress leads to",
    ),
    "ping-pong of one Service": (
        canary(pingPong={"pingService": "a", "pongService": "a"}),
        f"{CANARY}.pingPong.pongService: is the pingService, too",
    ),
    "no pod that may go or come": (
        canary(maxSurge=0, maxUnavailable="0%"),
        f"{CANARY}.maxSurge: is 0, and so is maxUnavailable",
    ),
    "a delay without a gateway": (
        canary(trafficRouting=MISSING, scaleDownDelaySeconds=5),
        f"{CANARY}.scaleDownDelaySeconds: is read only with trafficRouting",
    ),
    "a dynamic scale with a delay": (
        canary(dynamicStableScale=True, scaleDownDelaySeconds=5),
        f"{CANARY}.dynamicStableScale: is there beside scaleDownDelaySeconds",
    ),
    "a weight that is too large": (
        canary(**{"steps.0": {"setWeight": 101}}),
        f"{CANARY}.steps[0].setWeight: 101 is out of bounds; use a whole number from 0 to 100",
    ),
    "a weight that is a text": (
        canary(**{"steps.0": {"setWeight": "20"}}),
        f"{CANARY}.steps[0].setWeight: is text, not a whole number",
    ),
    "a misspelt step": (
        canary(**{"steps.0": {"setWieght": 20}}),
        f"{CANARY}.steps[0].setWieght: is not a field of a Rollout; did you mean setWeight",
    ),
    "an empty step": (
        canary(**{"steps.0": {}}),
        f"{CANARY}.steps[0].setWeight: is missing: the step does nothing",
    ),
    "two steps in one": (
        canary(**{"steps.0": {"setWeight": 20, "pause": {}}}),
        f"{CANARY}.steps[0].pause: stands in the step of setWeight; make a step of each",
    ),
    "an experiment": (
        canary(**{"steps.0": {"experiment": {"templates": []}}}),
        f"{CANARY}.steps[0].experiment: starts an Experiment, which is not supported; measure the canary itself",
    ),
    "a step of a plugin": (
        canary(**{"steps.0": {"plugin": {"name": "x"}}}),
        f"{CANARY}.steps[0].plugin: runs a plugin, and there are none here",
    ),
    "a pause of more than a year": (
        canary(**{"steps.1": {"pause": {"duration": "9999999999h"}}}),
        f"{CANARY}.steps[1].pause.duration: '9999999999h' is too long; use 8760h, a year, or less",
    ),
    "a pause that is no duration": (
        canary(**{"steps.1": {"pause": {"duration": "soon"}}}),
        f"{CANARY}.steps[1].pause.duration: 'soon' is not a duration; write seconds, such as 30",
    ),
    "a negative pause": (
        canary(**{"steps.1": {"pause": {"duration": -5}}}),
        f"{CANARY}.steps[1].pause.duration: -5 is not a duration",
    ),
    "a step of an analysis without templates": (
        canary(**{"steps.1": {"analysis": {}}}),
        f"{CANARY}.steps[1].analysis.templates: is missing, so nothing would be measured",
    ),
    "a scale without a number": (
        canary(**{"steps.0": {"setCanaryScale": {}}}),
        f"{CANARY}.steps[0].setCanaryScale.replicas: has to be the only one",
    ),
    "a scale without a gateway": (
        canary(trafficRouting=MISSING, **{"steps.1": {"setCanaryScale": {"replicas": 1}}}),
        f"{CANARY}.steps[1].setCanaryScale: is read only with trafficRouting",
    ),
    "a header on a gateway that knows none": (
        canary(**{"steps.0": {"setHeaderRoute": {"name": "r", "match": [HEADER]}}}),
        f"{CANARY}.steps[0].setHeaderRoute: can't be made here; use trafficRouting by apisix or istio or alb",
    ),
    "a mirror on a gateway that knows none": (
        routed({"apisix": {"route": {"name": "r"}}}, {"setMirrorRoute": {"name": "r"}}, WEIGHT),
        f"{CANARY}.steps[0].setMirrorRoute: can't be made here; use trafficRouting by istio or argoproj-labs",
    ),
    "a route that is not managed": (
        routed(ISTIO, {"setHeaderRoute": {"name": "other", "match": [HEADER]}}, WEIGHT),
        f"{CANARY}.steps[0].setHeaderRoute.name: 'other' is not among trafficRouting.managedRoutes; add it",
    ),
    "a header with two ways to compare": (
        routed(
            ISTIO,
            {
                "setHeaderRoute": {
                    "name": "r",
                    "match": [{"headerName": "x", "headerValue": {"exact": "1", "regex": "."}}],
                }
            },
            WEIGHT,
        ),
        f"{CANARY}.steps[0].setHeaderRoute.match[0].headerValue: says exact and regex; write one",
    ),
    "a header without a value": (
        routed(ISTIO, {"setHeaderRoute": {"name": "r", "match": [{"headerName": "x"}]}}, WEIGHT),
        f"{CANARY}.steps[0].setHeaderRoute.match[0].headerValue: says nothing to compare with",
    ),
    "an analysis that never starts": (
        canary(**{"analysis.startingStep": 8}),
        f"{CANARY}.analysis.startingStep: is 8 and the last of the 8 steps is 7, so the analysis never runs",
    ),
    "an argument that is a number": (
        canary(**{"analysis.args": [{"name": "limit", "value": 5}]}),
        f"{CANARY}.analysis.args[0].value: is a number, not text",
    ),
    "an argument without a value": (
        canary(**{"analysis.args": [{"name": "limit"}]}),
        f"{CANARY}.analysis.args[0].value: is missing; set it to text, or valueFrom to podTemplateHash",
    ),
    "an argument with two values": (
        canary(
            **{
                "analysis.args": [
                    {"name": "a", "value": "x", "valueFrom": {"podTemplateHashValue": "Stable"}}
                ]
            }
        ),
        f"{CANARY}.analysis.args[0].valueFrom: is given beside another value",
    ),
    "an argument that is there twice": (
        canary(**{"analysis.args": [{"name": "a", "value": "x"}, {"name": "a", "value": "y"}]}),
        f"{CANARY}.analysis.args[1].name: a is there twice",
    ),
    "a field of metadata that is none": (
        canary(
            **{"analysis.args": [{"name": "a", "valueFrom": {"fieldRef": {"fieldPath": "metadata.owner"}}}]}
        ),
        f"{CANARY}.analysis.args[0].valueFrom.fieldRef.fieldPath: 'metadata.owner' is no field of metadata",
    ),
    "a secret for an argument of a Rollout": (
        canary(
            **{"analysis.args": [{"name": "a", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}
        ),
        f"{CANARY}.analysis.args[0].valueFrom.secretKeyRef: is not a field of a Rollout",
    ),
    "a pattern that is none": (
        canary(**{"analysis.dryRun": [{"metricName": "*"}]}),
        f"{CANARY}.analysis.dryRun[0].metricName: '*' is no regular expression",
    ),
    "no gateway under trafficRouting": (
        canary(trafficRouting={}),
        f"{CANARY}.trafficRouting.nginx: or another gateway is missing; name one of nginx, apisix, istio, traefik",
    ),
    "a gateway that is not supported": (
        canary(trafficRouting={"appMesh": {"virtualService": {"name": "x"}}}),
        f"{CANARY}.trafficRouting.appMesh: is not supported; use one of nginx, apisix, istio, traefik, alb",
    ),
    "an action without a port": (
        canary(trafficRouting={"alb": {"ingress": "x"}}),
        f"{CANARY}.trafficRouting.alb.servicePort: is missing",
    ),
    "an action that keeps users for a fortnight": (
        canary(
            trafficRouting={
                "alb": {
                    "ingress": "x",
                    "servicePort": 80,
                    "stickinessConfig": {"enabled": True, "durationSeconds": 1209600},
                }
            }
        ),
        f"{CANARY}.trafficRouting.alb.stickinessConfig.durationSeconds: 1209600 is out of bounds",
    ),
    "limits of pods that are none": (
        canary(maxSurge="a few", maxUnavailable=1),
        f"{CANARY}.maxSurge: 'a few' is no number of pods; write one, such as 1, or a percentage",
    ),
    "a plugin that is not known": (
        canary(trafficRouting={"plugins": {"me/mine": {}}}),
        f"{CANARY}.trafficRouting.plugins.me/mine: is a plugin that is not known; use argoproj-labs/gatewayAPI",
    ),
    "no Ingress": (
        canary(trafficRouting={"nginx": {}}),
        f"{CANARY}.trafficRouting.nginx.stableIngress: and stableIngresses are missing",
    ),
    "no VirtualService": (
        canary(trafficRouting={"istio": {}}),
        f"{CANARY}.trafficRouting.istio.virtualService: and virtualServices are missing",
    ),
    "other weights than percentages": (
        canary(trafficRouting={"nginx": {"stableIngress": "a"}, "maxTrafficWeight": 1000}),
        f"{CANARY}.trafficRouting.maxTrafficWeight: is not supported",
    ),
    "blueGreen without an active Service": (
        rollout({"spec.strategy": {"blueGreen": {"previewService": "x"}}}),
        "spec.strategy.blueGreen.activeService: is missing",
    ),
    "blueGreen with one Service": (
        blue_green(previewService="canary-demo"),
        "spec.strategy.blueGreen.previewService: is the activeService, too",
    ),
    "a promotion by itself that is switched off": (
        blue_green(autoPromotionEnabled=False, autoPromotionSeconds=5),
        "spec.strategy.blueGreen.autoPromotionSeconds: is not read while autoPromotionEnabled is false",
    ),
    "a field of nobody": (
        rollout({"spec.replica": 3}),
        "spec.replica: is not a field of a Rollout; did you mean repl",
    ),
    "a spec that is a text": (rollout({"spec": "x"}), "spec: is text, not an object"),
}


@pytest.mark.parametrize(("document", "told"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_rollout_that_can_not_work_is_refused_with_path_and_remedy(document: Any, told: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(document)
    said = [str(problem) for problem in refused.value.problems]
    assert any(one.startswith(told) for one in said), said


def test_all_problems_are_told_at_once() -> None:
    broken = rollout({"spec.replicas": -1, f"{CANARY}.steps.0": {}, f"{CANARY}.canaryService": MISSING})
    with pytest.raises(Refused) as refused:
        parse(broken)
    assert len(refused.value.problems) == 3
