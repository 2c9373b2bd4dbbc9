"""The canary route: a copy of the user's rule, asserted whole."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.traffic import Traffic
from gateways.apisix import APISIX
from gateways.gateway import Marks
from tests.components.documents import OWNER, canary, route

COUNTER = {"name": "prometheus", "enable": True}
MARKS = {"sluice.delivery/attempt": "attempt-1"}


def render(source: Manifest | None, split: Traffic | None = None, **spec: Any) -> Manifest:
    return APISIX.render(canary(**spec), source, split or Traffic(20), Marks(MARKS, OWNER))


def test_the_article_s_route_at_80_to_20() -> None:
    assert render(route()) == {
        "apiVersion": "apisix.apache.org/v2",
        "kind": "ApisixRoute",
        "metadata": {
            "name": "podinfo-podinfo-canary",
            "namespace": "test",
            "labels": {},
            "annotations": {"sluice.delivery/attempt": "attempt-1"},
            "ownerReferences": [OWNER],
        },
        "spec": {
            "http": [
                {
                    "name": "method",
                    "priority": 10000,
                    "match": {"hosts": ["app.example.com"], "methods": ["GET"], "paths": ["/*"]},
                    "backends": [
                        {"serviceName": "podinfo-primary", "servicePort": 80, "weight": 80},
                        {"serviceName": "podinfo-canary", "servicePort": 80, "weight": 20},
                    ],
                    "plugins": [
                        {
                            "name": "prometheus",
                            "enable": True,
                            "config": {"disable": False, "prefer_name": True},
                        }
                    ],
                }
            ]
        },
    }


def test_what_the_model_does_not_know_is_kept() -> None:
    source = route()
    source["spec"]["ingressClassName"] = "apisix"
    source["spec"]["stream"] = [{"name": "tcp"}]
    rule = source["spec"]["http"][0]
    rule["match"]["filter_func"] = "function(vars) return true end"
    rule["plugins"][0]["secretRef"] = "keys"
    rule["backends"][0] |= {"resolveGranularity": "service", "subset": "v1", "unheard": {"of": 1}}

    copied = render(source)["spec"]

    assert copied["ingressClassName"] == "apisix"
    assert copied["stream"] == [{"name": "tcp"}]
    assert copied["http"][0]["match"] == rule["match"]
    assert copied["http"][0]["plugins"] == rule["plugins"]
    assert copied["http"][0]["backends"][1] == {
        "serviceName": "podinfo-canary",
        "servicePort": 80,
        "weight": 20,
        "resolveGranularity": "service",
        "subset": "v1",
        "unheard": {"of": 1},
    }


def rule(name: str, *services: str, port: int | str = 80, **fields: Any) -> Manifest:
    backends = [{"serviceName": service, "servicePort": port} for service in services]
    return {"name": name, "match": {"paths": [f"/{name}"]}, "backends": backends} | fields


def with_rules(*rules: Manifest) -> Manifest:
    source = route()
    source["spec"]["http"] = list(rules)
    return source


def test_all_rules_of_the_apex_are_copied_and_keep_their_order() -> None:
    source = with_rules(
        rule("read", "podinfo", priority=5, plugins=[COUNTER, {"name": "cors", "enable": True}]),
        rule("other", "other"),
        rule("write", "podinfo", port="http", plugins=[COUNTER]),
    )
    copied = render(source)["spec"]["http"]
    assert [(one["name"], one["priority"], one.get("plugins")) for one in copied] == [
        ("read", 10005, [COUNTER, {"name": "cors", "enable": True}]),
        ("write", 10000, [COUNTER]),
    ]
    for one in copied:
        assert [(backend["serviceName"], backend["weight"]) for backend in one["backends"]] == [
            ("podinfo-primary", 80),
            ("podinfo-canary", 20),
        ]
    assert APISIX.left_alone(canary(), source) == ()


def test_a_rule_that_can_not_be_split_is_told_and_stops_no_release() -> None:
    source = with_rules(
        rule("mixed", "podinfo", "other"),
        rule("read", "podinfo", plugins=[COUNTER]),
        rule("odd", "podinfo", port=9797),
    )
    assert [one["name"] for one in render(source)["spec"]["http"]] == ["read"]
    assert APISIX.left_alone(canary(), source) == (
        "Rule mixed of APISIX route podinfo.test is left alone and leads to primary only: spec.http[0].backends: "
        "APISIX route podinfo.test: only one http backend is supported, the rule has 2",
        "Rule odd of APISIX route podinfo.test is left alone and leads to primary only: "
        "spec.http[2].backends[].servicePort: APISIX route podinfo.test sends to port 9797, which the Service "
        "podinfo does not have",
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"plugins": [COUNTER]}, False),
        ({"plugin_config_name": "shared"}, False),
        ({}, True),
        ({"plugins": [{"name": "cors", "enable": True}]}, True),
        ({"plugins": [{**COUNTER, "enable": False}]}, True),
        ({"plugins": [{**COUNTER, "config": {"disable": True}}]}, True),
        ({"plugins": [{**COUNTER, "config": {"_meta": {"disable": True}}}]}, True),
    ],
)
def test_a_rule_whose_requests_are_not_counted_is_told(said: dict[str, Any], told: bool) -> None:
    source = with_rules({**rule("read", "podinfo"), **said})
    remarks = APISIX.left_alone(canary(), source)
    assert [one.partition(":")[0] for one in remarks] == (
        ["Rule read of APISIX route podinfo.test lacks the plugin prometheus"] if told else []
    )
    assert APISIX.left_alone(replace(canary(), skip_analysis=True), source) == ()


def test_rules_that_disagree_are_not_what_was_rendered() -> None:
    live = render(with_rules(rule("read", "podinfo"), rule("write", "podinfo")))
    for backend, weight in zip(live["spec"]["http"][1]["backends"], (40, 60), strict=True):
        backend["weight"] = weight
    carried = APISIX.carried(canary(), live)
    assert (carried.traffic, carried.exact) == (Traffic(60), False)
    assert APISIX.carried(canary(), APISIX.with_traffic(canary(), live, Traffic(20))).exact


@pytest.mark.parametrize(
    ("hosts", "all_of_them"),
    [((["a", "b"], ["b", "c"]), ("a", "b", "c")), ((["a"], None), ())],
    ids=["each has some", "one takes any"],
)
def test_hosts_are_those_of_all_copied_rules(
    hosts: tuple[list[str] | None, ...], all_of_them: tuple[str, ...]
) -> None:
    rules = [
        rule(f"r{index}", "podinfo", match={"hosts": named} if named else {})
        for index, named in enumerate(hosts)
    ]
    assert APISIX.hosts(canary(), with_rules(*rules)) == all_of_them


def test_only_the_rule_of_the_apex_is_copied_and_the_source_stays_as_it_is() -> None:
    source = route()
    other = {
        "name": "other",
        "match": {"paths": ["/other"]},
        "backends": [{"serviceName": "other", "servicePort": 80}],
    }
    source["spec"]["http"].insert(0, other)
    before = copy.deepcopy(source)

    copied = render(source)

    assert [rule["name"] for rule in copied["spec"]["http"]] == ["method"]
    assert source == before


def test_tracking_marks_of_others_stay_behind() -> None:
    source = route()
    source["metadata"]["labels"] = {"team": "web", "argocd.argoproj.io/instance": "shop"}
    source["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "kustomize.toolkit.fluxcd.io/checksum": "1",
        "k8s.apisix.apache.org/upstream-read-timeout": "5s",
    }

    metadata = render(source)["metadata"]

    assert metadata["labels"] == {"team": "web"}
    assert metadata["annotations"] == {"k8s.apisix.apache.org/upstream-read-timeout": "5s", **MARKS}


def test_names_follow_the_service_s_name_where_it_is_not_the_target_s() -> None:
    source = route()
    source["spec"]["http"][0]["backends"][0]["serviceName"] = "shop"
    copied = render(source, service={"name": "shop", "port": 80})
    assert copied["metadata"]["name"] == "podinfo-shop-canary"
    assert [backend["serviceName"] for backend in copied["spec"]["http"][0]["backends"]] == [
        "shop-primary",
        "shop-canary",
    ]


def without_rules(source: Manifest) -> None:
    source["spec"]["http"] = []


def with_another_backend(source: Manifest) -> None:
    source["spec"]["http"][0]["backends"][0]["serviceName"] = "shop"


def with_two_backends(source: Manifest) -> None:
    source["spec"]["http"][0]["backends"].append({"serviceName": "shop", "servicePort": 80})


def with_two_of_a_name(source: Manifest) -> None:
    source["spec"]["http"].append({**source["spec"]["http"][0]})


def with_another_port(source: Manifest) -> None:
    source["spec"]["http"][0]["backends"][0]["servicePort"] = 8080


@pytest.mark.parametrize(
    ("spoil", "path", "text"),
    [
        (without_rules, "spec.http", "APISIX route podinfo.test's spec.http is empty"),
        (
            with_another_backend,
            "spec.http[].backends[].serviceName",
            "Can not find podinfo backend on apisix route podinfo.test",
        ),
        (with_two_backends, "spec.http[0].backends", "only one http backend is supported"),
        (with_another_port, "spec.http[0].backends[].servicePort", "sends to port 8080"),
        (with_two_of_a_name, "spec.http[1].name", "APISIX route podinfo.test has another rule method"),
    ],
    ids=["no rule", "no such backend", "two backends", "another port", "two rules of one name"],
)
def test_a_route_that_cannot_be_copied_is_refused(
    spoil: Callable[[Manifest], None], path: str, text: str
) -> None:
    source = route()
    spoil(source)
    with pytest.raises(Refused) as refused:
        render(source)
    (problem,) = refused.value.problems
    assert problem.path == path
    assert text in problem.problem
    assert problem.remedy


def test_a_missing_route_is_refused_with_its_name() -> None:
    with pytest.raises(
        Refused, match=r'apisixroutes.apisix.apache.org "podinfo" not found in namespace test'
    ):
        render(None)


def test_hosts_are_those_of_the_copied_rule() -> None:
    assert APISIX.hosts(canary(), route()) == ("app.example.com",)
    assert APISIX.hosts(canary(), None) == ()


@pytest.mark.parametrize(
    ("backends", "said"),
    [
        pytest.param([("podinfo", 80)], "", id="to the apex Service"),
        pytest.param([("podinfo", "http")], "", id="to its port by name"),
        pytest.param([("other", 80)], "the route names: other", id="to somebody else"),
        pytest.param([("podinfo", 81)], "set servicePort to 80", id="to a port that isn't there"),
    ],
)
def test_a_source_route_must_lead_to_the_apex_service(
    backends: list[tuple[str, int | str]], said: str
) -> None:
    source = route()
    source["spec"]["http"][0]["backends"] = [
        {"serviceName": name, "servicePort": port} for name, port in backends
    ]
    problems = APISIX.problems(canary(), source)
    assert [said in str(problem) for problem in problems] == ([True] if said else [])


@pytest.mark.parametrize("weight", range(0, 101, 10), ids=lambda weight: f"{weight} %")
def test_what_is_rendered_is_read_back(weight: int) -> None:
    carried = APISIX.carried(canary(), render(route(), Traffic(weight)))
    assert (carried.traffic, carried.exact) == (Traffic(weight), True)


def test_a_route_with_other_traffic_is_the_one_that_is_rendered_for_it() -> None:
    assert APISIX.with_traffic(canary(), render(route(), Traffic(20)), Traffic(70)) == render(
        route(), Traffic(70)
    )


@pytest.mark.parametrize(
    ("granularity", "reaches"), [(None, False), ("endpoint", False), ("service", True)], ids=str
)
def test_whether_pods_can_be_told_apart(granularity: str | None, reaches: bool) -> None:
    source = route()
    if granularity:
        source["spec"]["http"][0]["backends"][0]["resolveGranularity"] = granularity
    assert APISIX.reaches_service(canary(), source) is reaches
    assert not APISIX.reaches_service(canary(), None)
    source["spec"]["http"].append(rule("other", "podinfo"))
    assert not APISIX.reaches_service(canary(), source)
