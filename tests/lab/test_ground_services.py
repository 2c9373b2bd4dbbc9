"""Service addresses and names: what Services and EndpointSlices mean, and that connections go there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from lab.binaries import ensure
from lab.relay import Address
from lab.services.__main__ import rewrite
from lab.services.catalogue import LOCALHOST, hosts, routes
from lab.services.proxy import Proxy


def service(
    address: str | None = "10.96.0.7", port: int = 80, name: str | None = None, **more: Any
) -> dict[str, Any]:
    ports = [{"port": port, "protocol": "TCP", **({"name": name} if name else {}), **more}]
    return {
        "metadata": {"namespace": "test", "name": "podinfo"},
        "spec": {"clusterIP": address, "ports": ports},
    }


def endpoint(address: str, **conditions: bool) -> dict[str, Any]:
    return {"addresses": [address], "conditions": conditions}


def piece(
    *endpoints: dict[str, Any], port: int = 9898, name: str = "", owner: str = "podinfo"
) -> dict[str, Any]:
    return {
        "metadata": {
            "namespace": "test",
            "name": "podinfo-x",
            "labels": {"kubernetes.io/service-name": owner},
        },
        "addressType": "IPv4",
        "endpoints": list(endpoints),
        "ports": [{"name": name, "port": port, "protocol": "TCP"}],
    }


READY = endpoint("10.244.0.2", ready=True)
UNREADY = endpoint("10.244.0.3", ready=False)
ENDING = endpoint("10.244.0.4", ready=False, serving=True, terminating=True)

ROUTES = {
    "a ready endpoint": (service(), [piece(READY)], {("10.96.0.7", 80): (("10.244.0.2", 9898),)}),
    "an unready endpoint gets nothing": (service(), [piece(UNREADY)], {}),
    "readiness that is not stated counts as ready": (
        service(),
        [piece(endpoint("10.244.0.2"))],
        {("10.96.0.7", 80): (("10.244.0.2", 9898),)},
    ),
    "a terminating endpoint is not used beside a ready one": (
        service(),
        [piece(ENDING, READY)],
        {("10.96.0.7", 80): (("10.244.0.2", 9898),)},
    ),
    "a terminating endpoint is the last resort": (
        service(),
        [piece(ENDING, UNREADY)],
        {("10.96.0.7", 80): (("10.244.0.4", 9898),)},
    ),
    "endpoints of several slices": (
        service(),
        [piece(READY), piece(endpoint("10.244.0.9", ready=True), port=9899)],
        {("10.96.0.7", 80): (("10.244.0.2", 9898), ("10.244.0.9", 9899))},
    ),
    "ports are matched by name": (service(name="http"), [piece(READY, name="grpc")], {}),
    "slices of another Service": (service(), [piece(READY, owner="other")], {}),
    "a headless Service has no address": (service("None"), [piece(READY)], {}),
    "an external name has none either": (service(None), [], {}),
    "UDP is not relayed": (service(protocol="UDP"), [piece(READY)], {}),
}


@pytest.mark.parametrize(("given", "slices", "expected"), ROUTES.values(), ids=ROUTES.keys())
def test_routes(given: dict[str, Any], slices: list[dict[str, Any]], expected: dict[Address, Any]) -> None:
    assert routes([given], slices) == expected


def test_a_service_has_its_three_names() -> None:
    line = "10.96.0.7 podinfo.test podinfo.test.svc podinfo.test.svc.cluster.local\n"
    assert hosts([service()], []) == LOCALHOST + line


def test_a_headless_service_is_named_by_its_ready_endpoints() -> None:
    text = hosts([service("None")], [piece(READY, UNREADY)])
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["10.244.0.2"]


def test_the_hosts_file_is_rewritten_in_place(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("127.0.0.1 localhost\n10.96.0.7 a-long-name.test\n")
    before = path.stat().st_ino
    rewrite(path, "127.0.0.1 localhost\n")
    assert (path.read_text(), path.stat().st_ino) == ("127.0.0.1 localhost\n", before)


class Echo(asyncio.Protocol):
    """Answers with its letter, then with what it received."""

    def __init__(self, letter: bytes) -> None:
        self.letter = letter

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.letter)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


async def echo(letter: bytes) -> tuple[asyncio.Server, Address]:
    server = await asyncio.get_running_loop().create_server(lambda: Echo(letter), "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()


async def letter_from(address: Address) -> bytes:
    reader, writer = await asyncio.open_connection(*address)
    letter = await reader.readexactly(1)
    writer.close()
    return letter


def free_address() -> Address:
    """An address of loopback that nobody else uses: the whole of 127/8 is ours."""
    return ("127.83.17.5", 18080)


@asynccontextmanager
async def a_proxy() -> AsyncIterator[Proxy]:
    proxy = await Proxy.start(ensure(["relay"])["relay"])
    try:
        yield proxy
    finally:
        await proxy.stop()


def test_connections_are_shared_out_in_turn() -> None:
    async def story() -> list[bytes]:
        (_, one), (_, two) = await echo(b"a"), await echo(b"b")
        async with a_proxy() as proxy:
            await proxy.lead({free_address(): (one, two)})
            return [await letter_from(free_address()) for _ in range(6)]

    assert sorted(asyncio.run(story())) == [b"a"] * 3 + [b"b"] * 3


def test_an_address_without_endpoints_refuses() -> None:
    async def story() -> None:
        _, one = await echo(b"a")
        async with a_proxy() as proxy:
            await proxy.lead({free_address(): (one,)})
            await proxy.lead({})
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(*free_address())

    asyncio.run(story())


def test_endpoints_can_be_exchanged() -> None:
    async def story() -> list[bytes]:
        (_, one), (_, two) = await echo(b"a"), await echo(b"b")
        async with a_proxy() as proxy:
            await proxy.lead({free_address(): (one,)})
            first = await letter_from(free_address())
            await proxy.lead({free_address(): (two,)})
            return [first, await letter_from(free_address())]

    assert asyncio.run(story()) == [b"a", b"b"]


def test_a_standing_connection_outlives_its_route() -> None:
    async def story() -> bytes:
        _, one = await echo(b"a")
        async with a_proxy() as proxy:
            await proxy.lead({free_address(): (one,)})
            reader, writer = await asyncio.open_connection(*free_address())
            await reader.readexactly(1)
            await proxy.lead({})
            writer.write(b"still here")
            return await reader.readexactly(10)

    assert asyncio.run(story()) == b"still here"


def test_a_half_closed_connection_still_brings_the_answer() -> None:
    async def story() -> bytes:
        _, one = await echo(b"a")
        async with a_proxy() as proxy:
            await proxy.lead({free_address(): (one,)})
            reader, writer = await asyncio.open_connection(*free_address())
            writer.write(b"question")
            writer.write_eof()
            return await reader.read()

    assert asyncio.run(story()).endswith(b"question")


def test_a_dead_endpoint_is_felt_as_a_reset() -> None:
    async def story() -> None:
        server, one = await echo(b"a")
        server.close()
        async with a_proxy() as proxy:
            await proxy.lead({free_address(): (one,)})
            with pytest.raises(ConnectionResetError):
                await letter_from(free_address())

    asyncio.run(story())


def test_a_relay_that_has_ended_is_noticed() -> None:
    async def story() -> None:
        async with a_proxy() as proxy:
            proxy.relay.kill()
            with pytest.raises(ConnectionError):
                await proxy.lead({})

    asyncio.run(story())
