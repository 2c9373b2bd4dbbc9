"""Names and addresses of pods."""

import struct

import pytest

from lab.node.names import answer, parse_hosts, resolver_file
from lab.node.network import Addresses, NetworkFailed, interface_of

HOSTS = """# the lab's
127.0.0.1 localhost
::1 localhost
10.96.0.7 podinfo.test podinfo.test.svc.cluster.local  # a Service
"""
A, AAAA = 1, 28


def question(name: str, kind: int) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", 77, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", kind, 1)


def asked(name: str, kind: int = A) -> tuple[int, int, bytes]:
    """Result code, number of answers, and the last four bytes."""
    said = answer(question(name, kind), parse_hosts(HOSTS).get)
    number, flags, _, answers, _, _ = struct.unpack_from("!6H", said)
    assert number == 77
    return flags & 0xF, answers, said[-4:]


def test_a_service_has_its_address() -> None:
    assert asked("PodInfo.test.svc.cluster.local") == (0, 1, bytes([10, 96, 0, 7]))


def test_a_name_without_such_an_address_is_no_error() -> None:
    assert asked("podinfo.test", AAAA)[:2] == (0, 0)


def test_an_unknown_name_is_said_to_be_unknown() -> None:
    assert asked("podinfo.other")[:2] == (3, 0)


def test_short_names_mean_the_pod_s_own_namespace() -> None:
    assert resolver_file("10.244.0.1", "test").startswith("search test.svc.cluster.local ")


def test_addresses_are_handed_out_in_turn_and_rest_before_they_come_again() -> None:
    addresses = Addresses("10.244.0.0/29", "10.244.0.1")
    assert [addresses.take() for _ in range(3)] == ["10.244.0.2", "10.244.0.3", "10.244.0.4"]
    addresses.free("10.244.0.2")
    assert [addresses.take() for _ in range(3)] == ["10.244.0.5", "10.244.0.6", "10.244.0.2"]
    with pytest.raises(NetworkFailed):
        addresses.take()


def test_a_pod_keeps_its_address_if_it_is_free() -> None:
    addresses = Addresses("10.244.0.0/16", "10.244.0.1")
    assert addresses.take("10.244.3.4") == "10.244.3.4"
    assert addresses.take("10.244.3.4") == "10.244.0.2"
    assert addresses.take("192.168.0.1") == "10.244.0.3"


def test_an_interface_s_name_fits_and_tells_the_address() -> None:
    assert interface_of("10.244.255.254") == "pod0af4fffe"
