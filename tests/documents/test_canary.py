"""Canary documents: what is read, and what is refused with path and remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.core.analysis import HOOK_TYPES, GateRule, SecretRef
from automation.core.spec import MetricCheck, Problem, Refused, TemplateRef
from documents.front import canary_of
from tests.core.documents import MISSING, canary, document

A = "spec.analysis"
M = f"{A}.metrics"
G = f"{A}.gates"
BETA = {"headers": {"x-beta": {"exact": "yes"}}}
NO_SHARE = "can't choose requests beside a share of all others"
LONG = f"'1{'0' * 46}...{'0' * 47}h' is too long"


def problems(changes: dict[str, Any]) -> list[tuple[str, str, str]]:
    with pytest.raises(Refused) as raised:
        canary(changes)
    return [(problem.path, problem.problem, problem.remedy) for problem in raised.value.problems]


def test_the_articles_document_is_read() -> None:
    read = canary()
    assert (read.full_name, read.target_full_name, read.primary_name) == (
        "podinfo.test",
        "podinfo.test",
        "podinfo-primary",
    )
    assert (read.apex, read.route_name, read.progress_deadline) == (
        "podinfo",
        "podinfo-podinfo-canary",
        60,
    )
    assert (read.service.port, read.service.target_port, read.service.port_name) == (80, 9898, "http")
    analysis = read.analysis
    assert (analysis.interval, analysis.threshold, analysis.max_weight, analysis.step_weight) == (
        10.0,
        10,
        50,
        10,
    )
    assert [(check.name, check.interval, check.minimum, check.maximum) for check in analysis.metrics] == [
        ("request-success-rate", "1m", 99.0, None),
        ("request-duration", "30s", None, 500.0),
    ]
    (hook,) = analysis.hooks("rollout")
    assert (hook.name, hook.timeout, hook.retries, hook.disable_tls) == ("load-test", 5.0, 0, False)


def test_secrets_of_a_hook_are_of_its_canarys_namespace() -> None:
    hook = {"headersSecretRef": {"name": "tokens"}, "signatureSecretRef": {"name": "signing"}}
    read = canary({f"{A}.webhooks.0.{name}": value for name, value in hook.items()})
    (found,) = read.analysis.webhooks
    assert (found.headers, found.signature) == (
        SecretRef("tokens", "test"),
        SecretRef("signing", "test", "key"),
    )


def test_defaults_are_the_models() -> None:
    read = canary(
        {A: {"stepWeight": 10}, "spec.progressDeadlineSeconds": MISSING, "spec.service": {"port": 80}}
    )
    analysis = read.analysis
    assert (analysis.interval, analysis.threshold, analysis.max_weight) == (60.0, 1, 100)
    assert (analysis.primary_ready_threshold, analysis.canary_ready_threshold) == (100, 100)
    assert (read.progress_deadline, read.service.target_port, read.skip_analysis) == (600, 80, False)


@pytest.mark.parametrize(
    ("changes", "path", "problem", "remedy"),
    [
        ({f"{A}.intervall": "10s"}, f"{A}.intervall", "is not a field of a Canary", "did you mean interval?"),
        ({"spec.colour": 1}, "spec.colour", "is not a field of a Canary", "known here: "),
        ({f"{A}.interval": "0s"}, f"{A}.interval", "0s is too short", "use 1s or more"),
        ({f"{A}.interval": "soon"}, f"{A}.interval", "'soon' is not a duration", 'such as "30s"'),
        (
            {f"{A}.stepWeight": MISSING},
            f"{A}.stepWeight",
            "is missing, so no traffic would ever move",
            "such as 10",
        ),
        ({f"{A}.stepWeight": 200}, f"{A}.stepWeight", "200 is out of bounds", "from 0 to 100"),
        ({f"{A}.stepWeight": "10"}, f"{A}.stepWeight", "is text, not a whole number", "write a whole number"),
        ({f"{A}.stepWeight": True}, f"{A}.stepWeight", "is true or false, not a whole number", "write"),
        (
            {f"{A}.stepWeight": MISSING, f"{A}.stepWeights": [50, 10]},
            f"{A}.stepWeights",
            "does not rise",
            "from the lowest",
        ),
        (
            {f"{A}.match": [{}]},
            f"{A}.match[0].headers",
            "is missing, so the rule would match every request",
            "give it headers",
        ),
        (
            {f"{A}.match": [{"headers": {"x": {"exact": "a", "regex": "b"}}}]},
            f"{A}.match[0].headers.x",
            "says exact, regex",
            "write one of exact, prefix, suffix, regex",
        ),
        (
            {f"{A}.match": [{"headers": {"x": {"regex": "("}}}]},
            f"{A}.match[0].headers.x.regex",
            "'(' is no regular expression (missing ), unterminated subpattern at position 0)",
            "mend it",
        ),
        ({f"{A}.match": [{"port": 80}]}, f"{A}.match[0].port", "is not a field of a Canary", "known here"),
        (
            {"spec.provider": "traefik", f"{A}.sessionAffinity": {"cookieName": "x"}},
            f"{A}.sessionAffinity",
            "traefik can't release by affinity",
            "use one of apisix, istio",
        ),
        (
            {f"{A}.sessionAffinity": {"cookieName": "x", "sameSite": "Loose"}},
            f"{A}.sessionAffinity.sameSite",
            "'Loose' is not known",
            "use one of Strict, Lax, None",
        ),
        (
            {f"{A}.webhooks.0.signatureSecretRef": {"key": "a"}},
            f"{A}.webhooks[0].signatureSecretRef.name",
            "is missing",
            "set it",
        ),
        ({f"{A}.webhooks.0.type": "gate"}, f"{A}.webhooks[0].type", "'gate' is not known", "use one of"),
        (
            {f"{A}.webhooks.0.url": "ftp://x"},
            f"{A}.webhooks[0].url",
            "'ftp://x' is not a web address",
            "http",
        ),
        ({f"{A}.interval": "9999999999h"}, f"{A}.interval", "'9999999999h' is too long", "use 8760h, a year"),
        ({f"{A}.webhooks.0.timeout": "8761h"}, f"{A}.webhooks[0].timeout", "'8761h' is too long", "or less"),
        ({f"{M}.0.interval": "1" + "0" * 400 + "h"}, f"{M}[0].interval", LONG, "use 8760h, a year, or less"),
        *[
            (
                {f"{A}.webhooks.0.url": address},
                f"{A}.webhooks[0].url",
                f"{address!r} names no host and port that there can be",
                "a port from 1 to 65535",
            )
            for address in (
                "http://x:99999/",
                "http://x:0/",
                "http://x:a/",
                "https://",
                "http://[x/",
                "http://a b",
            )
        ],
        (
            {"spec.metricsServer": "prom:9090"},
            "spec.metricsServer",
            "'prom:9090' is not a web address",
            "http",
        ),
        *[
            (
                {f"{A}.sessionAffinity": {"cookieName": "x", name: "a b"}},
                f"{A}.sessionAffinity.{name}",
                "'a b' is not the name of a cookie",
                "use letters, digits",
            )
            for name in ("cookieName", "primaryCookieName")
        ],
        (
            {f"{M}.0.thresholdRange": {"min": 101}},
            f"{M}[0].thresholdRange.min",
            "101 is more than all requests, so the check can never pass",
            "write 99",
        ),
        ({"spec.provider": "appmesh"}, "spec.provider", "appmesh is not supported", "use one of apisix"),
        ({"spec.provider": "apache"}, "spec.provider", "'apache' is not known", "use one of apisix"),
        (
            {"spec.routeRef.apiVersion": "example.com/v1"},
            "spec.routeRef.apiVersion",
            "example.com/v1 is not supported",
            "use apisix.apache.org/v2",
        ),
        (
            {"spec.routeRef": MISSING},
            "spec.routeRef",
            "apisix route selector is empty",
            "name the ApisixRoute",
        ),
        (
            {"spec.routeRef": MISSING, "spec.provider": MISSING},
            "spec.routeRef",
            "apisix route selector is empty",
            "or set spec.provider: without it apisix is meant",
        ),
        ({"spec.targetRef": MISSING}, "spec.targetRef", "is missing", "name the Deployment"),
        (
            {"spec.targetRef.kind": "ReplicaSet"},
            "spec.targetRef.kind",
            "ReplicaSet is not supported",
            "use Deployment or DaemonSet or StatefulSet",
        ),
        (
            {"spec.targetRef.kind": "DaemonSet", "spec.autoscalerRef": {"name": "x"}},
            "spec.autoscalerRef",
            "no autoscaler scales a DaemonSet",
            "leave it out",
        ),
        (
            {"spec.autoscalerRef": {"kind": "VerticalPodAutoscaler", "name": "x"}},
            "spec.autoscalerRef.kind",
            "VerticalPodAutoscaler is not supported",
            "use HorizontalPodAutoscaler or ScaledObject",
        ),
        ({"spec.service.port": MISSING}, "spec.service.port", "is missing", "such as 80"),
        ({"spec.service.targetPort": 0}, "spec.service.targetPort", "0 is no port", "container port"),
        ({A: MISSING}, "spec.analysis", "is missing", "say how the canary is judged"),
        (
            {f"{M}.0.name": "errors"},
            f"{M}[0].name",
            "no usable metrics template and query were configured for 'errors'",
            "add templateRef",
        ),
        (
            {f"{M}.1.thresholdRange": {"max": 0.5}},
            f"{M}[1].thresholdRange.max",
            "0.5 is less than one millisecond, so the check can never pass",
            "write 500",
        ),
        (
            {f"{M}.0.thresholdRange": {"min": 5, "max": 1}},
            f"{M}[0].thresholdRange",
            "min is larger than max",
            "no value can pass",
        ),
        (
            {f"{M}.0.thresholdRange": {"max": float("inf")}},
            f"{M}[0].thresholdRange.max",
            "inf can't be compared with",
            "write a number",
        ),
        ({f"{M}.0.scope": "pod"}, f"{M}[0].scope", "'pod' is not known", "use one of canary, route"),
        ({f"{M}.0": "x"}, f"{M}[0]", "is text, not an object", "write it as fields"),
        (
            {f"{A}.onFailure": "stop"},
            f"{A}.onFailure",
            "'stop' is not known",
            "rollback, freeze, freezeAtZero",
        ),
        (
            {f"{M}.0": {"name": "mine", "query": "up", "minRequests": 5}},
            f"{M}[0].minRequests",
            "counts requests of built-in checks alone",
            "let the query itself",
        ),
        (
            {f"{A}.chosen": [BETA | {"queryParams": {}}]},
            f"{A}.chosen[0].queryParams",
            NO_SHARE,
            "match headers",
        ),
        (
            {f"{A}.chosen": [BETA], f"{A}.sessionAffinity": {"cookieName": "c"}},
            f"{A}.chosen",
            "goes with no sessionAffinity",
            "leave one",
        ),
        ({f"{A}.noTraffic": "pass"}, f"{A}.noTraffic", "'pass' is not known", "use one of fail, wait"),
        ({G: {"door": {}}}, f"{G}.door", "is not a field of a Canary", "promotion, rollout, traffic"),
        (
            {G: {"traffic": {"onDeadline": "open"}}},
            f"{G}.traffic.onDeadline",
            "follows no deadline",
            "set deadline",
        ),
        ({G: {"traffic": {"deadline": "0s"}}}, f"{G}.traffic.deadline", "0s is too short", "use 1s or more"),
        ({"apiVersion": "v1"}, "apiVersion", "'v1' is not known", "flagger.app/v1beta1"),
        ({"metadata.name": MISSING}, "metadata.name", "is missing", "set it"),
        ({"metadata.name": ""}, "metadata.name", "is empty", "set it"),
        ({f"{M}.0.name": ""}, f"{M}[0].name", "is empty", "set it"),
    ],
    ids=lambda value: "" if not isinstance(value, str) else value[:40],
)
def test_a_document_that_can_not_work_is_refused(
    changes: dict[str, Any], path: str, problem: str, remedy: str
) -> None:
    assert any(
        (path, problem) == (found[0], found[1]) and remedy in found[2] for found in problems(changes)
    ), problems(changes)


def test_chosen_requests_beside_a_weight_are_read_where_the_gateway_can_lead_them() -> None:
    (route,) = canary({f"{A}.chosen": [BETA]}).analysis.chosen
    assert json.loads(route) == {"name": "chosen-0", "match": [BETA]}
    told = problems({f"{A}.chosen": [BETA], "spec.provider": "traefik"})
    assert (
        f"{A}.chosen",
        "traefik can't release by chosen requests beside weights",
        "use one of apisix",
    ) in told


def test_what_is_asked_of_gates_is_read() -> None:
    asked = {"approvals": 2, "authorized": True, "deadline": "1h", "onDeadline": "open"}
    read = canary({G: {"promotion": asked, "traffic": {}}}).analysis.gates
    assert read == {"promotion": GateRule(2, True, 3600.0, opens=True), "traffic": GateRule()}


def test_all_problems_are_told_at_once_and_each_once() -> None:
    found = problems({f"{A}.interval": "0s", "spec.provider": "appmesh", f"{M}.0": "x", "spec.colour": 1})
    assert len(found) == len(set(found))
    assert {path for path, _, _ in found} >= {f"{A}.interval", "spec.provider", f"{M}[0]", "spec.colour"}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("metadata", "metadata"),
        ("spec", "spec"),
        ("spec.targetRef", "spec.targetRef"),
        ("spec.routeRef", "spec.routeRef"),
        ("spec.service", "spec.service"),
        (A, A),
        (f"{M}.0", f"{M}[0]"),
        (f"{A}.webhooks.0", f"{A}.webhooks[0]"),
    ],
)
def test_what_is_no_object_is_told_alone(path: str, told: str) -> None:
    assert [(at, problem) for at, problem, _ in problems({path: "x"})] == [(told, "is text, not an object")]


def test_a_name_that_is_no_text_is_told_alone() -> None:
    assert [path for path, _, _ in problems({f"{M}.0.name": 5})] == [f"{M}[0].name"]


@pytest.mark.parametrize(
    "changes",
    [
        {f"{A}.alerts": [{"name": "on-call", "severity": "error", "providerRef": {"name": "slack"}}]},
        *({f"{A}.webhooks.0.type": kind} for kind in ("", *HOOK_TYPES)),
        {"spec.service.timeout": "1m", "spec.service.retries": {"attempts": 3}},
        {f"{A}.mirror": False, f"{A}.iterations": 0},
        {"spec.ingressRef": {"name": "x"}},
        {"status": {"phase": "Succeeded"}},
    ],
    ids=[
        "alerts",
        *(f"{kind or 'unnamed'} hooks" for kind in ("", *HOOK_TYPES)),
        "mesh settings",
        "strategies that are off",
        "ingress",
        "status",
    ],
)
def test_what_is_harmless_is_accepted(changes: dict[str, Any]) -> None:
    assert canary(changes).name == "podinfo"


def test_the_old_name_of_analysis_is_read() -> None:
    analysis = document()["spec"]["analysis"]
    assert canary({A: MISSING, "spec.canaryAnalysis": analysis}).analysis == canary().analysis


@pytest.mark.parametrize(
    ("metric", "minimum", "maximum"),
    [
        ({"name": "request-success-rate", "threshold": 99}, 99.0, None),
        ({"name": "request-duration", "threshold": 500}, None, 500.0),
        ({"name": "m", "query": "q"}, None, 0.0),
        ({"name": "m", "query": "q", "threshold": 3, "thresholdRange": {"min": 1}}, 1.0, None),
        ({"name": "request-success-rate"}, 0.0, None),
    ],
    ids=[
        "a lower bound for success",
        "an upper bound for the rest",
        "zero without any",
        "the range counts first",
        "success without any",
    ],
)
def test_the_old_single_threshold(
    metric: dict[str, Any], minimum: float | None, maximum: float | None
) -> None:
    (check,) = canary({M: [metric]}).analysis.metrics
    assert (check.minimum, check.maximum) == (minimum, maximum)


def test_templates_are_judged_last_and_a_built_in_name_with_a_template_both_ways() -> None:
    reference = {"name": "t", "namespace": "apisix"}
    read = canary(
        {M: [{"name": "request-success-rate", "templateRef": reference}, {"name": "own", "query": "q"}]}
    ).analysis
    template = TemplateRef("t", "apisix")
    assert [(check.name, check.template) for check in read.checks] == [
        ("request-success-rate", None),
        ("own", None),
        ("request-success-rate", template),
    ]
    assert [check.name for check in read.own_checks] == ["own", "request-success-rate"]
    assert len({check.key for check in read.checks}) == 3


def test_a_template_has_a_window_even_if_the_document_names_none() -> None:
    (check,) = canary({M: [{"name": "m", "templateRef": {"name": "t"}}]}).analysis.metrics
    assert (check.interval, check.template) == ("1m", TemplateRef("t", "test"))


def test_checks_are_keys() -> None:
    assert (
        len(
            {
                MetricCheck("m", query="q", variables={"a": "b"}),
                MetricCheck("m", query="q", variables={"a": "b"}),
            }
        )
        == 1
    )


def test_names_of_fields_that_are_no_text_are_refused_like_others() -> None:
    spec: dict[Any, Any] = {**document()["spec"], 1: 2, None: [], "colour": "x"}
    with pytest.raises(Refused) as refused:
        canary_of({**document(), "spec": spec})
    assert [problem.path for problem in refused.value.problems] == [
        "spec.1",
        "spec.None",
        "spec.colour",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 200) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [*document()["spec"], "suspend", "skipAnalysis", "autoscalerRef", "metricsServer"]


@given(
    st.sampled_from(
        [*(f"spec.{name}" for name in FIELDS), *(f"{A}.{name}" for name in document()["spec"]["analysis"])]
    ),
    JSON,
)
def test_reading_never_fails_but_by_refusing(path: str, value: Any) -> None:
    told: tuple[Problem, ...] = ()
    try:
        canary_of(document({path: value}))
    except Refused as refused:
        told = refused.problems
    assert all(problem.path and problem.problem and problem.remedy for problem in told)


@pytest.mark.parametrize("field", ["threshold", "iterations", "stepWeight", "maxWeight"])
def test_a_count_that_is_negative_is_refused(field: str) -> None:
    with pytest.raises(Refused) as refused:
        canary_of(document({f"spec.analysis.{field}": -3}))
    (problem,) = refused.value.problems
    assert str(problem).startswith(
        f"spec.analysis.{field}: -3 is out of bounds; use a whole number from 0 to "
    )


NO_KEY = (
    "is not the key of a label or an annotation; use at most 63 letters, digits, dashes, underscores and dots"
)
NO_SUBDOMAIN = "is not a DNS subdomain; use at most 253 small letters, digits, dashes and dots between them"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"spec.provider": 5}, ["spec.provider: is a number, not text; write text"]),
        (
            {f"{A}.match": [{"headers": {"x": {"foo": "y"}}}]},
            [
                f"{A}.match[0].headers.x.foo: is not a field of a Canary; "
                "known here: exact, prefix, regex, suffix"
            ],
        ),
    ],
)
def test_a_mistake_is_told_once(changes: dict[str, Any], told: list[str]) -> None:
    assert [": ".join(found[:2]) + f"; {found[2]}" for found in problems(changes)] == told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"metadata.name": "Web_X"}, f"metadata.name: 'Web_X' {NO_SUBDOMAIN}"),
        (
            {"metadata.name": "a" * 94},
            f"metadata.name: 'test.{'a' * 42}...{'a' * 48}', with an environment before it, is longer than a stack's",
        ),
        ({"metadata.namespace": "a.b"}, "metadata.namespace: 'a.b' is not a DNS label; use at most 63 "),
        ({"spec.targetRef.name": "web-"}, f"spec.targetRef.name: 'web-' {NO_SUBDOMAIN}"),
        (
            {"spec.service.name": "w" * 56},
            f"spec.service.name: '{'w' * 56}' is not the name of a Service with",
        ),
        (
            {"spec.targetRef.name": "web.v1"},
            "spec.service.name: is missing, and web.v1 is not the name of a Service",
        ),
        (
            {"spec.service.portName": "HTTP_1"},
            "spec.service.portName: 'HTTP_1' is not a DNS label; use at most 63 ",
        ),
        ({"spec.service.portName": "a" * 70}, f"spec.service.portName: '{'a' * 70}' is not a DNS label; "),
        (
            {"spec.service.targetPort": "a" * 20},
            f"spec.service.targetPort: '{'a' * 20}' is not the name of a port; ",
        ),
        (
            {"spec.service.apex.annotations": {"a b": ""}},
            f"spec.service.apex.annotations.a b: 'a b' {NO_KEY}",
        ),
        (
            {"spec.service.primary.labels": {"a/b/c": ""}},
            f"spec.service.primary.labels.a/b/c: 'a/b/c' {NO_KEY}",
        ),
        (
            {"spec.service.canary.labels": {"A.b/c": ""}},
            f"spec.service.canary.labels.A.b/c: 'A.b/c' {NO_KEY}",
        ),
        (
            {"spec.service.apex.labels": {"tier": "a b"}},
            "spec.service.apex.labels.tier: 'a b' is not the value of a label; use at most 63 letters, digits, dashes",
        ),
        (
            {
                "spec.autoscalerRef": {
                    "name": "a",
                    "primaryScalerReplicas": {"minReplicas": 5, "maxReplicas": 2},
                }
            },
            "spec.autoscalerRef.primaryScalerReplicas.minReplicas: 5 is more than maxReplicas, 2; lower it",
        ),
    ],
    ids=[
        "Canary",
        "name for a stack",
        "namespace",
        "target",
        "Service",
        "Service of the target",
        "port of the Services",
        "long port",
        "port of the pods",
        "annotation",
        "label with two slashes",
        "label of a domain in capitals",
        "value of a label",
        "bounds",
    ],
)
def test_what_the_api_server_would_refuse_is_told_before(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused) as refused:
        canary_of(document(changes))
    assert [str(problem)[: len(told)] for problem in refused.value.problems] == [told]
