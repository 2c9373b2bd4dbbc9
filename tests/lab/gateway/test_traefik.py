"""Routes in, Traefik's configuration out."""

import json

import pytest

from lab.gateway.apisix.dialect import Apisix
from lab.gateway.model import Arm, Backend, Condition, Filters, Mirror, Node, Rewrite, Route, arms
from lab.gateway.traefik import Configuration, configuration, rule

PRIMARY, CANARY = Node("10.244.0.3", 9898, "primary-1"), Node("10.244.0.4", 9898, "canary-1")
NAMED = (("route", "test_podinfo_method"), ("service", "test_podinfo_0"), ("consumer", ""))


def a_route(
    key: str = "test_podinfo_method",
    hosts: tuple[str, ...] = ("app.example.com",),
    paths: tuple[str, ...] = ("/*",),
    priority: int = 0,
    conditions: tuple[Condition, ...] = (),
    filters: Filters = Filters(),
) -> Route:
    backends = (Backend("podinfo-primary", 80, (PRIMARY,)), Backend("podinfo-canary", 20, (CANARY,)))
    return Route(
        key, backends, hosts, paths, priority=priority, conditions=conditions, filters=filters, labels=NAMED
    )


def configured(*routes: Route) -> Configuration:
    return configuration(routes, Apisix().labels, "http://127.0.0.1:9094", "http://127.0.0.1:9095")


@pytest.mark.parametrize(
    ("host", "path", "expression"),
    [
        ("app.example.com", "/*", 'Host("app.example.com") && PathPrefix("/")'),
        ("*.example.com", "/*", r'HostRegexp("^.+\\.example\\.com$") && PathPrefix("/")'),
        ("", "/api/info", 'Path("/api/info")'),
        ("", "/api/*", 'PathPrefix("/api/")'),
    ],
)
def test_hosts_and_paths(host: str, path: str, expression: str) -> None:
    assert rule(Arm(a_route(), host, path)) == expression


@pytest.mark.parametrize(
    ("condition", "expression"),
    [
        (Condition("header", "X-Canary", ("insider",)), 'Header("X-Canary", "insider")'),
        (Condition("header", "X-Canary", ("insider",), negated=True), '!(Header("X-Canary", "insider"))'),
        (Condition("query", "v", ("1", "2")), '(Query("v", "1") || Query("v", "2"))'),
        (Condition("path", "", ("^/v1",), patterns=True), 'PathRegexp("^/v1")'),
        (Condition("header", "UA", ("bot",), patterns=True, any_case=True), 'HeaderRegexp("UA", "(?i)bot")'),
        (Condition("cookie", "beta", ("on",)), r'HeaderRegexp("Cookie", "(^|;\\s*)beta=on(;|$)")'),
        (
            Condition("cookie", "beta", ("o.",), patterns=True),
            r'HeaderRegexp("Cookie", "(^|;\\s*)beta=[^;]*(?:o.)")',
        ),
        (
            Condition("cookie", "beta", ("^o.$",), patterns=True),
            r'HeaderRegexp("Cookie", "(^|;\\s*)beta=(?:o.)(;|$)")',
        ),
        (Condition("source", "", ("10.0.0.0/8",)), 'ClientIP("10.0.0.0/8")'),
        (Condition("method", "", ("PUT",)), 'Method("PUT")'),
    ],
    ids=[
        "a header",
        "not a header",
        "one of two",
        "a path",
        "any case",
        "a cookie",
        "part of a cookie",
        "a whole cookie",
        "a source",
        "a method",
    ],
)
def test_conditions(condition: Condition, expression: str) -> None:
    assert rule(Arm(a_route(conditions=(condition,)), "", "/*")) == f'PathPrefix("/") && {expression}'


def test_of_two_routes_that_match_the_more_precise_one_gets_the_request() -> None:
    least_first = [
        a_route("anywhere", hosts=(), priority=9),
        a_route("wildcard", hosts=("*.example.com",)),
        a_route("prefix", paths=("/*",)),
        a_route("preferred", paths=("/*",), priority=10000),
        a_route("longer", paths=("/api/*",)),
        a_route("exact", paths=("/a",)),
    ]
    assert [arm.route.key for arm in arms(least_first[::-1])] == [route.key for route in least_first]


def test_priorities_leave_the_last_place_to_requests_without_a_route() -> None:
    routers = configured(a_route("low"), a_route("high", priority=1)).document["http"]["routers"]
    by_priority = sorted(routers, key=lambda name: int(routers[name]["priority"]))
    assert [name.partition("-")[0] for name in by_priority] == ["not", "low", "high"]


def test_a_split_joins_backends_by_weight_and_nodes_evenly() -> None:
    services = configured(a_route()).document["http"]["services"]
    (top,) = (
        one["weighted"]["services"]
        for one in services.values()
        if len(one.get("weighted", {}).get("services", ())) == 2
    )
    assert [share["weight"] for share in top] == [80, 20]
    (node,) = services[top[1]["name"]]["weighted"]["services"]
    assert services[node["name"]]["loadBalancer"]["servers"] == [{"url": "http://10.244.0.4:9898"}]


def test_each_node_has_labels_of_its_own() -> None:
    labels = [dict(one) for one in configured(a_route()).names.values() if one]
    assert [one["node"] for one in labels] == ["10.244.0.3", "10.244.0.4"]
    assert labels[0] == {
        "matched_uri": "/*",
        "matched_host": "app.example.com",
        "route": "test_podinfo_method",
        "service": "test_podinfo_0",
        "consumer": "",
        "node": "10.244.0.3",
    }


def test_a_changed_weight_changes_no_name() -> None:
    before, after = a_route(), a_route()
    after = Route(
        after.key,
        (Backend("podinfo-primary", 50, (PRIMARY,)), Backend("podinfo-canary", 50, (CANARY,))),
        after.hosts,
    )
    assert set(configured(before).names) == set(configured(after).names)


def test_a_backend_without_nodes_is_answered_for() -> None:
    route = Route("r", (Backend("podinfo", 100, ()),), labels=NAMED)
    made = configured(route)
    (name,) = (name for name, labels in made.names.items() if labels)
    assert dict(made.names[name])["node"] == ""
    assert made.document["http"]["services"][name]["loadBalancer"]["servers"] == [
        {"url": "http://127.0.0.1:9094"}
    ]


def test_a_mirror_stands_before_the_split_and_is_not_measured() -> None:
    made = configured(a_route(filters=Filters(mirror=Mirror("http://podinfo-canary.test", 25))))
    services = made.document["http"]["services"]
    (mirroring,) = (one["mirroring"] for one in services.values() if "mirroring" in one)
    (mirror,) = mirroring["mirrors"]
    assert mirror["percent"] == 25
    assert services[mirror["name"]]["loadBalancer"]["servers"] == [{"url": "http://podinfo-canary.test"}]
    assert "weighted" in services[mirroring["service"]]
    assert mirror["name"] not in made.names


def test_filters_become_middlewares_in_order() -> None:
    filters = Filters(
        rewrite=Rewrite("/new", headers=(("Host", "inner"),)), answer_headers=(("X-Served-By", "lab"),)
    )
    parts = configured(a_route(filters=filters)).document["http"]
    (router,) = (one for name, one in parts["routers"].items() if name != "not-found")
    assert [parts["middlewares"][name] for name in router["middlewares"]] == [
        {"replacePath": {"path": "/new"}},
        {"headers": {"customRequestHeaders": {"Host": "inner"}}},
        {"headers": {"customResponseHeaders": {"X-Served-By": "lab"}}},
    ]


def test_the_same_routes_give_the_same_text() -> None:
    routes = [a_route("one"), a_route("two")]
    text = configured(*routes).text()
    assert configured(*routes[::-1]).text() == text
    assert json.loads(text)
