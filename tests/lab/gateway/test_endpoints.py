"""Who answers for a Service's port."""

import pytest

from lab.gateway.endpoints import Endpoints, NoSuchPort
from lab.gateway.model import Node
from tests.lab.gateway.documents import Document, a_service, a_slice

PODS = (Node("10.244.0.2", 9898, "podinfo-10.244.0.2"), Node("10.244.0.3", 9898, "podinfo-10.244.0.3"))


def endpoints(*slices: Document) -> Endpoints:
    return Endpoints.of([a_service("podinfo"), a_service("other")], slices)


@pytest.mark.parametrize("port", [80, "http"])
def test_ready_pods_are_found_by_number_and_name_of_the_port(port: int | str) -> None:
    known = endpoints(a_slice("podinfo", "10.244.0.3", "10.244.0.2"), a_slice("other", "10.244.0.9"))
    assert known.pods("test", "podinfo", port) == PODS


@pytest.mark.parametrize(
    ("one", "answering"),
    [
        pytest.param(a_slice("podinfo", "10.244.0.2", ready=True), PODS[:1], id="ready"),
        pytest.param(a_slice("podinfo", "10.244.0.2", ready=None), PODS[:1], id="nothing said means ready"),
        pytest.param(a_slice("podinfo", "10.244.0.2", ready=False), (), id="unready"),
        pytest.param(a_slice("podinfo", "10.244.0.2", port_name="grpc"), (), id="another port"),
        pytest.param(a_slice("podinfo"), (), id="no pods"),
    ],
)
def test_only_ready_pods_answer(one: Document, answering: tuple[Node, ...]) -> None:
    assert endpoints(one).pods("test", "podinfo", 80) == answering


def test_several_slices_of_a_service_are_one() -> None:
    known = endpoints(a_slice("podinfo", "10.244.0.3"), a_slice("podinfo", "10.244.0.2"))
    assert known.pods("test", "podinfo", 80) == PODS


def test_an_unnamed_port_finds_its_slice() -> None:
    service, piece = a_service("podinfo"), a_slice("podinfo", "10.244.0.2")
    del service["spec"]["ports"][0]["name"]
    piece["ports"][0]["name"] = ""
    assert Endpoints.of([service], [piece]).pods("test", "podinfo", 80) == PODS[:1]


def test_the_cluster_address_is_the_services_own() -> None:
    assert endpoints().cluster_address("test", "podinfo", "http") == (Node("10.96.0.10", 80),)


def test_a_headless_service_has_no_cluster_address() -> None:
    known = Endpoints.of([a_service("podinfo", address="None")], [])
    assert known.cluster_address("test", "podinfo", 80) == ()


@pytest.mark.parametrize(
    ("service", "port", "message"),
    [
        ("gone", 80, "service test/gone not found"),
        ("podinfo", 8080, "service test/podinfo has no port 8080"),
    ],
)
def test_what_is_not_there_is_named(service: str, port: int, message: str) -> None:
    with pytest.raises(NoSuchPort, match=f"^{message}$"):
        endpoints().pods("test", service, port)
