"""The built-in queries, whole; the series that a query reads; the variables of templates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automation.core.analysis import REQUESTS
from automation.core.refusal import Refused
from automation.core.spec import MetricCheck
from automation.questions.metrics.queries import built_in, inline, written
from automation.questions.metrics.selectors import selectors
from automation.questions.metrics.variables import Unrendered, prove, render, variables
from documents import metric_template
from gateways.registry import GATEWAYS
from tests.core.documents import canary

PODS = ["10.244.0.8", "10.244.0.7"]
RATE = MetricCheck("request-success-rate", "1m")
DURATION = MetricCheck("request-duration", "30s")


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (
            RATE,
            '(sum(rate(apisix_http_status{node=~"10.244.0.7|10.244.0.8",code!~"5.."}[1m])) or vector(0))'
            ' / sum(rate(apisix_http_status{node=~"10.244.0.7|10.244.0.8"}[1m])) * 100',
        ),
        (
            DURATION,
            'histogram_quantile(0.99, sum(rate(apisix_http_latency_bucket{type=~"request",'
            'node=~"10.244.0.7|10.244.0.8"}[30s])) by (le))',
        ),
        (
            MetricCheck("request-success-rate", "1m", scope="route"),
            '(sum(rate(apisix_http_status{route=~"test_podinfo-podinfo-canary_.+",code!~"5.."}[1m])) or vector(0))'
            ' / sum(rate(apisix_http_status{route=~"test_podinfo-podinfo-canary_.+"}[1m])) * 100',
        ),
        (
            MetricCheck("request-duration", "1m", scope="route"),
            'histogram_quantile(0.99, sum(rate(apisix_http_latency_bucket{type=~"request",'
            'route=~"test_podinfo-podinfo-canary_.+"}[1m])) by (le))',
        ),
    ],
    ids=["success of the canary", "duration of the canary", "success of the route", "duration of the route"],
)
def test_the_built_in_queries_of_apisix(check: MetricCheck, expected: str) -> None:
    assert built_in(canary(), check, PODS) == expected


@pytest.mark.parametrize("provider", GATEWAYS)
def test_requests_are_counted_over_the_series_of_the_success_rate(provider: str) -> None:
    released = replace(canary(), provider=provider, route_name="podinfo")
    rate, count = (built_in(released, replace(RATE, name=name), PODS) for name in (RATE.name, REQUESTS))
    (series,) = selectors(count)
    assert count == f"sum(increase({series}[1m]))"
    assert series in selectors(rate)


def test_the_route_is_named_after_the_apex_not_after_the_target() -> None:
    named = canary({"spec.service.name": "front"})
    assert 'route=~"test_podinfo-front-canary_.+"' in built_in(
        named, MetricCheck("request-success-rate", scope="route"), PODS
    )


def test_without_pods_no_series_matches() -> None:
    assert 'node=~"no pods"' in built_in(canary(), RATE, [])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('sum(rate(a{b="}"}[1m])) / sum(rate(a[1m]))', ('a{b="}"}', "a")),
        ('{__name__=~"x.*"}', ('{__name__=~"x.*"}',)),
        ('label_replace(up{job="a"}, "x", "y{z}", "", "")', ('up{job="a"}',)),
        ("sum by (le) (rate(job:lat:rate5m[5m]))", ("job:lat:rate5m",)),
        ("vector(1)", ()),
        ("up", ()),
        ("a{} offset 5m + a{}", ("a{}",)),
        ("rate(a{b='c'}[5m:10s])", ("a{b='c'}",)),
    ],
    ids=[
        "braces and ranges",
        "no name",
        "braces in text",
        "recording rules",
        "no series",
        "a bare name",
        "the same one twice",
        "single quotes and subqueries",
    ],
)
def test_the_series_that_a_query_reads(query: str, found: tuple[str, ...]) -> None:
    assert selectors(query) == found


def test_all_variables_are_filled() -> None:
    check = MetricCheck("m", "2m", query="", variables={"code": "404"})
    query = "{{ name }} {{namespace}} {{ target }} {{ service }} {{ ingress }} {{ route }} {{- interval -}} "
    query += "{{ variables.code }}"
    named = canary({"spec.service.name": "front", "metadata.name": "c"})
    filled = render(query, variables(named, check))
    assert filled == "c test podinfo front podinfo podinfo 2m 404"


@pytest.mark.parametrize(
    ("query", "filled"),
    [
        ('{{ printf "%s/%s" namespace .service }}', "test/podinfo"),
        (
            '{{- $route := printf "kube_%s__%s_canary(_[0-9]+)?" namespace ingress }}x{{ $route }}',
            "xkube_test__podinfo",
        ),
        ("{{ $one := target }}{{ $two := $one }}{{ $two }}", "podinfo"),
        ('{{ printf "100%% of %s, \\"all\\"" variables.code }}', '100% of 404, "all"'),
    ],
    ids=["printed", "named", "named twice", "odd characters"],
)
def test_what_go_s_templates_print_and_name_is_filled(query: str, filled: str) -> None:
    check = MetricCheck("m", query=query, variables={"code": "404"})
    assert inline(canary(), check).startswith(filled)
    prove(query)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("{{ $route }}", "'$route' is not known"),
        ('{{ printf "%s" nonsense }}', "'nonsense' is not known"),
        ('{{ printf "%s %s" namespace }}', 'printf "%s %s" has 1 values; write %s for each of them'),
        ('{{ printf "%d" namespace }}', 'printf "%d" has 1 values; write %s for each of them'),
        ('{{ printf "\\q" }}', "printf can't read"),
        ('{{ printf "%s namespace }}', "is not known"),
        ("{{ if namespace }}", "'if namespace' is not known"),
    ],
    ids=["no name", "an unknown value", "too few", "a number", "an odd escape", "no end", "a condition"],
)
def test_what_can_not_be_printed_is_said(query: str, told: str) -> None:
    with pytest.raises(Unrendered) as raised:
        inline(canary(), MetricCheck("m", query=query))
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("query", "missing"),
    [("{{ nonsense }}", "'nonsense'"), ("{{ variables.code }}", "'variables.code'"), ("{{ }}", "''")],
    ids=["an unknown name", "a key that the check does not have", "nothing"],
)
def test_a_variable_that_is_not_known_is_said_with_those_that_are(query: str, missing: str) -> None:
    with pytest.raises(Unrendered) as raised:
        inline(canary(), MetricCheck("m", query=query))
    assert str(raised.value) == (
        f"query render error: {missing} is not known; known are "
        "ingress, interval, name, namespace, route, service, target"
    )


TEMPLATE = {
    "apiVersion": "flagger.app/v1beta1",
    "kind": "MetricTemplate",
    "metadata": {"name": "not-found-percentage", "namespace": "apisix"},
    "spec": {
        "provider": {
            "type": "prometheus",
            "address": "http://flagger-prometheus.apisix:9090",
            "headers": {"X-Scope-OrgID": ["a", "b"]},
            "secretRef": {"name": "prom-auth"},
            "insecureSkipVerify": True,
        },
        "query": 'rate(hits{route=~"{{ namespace }}_{{ route }}-{{ target }}-canary_.+"}[{{ interval }}])',
    },
}


def test_a_metric_template_is_read_and_rendered() -> None:
    template = metric_template.parse(TEMPLATE)
    assert (template.full_name, template.type, template.secret, template.verify) == (
        "not-found-percentage.apisix",
        "prometheus",
        "prom-auth",
        False,
    )
    assert template.headers == {"X-Scope-OrgID": "a, b"}
    assert written(template.query, canary(), MetricCheck("404s", "1m")) == (
        'rate(hits{route=~"test_podinfo-podinfo-canary_.+"}[1m])'
    )


def test_a_broken_metric_template_is_refused_with_every_problem() -> None:
    with pytest.raises(Refused) as raised:
        metric_template.parse({"metadata": {"name": "x"}, "spec": {"provider": {"headers": []}}})
    assert [problem.path for problem in raised.value.problems] == [
        "spec.provider.type",
        "spec.provider.headers",
        "spec.query",
    ]
