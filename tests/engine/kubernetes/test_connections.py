"""How the engine opens connections again, against loopback servers that refuse, cut off and dawdle."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.kubernetes import connections
from engine.kubernetes.client import Client, Unreachable
from engine.kubernetes.kubeconfig import Source
from engine.kubernetes.patience import Patience
from tests.door import Door, Meeting, answer, closed, hear_and_leave, opened, reset, secured, wait_for_its_end

SHORT = 0.1


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, which no test waits for."""
    made: list[float] = []
    monkeypatch.setattr(
        connections.Again, "sleep", lambda again, response=None: made.append(again.get_backoff_time())
    )
    return made


@pytest.fixture
def tls(tmp_path: Path) -> Meeting:
    """Answers over TLS, with a certificate of the authority that `over_tls` trusts."""
    return secured(tmp_path / "ca.crt", answer)


def client(server: str, patience: Patience = Patience(), **cluster: Any) -> Client:
    kubeconfig = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "u", "user": {}}],
    }
    return Client(Source(json.dumps(kubeconfig)), patience)


def plain(door: Door, patience: Patience = Patience()) -> Client:
    return client(f"http://{door.address}", patience)


def over_tls(door: Door, folder: Path, patience: Patience = Patience()) -> Client:
    return client(f"https://{door.address}", patience, **{"certificate-authority": str(folder / "ca.crt")})


def create(client: Client) -> Any:
    return client.request("POST", "/x", body={})


def read(client: Client) -> Any:
    return client.request("GET", "/x")


whatever_is_asked = pytest.mark.parametrize("ask", [create, read])


@whatever_is_asked
def test_a_server_that_refuses_is_asked_once_it_listens(
    ask: Callable[[Client], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closed(answer) as door:
        pauses: Iterator[Callable[[], None]] = iter([lambda: None, door.open])
        monkeypatch.setattr(connections.Again, "sleep", lambda again, response=None: next(pauses)())
        assert ask(plain(door)) == {}
        assert door.opened == 1


def test_a_server_that_keeps_refusing_is_given_up(pauses: list[float]) -> None:
    with closed() as door, pytest.raises(Unreachable, match=r"unreachable: .*Connection refused"):
        read(plain(door))
    assert pauses == [0, 0.5, 1.0]


@whatever_is_asked
def test_a_handshake_that_is_cut_off_is_made_again(
    ask: Callable[[Client], Any], tls: Meeting, tmp_path: Path
) -> None:
    with opened(reset, lambda connection: None, tls) as door:
        assert ask(over_tls(door, tmp_path)) == {}
        assert door.opened == 3


@whatever_is_asked
def test_a_slow_handshake_is_made_again(ask: Callable[[Client], Any], tls: Meeting, tmp_path: Path) -> None:
    with opened(wait_for_its_end, tls) as door:
        assert ask(over_tls(door, tmp_path, Patience(connect=2.0))) == {}
        assert door.opened > 1


def test_a_handshake_that_stays_slow_is_given_up(tls: Meeting, tmp_path: Path) -> None:
    with opened(wait_for_its_end) as door:
        with pytest.raises(Unreachable, match=r"unreachable: .*timed out\. \(connect timeout=0\.1\)"):
            read(over_tls(door, tmp_path, Patience(connect=SHORT)))
        assert door.opened == 1 + connections.REOPENED


def test_a_certificate_that_is_wrong_is_wrong_at_once(tls: Meeting, tmp_path: Path) -> None:
    secured(tmp_path / "ca.crt", answer)
    with opened(tls) as door:
        with pytest.raises(Unreachable, match="certificate verify failed"):
            read(over_tls(door, tmp_path))
        assert door.opened == 1


def test_a_read_whose_connection_is_lost_is_repeated_once() -> None:
    with opened(hear_and_leave, answer) as door:
        assert read(plain(door)) == {}
    with opened(hear_and_leave) as door:
        with pytest.raises(Unreachable, match="Connection aborted"):
            read(plain(door))
        assert door.opened == 2


def test_a_creation_that_was_sent_is_never_repeated() -> None:
    with opened(hear_and_leave) as door:
        with pytest.raises(Unreachable, match="Connection aborted"):
            create(plain(door))
        assert door.opened == 1


@whatever_is_asked
def test_an_answer_may_take_longer_than_a_connection(ask: Callable[[Client], Any]) -> None:
    time_is_up = threading.Event()

    def answer_late(connection: socket.socket) -> None:
        time_is_up.wait(3 * SHORT)
        answer(connection)

    with opened(answer_late) as door:
        assert ask(plain(door, Patience(connect=SHORT))) == {}
        assert door.opened == 1


@whatever_is_asked
def test_a_server_that_never_answers_is_given_up_and_not_asked_again(ask: Callable[[Client], Any]) -> None:
    with opened(wait_for_its_end) as door:
        with pytest.raises(
            Unreachable, match=rf"http://{door.address} gave no answer to \w+ /x within 0.1 seconds"
        ):
            ask(plain(door, Patience(answer=SHORT)))
        assert door.opened == 1


def test_a_watch_may_be_silent_for_as_long_as_it_likes() -> None:
    assert connections.timeout(Patience(), streaming=True).read_timeout is None


def test_no_answer_of_an_api_server_is_given_up_that_it_has_not_given_up_itself() -> None:
    assert Patience().answer > 60


@pytest.mark.parametrize("proxy", [None, "http://127.0.0.1:1"])
def test_a_peer_that_is_gone_is_noticed_though_nobody_sends(proxy: str | None) -> None:
    options = connections.pool(proxy).connection_pool_kw["socket_options"]
    assert (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1) in options
