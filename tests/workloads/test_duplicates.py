"""Keys that a pod template lists twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.core.kinds import Manifest
from workloads.duplicates import duplicates, without_duplicates


def template(**container: Any) -> Manifest:
    return {"spec": {"containers": [{"name": "web", "image": "i:1", **container}]}}


def web(manifest: Manifest) -> Manifest:
    container: Manifest = manifest["spec"]["containers"][0]
    return container


def variable(name: str, value: str) -> Manifest:
    return {"name": name, "value": value}


def port(name: str, number: int, protocol: str = "TCP") -> Manifest:
    return {"name": name, "containerPort": number, "protocol": protocol}


def test_of_variables_the_last_one_counts() -> None:
    twice = template(env=[variable("A", "1"), variable("B", "2"), variable("A", "3")])
    assert web(without_duplicates(twice, 80))["env"] == [variable("B", "2"), variable("A", "3")]
    assert [str(problem) for problem in duplicates(twice)] == [
        "spec.template.spec.containers[0].env: A is listed 2 times, which server-side apply does not take; "
        "list it once"
    ]


def test_what_mentions_an_earlier_variable_keeps_what_that_said() -> None:
    env = [variable("A", "1"), variable("B", "$(A)-$$(A)-$(C)"), variable("A", "2"), variable("D", "$(A)")]
    once = web(without_duplicates(template(env=env), 80))["env"]
    assert once == [variable("B", "1-$$(A)-$(C)"), variable("A", "2"), variable("D", "$(A)")]


def test_host_aliases_of_one_address_are_put_together() -> None:
    pods = template()
    pods["spec"]["hostAliases"] = [
        {"ip": "10.0.0.1", "hostnames": ["a"]},
        {"ip": "10.0.0.2", "hostnames": ["b"]},
        {"ip": "10.0.0.1", "hostnames": ["c", "a"]},
    ]
    assert without_duplicates(pods, 80)["spec"]["hostAliases"] == [
        {"ip": "10.0.0.1", "hostnames": ["a", "c"]},
        {"ip": "10.0.0.2", "hostnames": ["b"]},
    ]
    (problem,) = duplicates(pods)
    assert (problem.path, problem.problem.split()[0]) == ("spec.template.spec.hostAliases", "10.0.0.1")


@pytest.mark.parametrize(
    ("service_port", "kept"), [("http", "http"), ("health", "health"), (9898, "http")], ids=str
)
def test_of_ports_with_one_number_the_services_own_is_kept(service_port: int | str, kept: str) -> None:
    probe = {"httpGet": {"path": "/", "port": "health"}}
    twice = template(
        ports=[port("http", 9898), port("health", 9898), port("dns", 9898, "UDP")], readinessProbe=probe
    )
    once = web(without_duplicates(twice, service_port))
    assert [one["name"] for one in once["ports"]] == [kept, "dns"]
    assert once["readinessProbe"]["httpGet"]["port"] == ("health" if kept == "health" else 9898)
    assert next(iter(duplicates(twice))).problem.startswith("9898/TCP is listed 2 times")


def test_what_is_listed_once_stays_as_it_is() -> None:
    plain = template(env=[variable("A", "1")], ports=[port("http", 80)])
    assert without_duplicates(plain, "http") == plain
    assert list(duplicates(plain)) == []


names = st.sampled_from(["a", "b", "c"])


@given(
    st.lists(st.builds(variable, names, st.sampled_from("xyz"))),
    st.lists(st.builds(port, names, st.integers(1, 3), st.sampled_from(["TCP", "UDP"]))),
    names,
)
def test_nothing_is_left_twice_and_no_key_is_lost(
    env: list[Manifest], ports: list[Manifest], service_port: str
) -> None:
    given_template = template(env=env, ports=ports)
    once = without_duplicates(given_template, service_port)
    assert list(duplicates(once)) == []
    assert {one["name"]: one["value"] for one in web(once)["env"]} == {
        one["name"]: one["value"] for one in env
    }
    assert {one["containerPort"] for one in web(once)["ports"]} == {one["containerPort"] for one in ports}
