"""ApisixRoute documents in, routes and statuses out."""

from typing import Any

import pytest
from hypothesis import given, strategies

from lab.gateway.apisix.dialect import Apisix
from lab.gateway.apisix.routes import translate
from lab.gateway.dialect import Translation
from lab.gateway.endpoints import Endpoints
from lab.gateway.model import Backend, Condition, Cors, Mirror, Node, Rewrite, Timeout
from lab.gateway.traefik import configuration
from tests.lab.gateway.documents import Document, a_rule, a_service, a_slice, an_apisix_route

ENDPOINTS = Endpoints.of(
    [a_service(name) for name in ("podinfo", "podinfo-primary", "podinfo-canary")],
    [a_slice("podinfo", "10.244.0.2"), a_slice("podinfo-primary", "10.244.0.3"), a_slice("podinfo-canary")],
)
PRIMARY = Node("10.244.0.3", 9898, "podinfo-primary-10.244.0.3")


def translated(*rules: Document) -> Translation:
    return translate([an_apisix_route(*rules)], ENDPOINTS)


def condition_of(translation: Translation) -> dict[str, Any]:
    (report,) = translation.reports
    (condition,) = report.status["conditions"]
    return dict(condition)


def test_the_articles_route_is_read_whole() -> None:
    (route,) = translated().routes
    assert route.key == "test_podinfo_method"
    assert (route.hosts, route.paths, route.methods) == (("app.example.com",), ("/*",), ("GET",))
    assert route.backends == (Backend("podinfo", 100, (Node("10.244.0.2", 9898, "podinfo-10.244.0.2"),)),)
    assert dict(route.labels) == {"route": "test_podinfo_method", "service": "test_podinfo_0", "consumer": ""}


def test_weights_and_priority_of_a_canary_are_kept() -> None:
    backends = [
        {"serviceName": "podinfo-primary", "servicePort": 80, "weight": 80},
        {"serviceName": "podinfo-canary", "servicePort": 80, "weight": 20},
    ]
    (route,) = translated(a_rule(backends=backends, priority=10000)).routes
    assert route.backends == (Backend("podinfo-primary", 80, (PRIMARY,)), Backend("podinfo-canary", 20, ()))
    assert route.priority == 10000


def test_a_weight_of_zero_is_not_the_default() -> None:
    (route,) = translated(
        a_rule(backends=[{"serviceName": "podinfo", "servicePort": 80, "weight": 0}])
    ).routes
    assert route.backends[0].weight == 0


def test_granularity_service_goes_to_the_cluster_address() -> None:
    backend = {"serviceName": "podinfo", "servicePort": 80, "resolveGranularity": "service"}
    (route,) = translated(a_rule(backends=[backend])).routes
    assert route.backends[0].nodes == (Node("10.96.0.10", 80),)


def test_every_rule_becomes_a_route() -> None:
    keys = [route.key for route in translated(a_rule(), a_rule(name="second")).routes]
    assert keys == ["test_podinfo_method", "test_podinfo_second"]


def test_without_prefer_name_metrics_carry_ids() -> None:
    (route,) = translated(a_rule(plugins=[{"name": "prometheus", "enable": True}])).routes
    assert dict(route.labels) == {"route": "be4cbe49", "service": "adc0581b", "consumer": ""}


@pytest.mark.parametrize(
    "plugins",
    [
        pytest.param([], id="absent"),
        pytest.param([{"name": "prometheus", "enable": False}], id="not enabled"),
        pytest.param([{"name": "prometheus", "enable": True, "config": {"disable": True}}], id="disabled"),
        pytest.param(
            [{"name": "prometheus", "enable": True, "config": {"_meta": {"disable": True}}}], id="by meta"
        ),
    ],
)
def test_without_the_prometheus_plugin_nothing_is_measured_by_name(plugins: list[Document]) -> None:
    (route,) = translated(a_rule(plugins=plugins)).routes
    assert route.labels == ()


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        pytest.param(
            {"subject": {"scope": "Header", "name": "X-Canary"}, "op": "Equal", "value": "insider"},
            Condition("header", "X-Canary", ("insider",)),
            id="header",
        ),
        pytest.param(
            {"subject": {"scope": "Cookie", "name": "beta"}, "op": "NotEqual", "value": "always"},
            Condition("cookie", "beta", ("always",), negated=True),
            id="cookie",
        ),
        pytest.param(
            {"subject": {"scope": "Query", "name": "v"}, "op": "In", "set": ["1", "2"]},
            Condition("query", "v", ("1", "2")),
            id="query in a set",
        ),
        pytest.param(
            {"subject": {"scope": "Query", "name": "v"}, "op": "NotIn", "set": ["1", "2"]},
            Condition("query", "v", ("1", "2"), negated=True),
            id="query not in a set",
        ),
        pytest.param(
            {"subject": {"scope": "Path"}, "op": "RegexMatch", "value": "^/v[12]/"},
            Condition("path", "", ("^/v[12]/",), patterns=True),
            id="path by pattern",
        ),
        pytest.param(
            {
                "subject": {"scope": "Header", "name": "User-Agent"},
                "op": "RegexNotMatchCaseInsensitive",
                "value": "bot",
            },
            Condition("header", "User-Agent", ("bot",), patterns=True, any_case=True, negated=True),
            id="header by pattern in any case",
        ),
        pytest.param(
            {"subject": {"scope": "Variable", "name": "http_x_canary"}, "op": "Equal", "value": "1"},
            Condition("header", "x-canary", ("1",)),
            id="variable of a header",
        ),
        pytest.param(
            {"subject": {"scope": "Variable", "name": "request_method"}, "op": "Equal", "value": "PUT"},
            Condition("method", "", ("PUT",)),
            id="variable of the method",
        ),
        pytest.param(
            {"subject": {"scope": "Variable", "name": "request_id"}, "op": "RegexMatch", "value": "^[0-3]"},
            Condition("request_id", "", ("^[0-3]",), patterns=True),
            id="variable of the request's id",
        ),
    ],
)
def test_expressions(expression: Document, condition: Condition) -> None:
    (route,) = translated(a_rule(match={"paths": ["/*"], "exprs": [expression]})).routes
    assert route.conditions == (condition,)


def test_remote_addresses_are_a_condition() -> None:
    (route,) = translated(a_rule(match={"paths": ["/*"], "remoteAddrs": ["10.0.0.0/8"]})).routes
    assert route.conditions == (Condition("source", "", ("10.0.0.0/8",)),)


@pytest.mark.parametrize(
    ("match", "what"),
    [
        pytest.param(
            {"exprs": [{"subject": {"scope": "Query", "name": "n"}, "op": "GreaterThan", "value": "3"}]},
            "expression operator GreaterThan",
            id="operator",
        ),
        pytest.param(
            {
                "exprs": [
                    {"subject": {"scope": "Variable", "name": "geoip_city"}, "op": "Equal", "value": "x"}
                ]
            },
            "expression subject Variable geoip_city",
            id="variable",
        ),
        pytest.param(
            {
                "exprs": [
                    {
                        "subject": {"scope": "Variable", "name": "remote_addr"},
                        "op": "RegexMatch",
                        "value": "x",
                    }
                ]
            },
            "expression operator RegexMatch on the source",
            id="pattern on an address",
        ),
        pytest.param({"filter_func": "function(vars) return true end"}, "filter_func", id="function"),
    ],
)
def test_a_rule_that_would_match_too_much_is_left_out_and_named(match: Document, what: str) -> None:
    translation = translated(a_rule(match={"paths": ["/*"], **match}), a_rule(name="second"))
    assert [route.key for route in translation.routes] == ["test_podinfo_second"]
    condition = condition_of(translation)
    assert condition["status"] == "False"
    assert f"rule method is left out: the lab's stand-in does not play {what}" in condition["message"]


def test_timeouts() -> None:
    (route,) = translated(a_rule(timeout={"connect": "500ms", "read": "2s", "send": "2s"})).routes
    assert route.timeout == Timeout(connect=0.5, read=2)


def test_a_good_route_is_reported_as_the_controller_does() -> None:
    assert condition_of(translate([an_apisix_route(generation=7)], ENDPOINTS)) == {
        "type": "ResourcesAvailable",
        "status": "True",
        "reason": "ResourcesSynced",
        "message": "Sync Successfully",
        "observedGeneration": 7,
    }


def test_what_the_status_says_already_is_not_reported_again() -> None:
    document = an_apisix_route()
    (report,) = translate([document], ENDPOINTS).reports
    assert translate([document | {"status": report.status}], ENDPOINTS).reports == ()
    changed = an_apisix_route(generation=2) | {"status": report.status}
    assert len(translate([changed], ENDPOINTS).reports) == 1


def test_a_missing_service_is_reported_and_its_share_has_no_nodes() -> None:
    translation = translated(a_rule(backends=[{"serviceName": "gone", "servicePort": 80, "weight": 5}]))
    assert translation.routes[0].backends == (Backend("gone", 5, ()),)
    condition = condition_of(translation)
    assert (condition["status"], condition["reason"]) == ("False", "ResourceSyncAborted")
    assert condition["message"] == "service test/gone not found"


def test_an_unknown_plugin_is_ignored_and_named() -> None:
    translation = translated(
        a_rule(plugins=[{"name": "limit-count", "enable": True, "config": {"count": 1}}])
    )
    assert len(translation.routes) == 1
    condition = condition_of(translation)
    assert condition["status"] == "True"
    assert "plugin limit-count (known: prometheus, proxy-mirror," in condition["message"]


def test_plugins_become_filters() -> None:
    rule = a_rule(
        plugins=[
            {
                "name": "proxy-mirror",
                "enable": True,
                "config": {"host": "http://podinfo-canary.test", "sample_ratio": 0.25},
            },
            {
                "name": "proxy-rewrite",
                "enable": True,
                "config": {
                    "regex_uri": ["^/old/(.*)", "/new/$1"],
                    "headers": {"set": {"X-A": "1"}, "remove": ["X-B"]},
                },
            },
            {"name": "response-rewrite", "enable": True, "config": {"headers": {"X-Served-By": "lab"}}},
            {
                "name": "cors",
                "enable": True,
                "config": {"allow_origins": "https://a.example, https://b.example"},
            },
        ]
    )
    (route,) = translated(rule).routes
    filters = route.filters
    assert filters.mirror == Mirror("http://podinfo-canary.test", 25)
    assert filters.rewrite == Rewrite("", ("^/old/(.*)", "/new/$1"), (("X-A", "1"), ("X-B", "")))
    assert filters.answer_headers == (("X-Served-By", "lab"),)
    assert filters.cors == Cors(("https://a.example", "https://b.example"), ("*",), ("*",), (), 5, False)


@pytest.mark.parametrize(
    "headers",
    [{"add": ["Set-Cookie: side=canary; Max-Age=60"]}, {"set": {"Set-Cookie": "side=canary; Max-Age=60"}}],
    ids=["added", "set"],
)
def test_a_cookie_is_on_the_answers(headers: Document) -> None:
    plugin = {"name": "response-rewrite", "enable": True, "config": {"headers": headers}}
    (route,) = translated(a_rule(plugins=[plugin])).routes
    assert route.filters.answer_headers == (("Set-Cookie", "side=canary; Max-Age=60"),)


FIELDS = """
    name match hosts paths methods exprs subject scope op value set backends serviceName servicePort weight
    plugins enable config headers host regex_uri sample_ratio allow_origins timeout read priority
"""


def a_document() -> strategies.SearchStrategy[Any]:
    """Anything that JSON can say, often under names that mean something."""
    names = strategies.sampled_from(FIELDS.split())
    leaves = strategies.sampled_from(
        [None, True, -1, 0.5, "", "prometheus", "proxy-rewrite", "cors", "Header", "podinfo"]
    )
    return strategies.recursive(
        leaves,
        lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(names, inner, max_size=5),
    )


@given(spec=a_document(), rule=a_document())
def test_no_document_keeps_others_from_being_served(spec: Any, rule: Any) -> None:
    odd = an_apisix_route(name="odd")
    odd["spec"] = {"http": [a_rule(**rule) if isinstance(rule, dict) else rule, spec]}
    translation = translate([odd, an_apisix_route()], ENDPOINTS)
    assert translation.routes[-1].key == "test_podinfo_method"
    urls = ("http://127.0.0.1:9094", "http://127.0.0.1:9095")
    assert configuration(translation.routes, Apisix().labels, *urls).text()


@pytest.mark.parametrize(
    "rule",
    [{"name": "a", "backends": [{"serviceName": "podinfo"}]}, {"backends": []}, "text"],
    ids=["no match", "no backends", "a text"],
)
def test_a_rule_that_cannot_be_read_is_left_out_and_counted(rule: Any) -> None:
    translation = translated(a_rule(), rule)
    assert len(translation.routes) == 1
    assert "rule 1 is left out" in condition_of(translation)["message"]


@pytest.mark.parametrize(
    ("plugin", "option"),
    [("proxy-mirror", "path"), ("proxy-rewrite", "method"), ("response-rewrite", "body")],
)
def test_an_option_that_is_not_played_is_named(plugin: str, option: str) -> None:
    config = {"host": "http://mirror", option: "x"}
    translation = translated(a_rule(plugins=[{"name": plugin, "enable": True, "config": config}]))
    assert f"option {option} of plugin {plugin}" in condition_of(translation)["message"]
