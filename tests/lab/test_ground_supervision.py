"""Supervision of single processes, the forwarder's doors, and the requests of the command line."""

import asyncio
import contextlib
import json
import os
import resource
import signal
import socket
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from lab.certificates import write_certificates
from lab.config import Config
from lab.control import ask, serve
from lab.control_plane import Component
from lab.doors import asked
from lab.errors import LabError, NotRunning
from lab.forward import API, Door, Forwarder, Outage, send_door, send_outage
from lab.relay import Address, Entrance
from lab.unit import LONGEST_WAIT, Unit, wait_before

WAITS = {0: 0.0, 1: 0.2, 2: 0.4, 4: 1.6, 7: LONGEST_WAIT, 300: LONGEST_WAIT}
TURNS = 20


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config.of("test", tmp_path, tmp_path / "cache")


@pytest.mark.parametrize(("failures", "seconds"), WAITS.items())
def test_the_wait_before_a_restart_grows_to_a_limit(failures: int, seconds: float) -> None:
    assert wait_before(failures) == pytest.approx(seconds)


async def supervised(unit: Unit, story: "asyncio.Future[None] | asyncio.Task[None]") -> None:
    """Run `story` beside a unit whose process is reaped as the supervisor does it."""
    loop = asyncio.get_running_loop()

    def reap() -> None:
        if unit.pid and os.waitpid(unit.pid, os.WNOHANG)[0]:
            unit.reaped()

    loop.add_signal_handler(signal.SIGCHLD, reap)
    keeper = loop.create_task(unit.run([], ssl.create_default_context()))
    try:
        await asyncio.wait_for(story, 10)
    finally:
        unit.stop()
        if unit.pid:
            await unit.ended.wait()
        keeper.cancel()
        loop.remove_signal_handler(signal.SIGCHLD)


async def until(unit: Unit, state: str) -> None:
    while unit.state != state:
        await asyncio.sleep(0.01)


def unit_of(tmp_path: Path, *argv: str, port: int = 0) -> Unit:
    return Unit(Component("thing", argv, port=port), tmp_path / "thing.log", dict(os.environ))


def test_a_killed_process_is_started_again_and_counted(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, "sleep", "60")

    async def story() -> None:
        await until(unit, "ready")
        before = unit.pid
        unit.kill()
        while unit.pid in (0, before):
            await asyncio.sleep(0.01)

    async def run() -> None:
        await supervised(unit, asyncio.ensure_future(story()))

    asyncio.run(run())
    assert unit.restarts == 1


def test_a_stopped_process_stays_away_until_it_is_started(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, "sleep", "60")

    async def story() -> None:
        await until(unit, "ready")
        unit.stop()
        await until(unit, "stopped")
        await asyncio.sleep(0.3)  # longer than the first back-off
        assert unit.state == "stopped"
        unit.start()
        await until(unit, "ready")

    async def run() -> None:
        await supervised(unit, asyncio.ensure_future(story()))

    asyncio.run(run())
    assert unit.restarts == 0


def test_a_frozen_process_can_be_stopped(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, "sleep", "60")

    async def story() -> None:
        await until(unit, "ready")
        unit.freeze(True)
        assert unit.state == "frozen"
        unit.stop()
        await until(unit, "stopped")

    async def run() -> None:
        await supervised(unit, asyncio.ensure_future(story()))

    asyncio.run(run())


def test_a_program_that_is_not_there_is_said_in_its_log(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, str(tmp_path / "nothing"))

    async def story() -> None:
        while unit.failures < 2:
            await asyncio.sleep(0.01)

    async def run() -> None:
        await supervised(unit, asyncio.ensure_future(story()))

    asyncio.run(run())
    assert "thing could not be started" in (tmp_path / "thing.log").read_text()


def test_a_process_with_a_port_is_ready_when_it_listens(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = f"import socket,time; s=socket.create_server(('127.0.0.1',{port})); time.sleep(60)"
    unit = unit_of(tmp_path, sys.executable, "-c", code, port=port)

    async def story() -> None:
        await until(unit, "starting")
        await until(unit, "ready")
        socket.create_connection(("127.0.0.1", port)).close()

    async def run() -> None:
        await supervised(unit, asyncio.ensure_future(story()))

    asyncio.run(run())


def test_requests_are_answered_and_refusals_carried_over(config: Config) -> None:
    async def handle(request: dict[str, object], sockets: list[int]) -> dict[str, object]:
        if request["do"] == "refuse":
            raise LabError("no such thing")
        for number in sockets:
            os.close(number)
        return {"sockets": len(sockets)}

    async def story() -> None:
        server = asyncio.create_task(serve(config, handle))
        await asyncio.sleep(0)
        with socket.socket() as passed:
            assert await asyncio.to_thread(ask, config, {"do": "take"}, [passed.fileno()]) == {"sockets": 1}
        with pytest.raises(LabError, match="no such thing"):
            await asyncio.to_thread(ask, config, {"do": "refuse"})
        server.cancel()

    asyncio.run(story())


def test_asking_a_lab_that_does_not_run_says_so(config: Config) -> None:
    with pytest.raises(NotRunning, match="`sluice lab up` starts one"):
        ask(config, {"do": "status"})


@pytest.fixture
def channel() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.setblocking(False)
    with ours, theirs:
        yield ours, theirs


async def fetch(port: int, authority: Path | None = None) -> bytes:
    tls = ssl.create_default_context(cafile=str(authority)) if authority else None
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    text = await reader.read()
    writer.close()
    return text


def test_a_door_leads_inside_and_an_outage_answers_in_its_place(
    config: Config, channel: tuple[socket.socket, socket.socket]
) -> None:
    write_certificates(config)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(config.ca / "apiserver.crt", config.ca / "apiserver.key")
    ours, theirs = channel

    async def inside(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthe real one")
        writer.close()

    async def story() -> tuple[bytes, bytes, bytes]:
        server = await asyncio.start_server(inside, "127.0.0.1", 0, ssl=tls)
        forwarder = asyncio.create_task(Forwarder(tls, theirs).run())
        with socket.create_server(("127.0.0.1", 0)) as listener:
            outside = listener.getsockname()[1]
            door = Door(API, "127.0.0.1", server.sockets[0].getsockname()[1], outside)
            send_door(ours, door, listener.fileno())
        authority = config.ca / "ca.crt"
        first = await fetch(outside, authority)
        send_outage(ours, Outage(429, time.monotonic() + 60))
        second = await fetch(outside, authority)
        send_outage(ours, Outage(429, time.monotonic()))
        third = await fetch(outside, authority)
        forwarder.cancel()
        return first, second, third

    first, second, third = asyncio.run(story())
    assert first.endswith(b"the real one")
    assert third == first
    head, _, body = second.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert b"Retry-After: 1" in head
    assert json.loads(body)["reason"] == "TooManyRequests"


def test_much_data_gets_through_a_door_and_a_slow_reader_unchanged(
    channel: tuple[socket.socket, socket.socket],
) -> None:
    data = bytes(range(256)) * 16384  # 4 MB, more than all buffers on the way
    ours, theirs = channel

    async def inside(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(len(data)))
        writer.write_eof()

    async def story() -> bytes:
        server = await asyncio.start_server(inside, "127.0.0.1", 0, limit=len(data))
        forwarder = asyncio.create_task(Forwarder(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), theirs).run())
        with socket.create_server(("127.0.0.1", 0)) as listener:
            outside = listener.getsockname()[1]
            send_door(
                ours, Door("x", "127.0.0.1", server.sockets[0].getsockname()[1], outside), listener.fileno()
            )
        reader, writer = await asyncio.open_connection("127.0.0.1", outside, limit=1024)
        writer.write(data)
        writer.write_eof()
        received = bytearray()
        while piece := await reader.read(4096):
            received += piece
        writer.close()
        forwarder.cancel()
        return bytes(received)

    assert asyncio.run(story()) == data


def test_what_a_client_sends_before_its_door_leads_anywhere_arrives() -> None:
    async def story() -> bytes:
        opened = asyncio.Event()

        async def inside(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.read())
            writer.close()

        async def open_late() -> None:
            for _ in range(TURNS):  # long enough for a transport that reads too early to have read
                await asyncio.sleep(0)
            opened.set()

        server = await asyncio.start_server(inside, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()[:2]
        loop = asyncio.get_running_loop()
        door = await loop.create_server(lambda: LateEntrance(lambda: address, set(), opened), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*door.sockets[0].getsockname()[:2])
        writer.write(b"hello")
        writer.write_eof()
        await open_late()
        text = await reader.read()
        writer.close()
        door.close()
        server.close()
        return text

    assert asyncio.run(story()) == b"hello"


class LateEntrance(Entrance):
    """One that connects to the inside no sooner than it is told to."""

    def __init__(
        self, choose: Callable[[], Address], at_work: set["asyncio.Task[None]"], opened: asyncio.Event
    ) -> None:
        super().__init__(choose, at_work)
        self.opened = opened

    async def _connect(self) -> None:
        await self.opened.wait()
        await super()._connect()


def test_the_configuration_survives_being_written(config: Config) -> None:
    assert Config.read(config.write()) == config


Ending = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def says_and_ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"hello")
    writer.write_eof()
    await reader.read()
    writer.close()


async def hears_and_ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.write(b"hello")
    writer.close()


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def closes_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def visit(address: Address, *, ends_first: bool) -> None:
    """One short connection, ended by the client before or after it has heard the other end."""
    reader, writer = await asyncio.open_connection(*address)
    with contextlib.suppress(OSError):
        writer.write(b"?")
        if ends_first:
            writer.write_eof()
        await reader.read()
        writer.close()
        await writer.wait_closed()


async def settled(count: Callable[[], int], wanted: int) -> None:
    """Waits until no more is open than `wanted`; fails after 10 s."""
    async with asyncio.timeout(10):
        while count() > wanted:
            await asyncio.sleep(0.01)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("ends_first", [True, False], ids=["the client ends first", "the client ends last"])
@pytest.mark.parametrize(
    "inside",
    [says_and_ends, hears_and_ends, resets, closes_at_once],
    ids=["says and ends", "hears and ends", "resets", "closes at once"],
)
def test_connections_that_have_ended_leave_nothing_open(inside: Ending, ends_first: bool) -> None:
    if inside is hears_and_ends and not ends_first:
        pytest.skip("each would wait for the other")

    async def story() -> None:
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(inside, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()[:2]
        work: set[asyncio.Task[None]] = set()
        door = await loop.create_server(lambda: Entrance(lambda: address, work), "127.0.0.1", 0)
        outside = door.sockets[0].getsockname()[:2]
        await visit(outside, ends_first=ends_first)
        before = descriptors()
        for _ in range(10):
            await asyncio.gather(*(visit(outside, ends_first=ends_first) for _ in range(30)))
        await settled(descriptors, before)
        door.close()
        server.close()

    asyncio.run(story())


def test_a_door_that_lets_nobody_in_says_so_once_and_opens_again(capfd: pytest.CaptureFixture[str]) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    async def story() -> bytes:
        server = await asyncio.start_server(says_and_ends, "127.0.0.1", 0)
        inside = server.sockets[0].getsockname()[1]
        forwarder = asyncio.create_task(Forwarder(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), theirs).run())
        with socket.create_server(("127.0.0.1", 0)) as listener:
            outside = listener.getsockname()[1]
            send_door(ours, Door("x", "127.0.0.1", inside, outside), listener.fileno())
        await visit(("127.0.0.1", outside), ends_first=True)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        client = socket.socket()
        client.setblocking(False)
        free = os.dup(client.fileno())
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
        try:
            await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", outside))
            async with asyncio.timeout(10):
                while "lets nobody in" not in (said := capfd.readouterr().err):
                    await asyncio.sleep(0.01)
            assert said.count("lets nobody in") == 1
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        text = await asyncio.get_running_loop().sock_recv(client, 100)
        client.close()
        forwarder.cancel()
        server.close()
        return text

    assert asyncio.run(story()) == b"hello"


def test_doors_are_asked_and_those_that_do_not_answer_are_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as closed:
        addresses = {
            name: f"127.0.0.1:{door.getsockname()[1]}"
            for name, door in (("silent", silent), ("closed", closed))
        }
        closed.close()
        found = asked(addresses, seconds=0.2)
    assert found == {"silent": "does not answer in 0.2 s", "closed": "is closed"}
    assert asked({}) == {}
