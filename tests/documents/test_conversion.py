"""Rollouts as Canaries and Canaries as Rollouts: what is written, what is told, and that both are read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.core.analysis import MetricCheck
from automation.core.conditions.condition import Condition
from automation.core.refusal import Refused
from automation.core.rollout import BlueGreen, CanarySteps, Rollout
from automation.core.runs.metric import Metric
from automation.core.spec import Canary
from automation.core.steps import Pause, SetHeaderRoute, SetMirrorRoute, SetWeight
from documents import metric_template
from documents.argo.rollout import parse
from documents.argo.template import by_name, plan_of
from documents.conversion import bounds
from documents.conversion.converted import Converted
from documents.conversion.to_canary import to_canary
from documents.conversion.to_rollout import to_rollout
from documents.front import canary_of
from documents.metric_template import MetricTemplate
from gateways.argo import routing_of
from gateways.registry import ALONE, GATEWAYS
from tests.core.documents import MISSING, document
from tests.documents.argo_documents import (
    CANARY,
    blue_green,
    canary,
    changed,
    metric,
    rollout,
    routed,
    template,
)

APEX = {
    "kind": "Service",
    "metadata": {"name": "canary-demo"},
    "spec": {"ports": [{"port": 80, "targetPort": "http"}]},
}
WEIGHT = {"setWeight": 10}
HEADER = {"headerName": "x", "headerValue": {"exact": "1"}}
ISTIO = {"istio": {"virtualService": {"name": "v"}}, "managedRoutes": [{"name": "r"}]}
VIRTUAL_SERVICE = {
    "kind": "VirtualService",
    "metadata": {"name": "v"},
    "spec": {"hosts": ["a.b"], "gateways": ["g"]},
}
TARGET = {
    "kind": "Deployment",
    "metadata": {"name": "podinfo"},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "podinfo"}}},
}
ERRORS = {
    "kind": "MetricTemplate",
    "metadata": {"name": "errors", "namespace": "test"},
    "spec": {
        "provider": {"type": "prometheus", "address": "http://p:9090", "headers": {"X": ["1"]}},
        "query": "q",
    },
}


def there(*documents: Mapping[str, Any]) -> Any:
    known = {(one["kind"], one["metadata"]["name"]): one for one in documents}
    return lambda kind, name: known.get((kind, name))


def as_canary(
    written: dict[str, Any], *templates: dict[str, Any], near: tuple[Any, ...] = (APEX,)
) -> Converted:
    return to_canary(written, by_name(templates or (template(),)), there(*near))


def filled(canary: Canary, check: MetricCheck, query: str) -> str:
    return query.replace("{{", "").replace("}}", "")


def as_rollout(changes: dict[str, Any] | None = None, *, near: tuple[Any, ...] = (TARGET,)) -> Converted:
    def measured(namespace: str, name: str) -> MetricTemplate | None:
        return metric_template.parse(ERRORS) if (namespace, name) == ("test", "errors") else None

    return to_rollout(canary_of(document(changes)), there(*near), measured, filled)


def the(kind: str, converted: Converted) -> dict[str, Any]:
    return next(one for one in converted.documents if one["kind"] == kind)


def read(converted: Converted) -> Canary:
    return canary_of(the("Canary", converted))


def told(converted: Converted) -> list[str]:
    return [str(difference) for difference in converted.differences]


def test_a_rollout_becomes_a_canary_with_its_template_and_its_pods() -> None:
    converted = as_canary(rollout())
    made = read(converted)
    assert [one["kind"] for one in converted.documents] == ["Deployment", "MetricTemplate", "Canary"]
    assert (made.provider, made.route and made.route.name, made.target.name) == (
        "nginx",
        "canary-demo",
        "canary-demo",
    )
    assert (made.apex, made.service.port, made.service.target_port) == ("canary-demo", 80, "http")
    analysis = made.analysis
    assert (analysis.interval, analysis.step_weight, analysis.max_weight, analysis.threshold) == (
        120.0,
        20,
        80,
        4,
    )
    (check,) = analysis.checks
    assert (check.minimum, check.maximum, check.template and check.template.name) == (
        0.9,
        None,
        "canary-demo-success-rate",
    )
    assert 'ingress="canary-demo"' in the("MetricTemplate", converted)["spec"]["query"]
    assert the("Deployment", converted)["spec"]["template"] == rollout()["spec"]["template"]


def test_what_has_no_exact_equal_is_told_field_by_field() -> None:
    assert told(as_canary(rollout())) == [
        f"{CANARY}.analysis.startingStep: 2 has no equal: a Canary is checked from its first step on",
        "metric success-rate: does not pass at its bound; a Canary's bounds pass",
        "metric success-rate: is measured every 10s; a Canary checks once in its own interval",
        "spec.progressDeadlineAbort: is false; a Canary that is past its deadline is always rolled back",
    ]


TOLD: dict[str, tuple[dict[str, Any], str]] = {
    "a pause until somebody promotes": (
        canary(**{"steps.1": {"pause": {}}}),
        f"{CANARY}.steps[1].pause: waits for somebody, and a Canary goes on",
    ),
    "pauses of different lengths": (
        canary(**{"steps.1": {"pause": {"duration": 30}}}),
        f"{CANARY}.steps: pauses of 30s, 2m become one interval, the longest",
    ),
    "weights without a pause": (
        canary(**{"steps.1": {"setWeight": 30}}),
        f"{CANARY}.steps: has weights without a pause between them",
    ),
    "weights that fall": (
        canary(**{"steps.2": {"setWeight": 10}}),
        f"{CANARY}.steps: has weights that fall; a Canary's rise: 20, 60, 80",
    ),
    "a step of an analysis": (
        canary(**{"steps.1": {"analysis": rollout()["spec"]["strategy"]["canary"]["analysis"]}}),
        f"{CANARY}.steps[1].analysis: is part of every check of a Canary",
    ),
    "a number of pods": (
        canary(**{"steps.1": {"setCanaryScale": {"replicas": 2}}}),
        f"{CANARY}.steps[1].setCanaryScale: has no equal: a canary has as many pods as primary",
    ),
    "another name of the canary's Service": (
        canary(canaryService="preview"),
        f"{CANARY}.canaryService: preview is not needed: the canary's Service is canary-demo-canary",
    ),
    "metadata of the canary's pods": (
        canary(canaryMetadata={"labels": {"a": "b"}}),
        f"{CANARY}.canaryMetadata: has no equal",
    ),
    "pods that go as their users do": (
        canary(dynamicStableScale=True),
        f"{CANARY}.dynamicStableScale: has no equal",
    ),
    "a delay": (canary(abortScaleDownDelaySeconds=5), f"{CANARY}.abortScaleDownDelaySeconds: has no equal"),
    "a window of rollbacks": (
        rollout({"spec.rollbackWindow": {"revisions": 3}}),
        "spec.rollbackWindow: has no equal",
    ),
    "rules of a route": (
        canary(trafficRouting={"apisix": {"route": {"name": "r", "rules": ["x"]}}}),
        f"{CANARY}.trafficRouting: names x; a Canary splits all rules that lead to canary-demo",
    ),
    "blue/green by hand": (
        blue_green(autoPromotionEnabled=False),
        "spec.strategy.blueGreen.autoPromotionEnabled: waits for somebody",
    ),
    "an analysis after the switch": (
        blue_green(postPromotionAnalysis={"templates": [{"templateName": "success-rate"}]}),
        "spec.strategy.blueGreen.postPromotionAnalysis: has no equal",
    ),
}


@pytest.mark.parametrize(("written", "text"), TOLD.values(), ids=TOLD)
def test_a_difference_names_the_field_and_what_becomes_of_it(written: dict[str, Any], text: str) -> None:
    converted = as_canary(written)
    assert any(one.startswith(text) for one in told(converted)), told(converted)
    assert read(converted)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"count": 5}, "count has no equal"),
        ({"initialDelay": "1m"}, "initialDelay has no equal"),
        ({"failureCondition": "result[0] < 0.5"}, "has values that are inconclusive"),
    ],
    ids=["a number of measurements", "a delay", "two conditions"],
)
def test_what_a_metric_says_and_a_check_can_not_is_told(fields: dict[str, Any], text: str) -> None:
    assert any(text in one for one in told(as_canary(rollout(), metric(**fields))))


def test_a_metric_that_decides_nothing_is_left_out() -> None:
    converted = as_canary(canary(**{"analysis.dryRun": [{"metricName": ".*"}]}))
    assert (read(converted).analysis.checks, [one["kind"] for one in converted.documents]) == (
        (),
        ["Deployment", "Canary"],
    )


@pytest.mark.parametrize(
    ("written", "near", "expected"),
    [
        (routed(ISTIO, WEIGHT), (APEX, VIRTUAL_SERVICE), {"hosts": ["a.b"], "gateways": ["g"]}),
        (routed({"traefik": {"weightedTraefikServiceName": "t"}}, WEIGHT), (APEX,), {}),
    ],
    ids=["istio", "traefik"],
)
def test_what_a_route_says_becomes_what_the_canary_says(written: Any, near: Any, expected: Any) -> None:
    assert read(as_canary(written, near=near)).service.routing == expected


def test_requests_that_are_chosen_and_copied() -> None:
    chosen = as_canary(
        routed(ISTIO, {"setHeaderRoute": {"name": "r", "match": [HEADER]}}, {"pause": {"duration": 5}}),
        near=(APEX, VIRTUAL_SERVICE),
    )
    assert (read(chosen).analysis.strategy, read(chosen).analysis.iterations) == ("ab", 1)
    copied = as_canary(
        routed(ISTIO, {"setMirrorRoute": {"name": "r", "percentage": 30, "match": [{}]}}, WEIGHT),
        near=(APEX, VIRTUAL_SERVICE),
    )
    assert read(copied).analysis.mirror == 30
    only = [
        {"setMirrorRoute": {"name": "r", "match": [{}]}},
        {"pause": {"duration": 5}},
        {"pause": {"duration": 5}},
    ]
    unseen = read(as_canary(routed(ISTIO, *only), near=(APEX, VIRTUAL_SERVICE))).analysis
    assert (unseen.strategy, unseen.iterations, unseen.mirror) == ("blue-green", 2, 100)


def test_a_blue_green_rollout_becomes_one_with_services_alone() -> None:
    use = {"templates": [{"templateName": "success-rate"}], "args": [{"name": "ingress", "value": "x"}]}
    made = read(as_canary(blue_green(prePromotionAnalysis=use), metric(count=6)))
    assert (made.provider, made.analysis.strategy, made.analysis.iterations, made.analysis.interval) == (
        "kubernetes",
        "blue-green",
        6,
        10.0,
    )


def test_a_deployment_that_lends_its_pods_is_the_target() -> None:
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"}
    without = {"spec.template": MISSING, "spec.selector": MISSING}
    converted = as_canary(rollout({"spec.workloadRef": reference, **without}))
    assert (read(converted).target.name, [one["kind"] for one in converted.documents]) == (
        "shop",
        ["MetricTemplate", "Canary"],
    )


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"pingPong": {"pingService": "canary-demo", "pongService": "other"}},
            f"{CANARY}.pingPong: has no equal: canary-demo leads to primary for good",
        ),
        (
            {
                "stableService": "canary-demo",
                "trafficRouting": {
                    "istio": {
                        "virtualService": {"name": "demo"},
                        "destinationRule": {"name": "d", "canarySubsetName": "c", "stableSubsetName": "s"},
                    }
                },
            },
            f"{CANARY}.trafficRouting.istio.destinationRule: has no equal: a Canary's sides are two Services",
        ),
    ],
    ids=["Services that take turns", "two subsets"],
)
def test_sides_that_a_canary_has_not_are_told(fields: dict[str, Any], text: str) -> None:
    routing = {"istio": {"virtualService": {"name": "demo"}}}
    strategy = {"trafficRouting": routing, "canaryService": MISSING, "stableService": MISSING}
    near = {"kind": "VirtualService", "metadata": {"name": "demo"}, "spec": {"hosts": ["x"]}}
    converted = as_canary(canary(**{**strategy, **fields}), near=(APEX, near))
    assert any(one.startswith(text) for one in told(converted)), told(converted)


REFUSED: dict[str, tuple[dict[str, Any], tuple[dict[str, Any], ...], tuple[Any, ...], str]] = {
    "a Service that is not there": (
        rollout(),
        (template(),),
        (),
        f"{CANARY}.stableService: Service canary-demo is not there, so its port is not known; give its file, too",
    ),
    "no Service": (
        canary(
            stableService=MISSING,
            trafficRouting={
                "istio": {
                    "virtualService": {"name": "v"},
                    "destinationRule": {"name": "d", "canarySubsetName": "c", "stableSubsetName": "s"},
                }
            },
        ),
        (template(),),
        (APEX, VIRTUAL_SERVICE),
        f"{CANARY}.stableService: is missing, so that users' way is not known",
    ),
    "a template that is not there": (
        rollout(),
        (changed(template(), {"metadata.name": "other"}),),
        (APEX,),
        f"{CANARY}.analysis.templates: AnalysisTemplate success-rate is not there",
    ),
    "no gateway": (
        canary(trafficRouting=MISSING),
        (template(),),
        (APEX,),
        f"{CANARY}.trafficRouting: is missing",
    ),
    "a route that is not there": (
        routed(ISTIO, WEIGHT),
        (template(),),
        (APEX,),
        f"{CANARY}.trafficRouting: VirtualService v is not there, so its hosts are not known",
    ),
    "an action of an ALB": (
        canary(trafficRouting={"alb": {"ingress": "a", "servicePort": 80}}),
        (template(),),
        (APEX,),
        f"{CANARY}.trafficRouting: alb has no equal: Canaries don't know it",
    ),
    "a split of any mesh": (
        canary(trafficRouting={"smi": {}}),
        (template(),),
        (APEX,),
        f"{CANARY}.trafficRouting: smi has no equal: Canaries don't know it",
    ),
    "two gateways": (
        canary(trafficRouting={"nginx": {"stableIngress": "a"}, "smi": {}}),
        (template(),),
        (APEX,),
        f"{CANARY}.trafficRouting: names nginx and smi, and a Canary one gateway; make a Canary of each",
    ),
    "two Ingresses": (
        canary(trafficRouting={"nginx": {"stableIngresses": ["a", "b"]}}),
        (template(),),
        (APEX,),
        f"{CANARY}.trafficRouting: names 2 objects, and a Canary one",
    ),
    "no steps": (canary(steps=MISSING), (template(),), (APEX,), f"{CANARY}.steps: has no weight above 0"),
    "a condition of another kind": (
        rollout(),
        (metric(successCondition="len(result) > 0"),),
        (APEX,),
        "metric success-rate: len(result) > 0 can't be told by a least and a greatest value",
    ),
    "no condition": (
        rollout(),
        (metric(successCondition=MISSING),),
        (APEX,),
        "metric success-rate: no condition can't be told by a least and a greatest value",
    ),
    "another provider": (
        rollout(),
        (metric(provider={"web": {"url": "http://{{args.ingress}}"}}),),
        (APEX,),
        "metric success-rate: asks web, and only queries of Prometheus are converted",
    ),
    "an argument of a run": (
        canary(**{"analysis.args": [{"name": "ingress", "valueFrom": {"podTemplateHashValue": "Latest"}}]}),
        (template(),),
        (APEX,),
        "metric success-rate: has an argument that only a run of Argo knows",
    ),
}


@pytest.mark.parametrize(("written", "templates", "near", "text"), REFUSED.values(), ids=REFUSED)
def test_what_a_canary_can_not_be_without_is_refused(
    written: Any, templates: Any, near: Any, text: str
) -> None:
    with pytest.raises(Refused) as refused:
        as_canary(written, *templates, near=near)
    assert any(str(one).startswith(text) for one in refused.value.problems), refused.value.problems


@pytest.mark.parametrize(
    ("success", "failure", "expected"),
    [
        ("result[0] >= 0.9", "", bounds.Bounds(0.9, None)),
        ("result > 1", "", bounds.Bounds(1, None, exact=False)),
        ("5 >= result[0]", "", bounds.Bounds(None, 5)),
        ("result[0] >= 1 && result[0] <= 3", "", bounds.Bounds(1, 3)),
        ("1 <= result[0] <= 3", "", bounds.Bounds(1, 3)),
        ("!(result[0] < 2)", "", bounds.Bounds(2, None)),
        ("", "result[0] > 5", bounds.Bounds(None, 5)),
        ("", "result[0] < 1 || result[0] > 5", bounds.Bounds(1, 5)),
        ("", "result[0] >= 5", bounds.Bounds(None, 5, exact=False)),
        ("result[0] >= -1.5", "", bounds.Bounds(-1.5, None)),
        ("", "", bounds.Bounds()),
        ("result[0] > 1 || result[0] < 0", "", None),
        ("result[1] > 1", "", None),
        ("result[0] == 1", "", None),
        ("result[0] > len(result)", "", None),
    ],
)
def test_conditions_that_two_numbers_can_tell(
    success: str, failure: str, expected: bounds.Bounds | None
) -> None:
    parsed = [Condition.parse(text) if text else None for text in (success, failure)]
    assert bounds.of_metric(Metric("m", "prometheus", success=parsed[0], failure=parsed[1])) == expected


@given(
    st.one_of(st.none(), st.integers(-999, 999)),
    st.one_of(st.none(), st.integers(-999, 999)),
    st.floats(-1e3, 1e3),
)
def test_bounds_as_a_condition_pass_the_same_values(
    least: int | None, most: int | None, value: float
) -> None:
    text = bounds.condition(least, most)
    passed = (least is None or value >= least) and (most is None or value <= most)
    assert not text or Condition.parse(text).holds([value]) is passed
    read_again = Metric("m", "prometheus", success=Condition.parse(text) if text else None)
    assert bounds.of_metric(read_again) == bounds.Bounds(least, most)


# And the other way about.


def steps_of(made: Rollout) -> tuple[Any, ...]:
    assert isinstance(made.strategy, CanarySteps)
    return made.strategy.steps


def test_a_canary_becomes_a_rollout_with_a_template_and_its_services() -> None:
    converted = as_rollout()
    assert [one["kind"] for one in converted.documents] == [
        "Service",
        "Service",
        "AnalysisTemplate",
        "Rollout",
    ]
    made = parse(the("Rollout", converted))
    steps = [SetWeight(weight) for weight in (10, 20, 30, 40, 50)]
    assert steps_of(made) == tuple(one for step in steps for one in (step, Pause(10.0)))
    assert (made.replicas, made.workload and made.workload.name, made.progress_deadline_abort) == (
        2,
        "podinfo",
        True,
    )
    plan = plan_of(made.uses[0], by_name(converted.documents))
    first = plan.metrics[0]
    assert (first.name, first.interval, first.failure_limit, first.success and first.success.text) == (
        "request-success-rate",
        10.0,
        9,
        "result[0] >= 99",
    )
    assert the("Service", converted)["spec"]["selector"] == {"app": "podinfo"}


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        (
            {"spec.analysis.stepWeights": [1, 50], "spec.analysis.stepWeight": MISSING},
            (SetWeight(1), Pause(10.0), SetWeight(50), Pause(10.0)),
        ),
        (
            {"spec.provider": "istio", "spec.service.hosts": ["a"], "spec.analysis.mirror": True},
            (
                SetMirrorRoute("podinfo", 100, ("{}",)),
                Pause(10.0),
                SetMirrorRoute("podinfo"),
                SetWeight(10),
                Pause(10.0),
            ),
        ),
        (
            {
                "spec.analysis.stepWeight": MISSING,
                "spec.analysis.iterations": 2,
                "spec.analysis.match": [{"headers": {"x": {"suffix": "1"}}}],
            },
            (
                SetHeaderRoute("podinfo", ('{"headers": {"x": {"regex": ".*1$"}}}',)),
                Pause(10.0),
                Pause(10.0),
            ),
        ),
        (
            {"spec.analysis.stepWeight": MISSING, "spec.analysis.iterations": 2},
            (SetWeight(0), Pause(10.0), Pause(10.0), SetWeight(100), Pause(10.0)),
        ),
    ],
    ids=["a list", "mirrored first", "chosen requests", "blue/green behind a gateway"],
)
def test_how_traffic_moves_becomes_steps(changes: dict[str, Any], steps: tuple[Any, ...]) -> None:
    assert steps_of(parse(the("Rollout", as_rollout(changes))))[: len(steps)] == steps


def test_a_canary_with_services_alone_becomes_blue_green() -> None:
    changes = {
        "spec.provider": "kubernetes",
        "spec.analysis.stepWeight": MISSING,
        "spec.analysis.iterations": 3,
        "spec.analysis.metrics": [
            {"name": "errors", "templateRef": {"name": "errors"}, "thresholdRange": {"max": 1}}
        ],
    }
    converted = as_rollout(changes)
    made = parse(the("Rollout", converted)).strategy
    assert isinstance(made, BlueGreen)
    assert (made.active_service, made.preview_service, made.before is not None) == (
        "podinfo",
        "podinfo-canary",
        True,
    )
    asked = the("AnalysisTemplate", converted)["spec"]["metrics"][0]["provider"]["prometheus"]
    assert asked == {"address": "http://p:9090", "headers": [{"key": "X", "value": "1"}], "query": "q"}


def test_what_a_rollout_has_no_word_for_is_told() -> None:
    converted = as_rollout({"spec.autoscalerRef": {"name": "scaler"}, "spec.revertOnDeletion": True})
    assert [one.partition(":")[0] for one in told(converted)] == [
        "spec.analysis.metrics request-success-rate",
        "spec.analysis.metrics request-success-rate",
        "spec.analysis.metrics request-duration",
        "spec.analysis.metrics request-duration",
        "spec.routeRef",
        "spec.analysis.webhooks load-test",
        "spec.autoscalerRef",
        "spec.revertOnDeletion",
        "spec.analysis.threshold",
    ]


@pytest.mark.parametrize(
    ("changes", "near", "text"),
    [
        ({}, (), "spec.targetRef: Deployment podinfo is not there, so its labels and pods are not known"),
        (
            {
                "spec.analysis.metrics": [
                    {"name": "x", "templateRef": {"name": "y"}, "thresholdRange": {"max": 1}}
                ]
            },
            (TARGET,),
            "spec.analysis.metrics x: MetricTemplate y.test is not there, so its query is not known",
        ),
        (
            {
                "spec.analysis.stepWeight": MISSING,
                "spec.analysis.iterations": 2,
                "spec.analysis.match": [
                    {"headers": {"x": {"exact": "1"}}},
                    {"headers": {"y": {"exact": "1"}}},
                ],
            },
            (TARGET,),
            "spec.analysis.match: has 2 rules, and a route of a step one",
        ),
    ],
    ids=["a target that is not there", "a template that is not there", "two rules"],
)
def test_what_a_rollout_can_not_be_without_is_refused(changes: Any, near: Any, text: str) -> None:
    with pytest.raises(Refused) as refused:
        as_rollout(changes, near=near)
    assert str(refused.value).startswith(text)


def released_by(provider: str) -> dict[str, Any]:
    """What makes the article's Canary one of another gateway."""
    gateway = GATEWAYS[provider]
    changes = {
        "spec.provider": provider,
        "spec.service.hosts": ["a"],
        "spec.service.gatewayRefs": [{"name": "g"}],
    }
    if gateway.source:
        changes[f"spec.{gateway.source.field}"] = {"kind": gateway.source.kind.kind, "name": "podinfo"}
    if "weights" not in gateway.carries:
        changes |= {"spec.analysis.stepWeight": MISSING, "spec.analysis.iterations": 3}
    return changes


KNOWN = sorted(provider for provider in GATEWAYS if provider == ALONE or routing_of(provider, "x", "y"))


@pytest.mark.parametrize("provider", KNOWN)
def test_a_canary_of_each_gateway_that_argo_knows_is_written(provider: str) -> None:
    assert parse(the("Rollout", as_rollout(released_by(provider)))).name == "podinfo"


@pytest.mark.parametrize("provider", sorted(GATEWAYS.keys() - set(KNOWN)))
def test_a_canary_of_another_gateway_is_refused(provider: str) -> None:
    with pytest.raises(Refused, match=f"spec.provider: {provider} has no equal: Rollouts don't know it"):
        as_rollout(released_by(provider))


weights = st.lists(st.integers(1, 100), min_size=1, max_size=6, unique=True).map(sorted)


@given(weights, st.integers(1, 600))
def test_weights_come_back_as_they_were(rising: list[int], pause: int) -> None:
    steps = [one for weight in rising for one in ({"setWeight": weight}, {"pause": {"duration": pause}})]
    made = read(as_canary(canary(steps=steps, analysis=MISSING)))
    target = {**TARGET, "metadata": {"name": "canary-demo"}}
    again = to_rollout(made, there(target), there(), filled)
    assert steps_of(parse(the("Rollout", again))) == tuple(
        one for weight in rising for one in (SetWeight(weight), Pause(float(pause)))
    )
