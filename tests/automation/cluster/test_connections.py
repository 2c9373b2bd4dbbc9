"""How connections are opened again, against loopback servers that refuse, cut off and dawdle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from automation.cluster import connections
from automation.cluster.client import Cluster, NoAnswer, Timeouts
from automation.core.kinds import CANARY
from tests.automation.api import kubeconfig
from tests.door import Door, Meeting, answer, closed, hear_and_leave, opened, reset, secured, wait_for_its_end


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


def plain(door: Door, folder: Path) -> Cluster:
    return Cluster.connect(str(kubeconfig(f"http://{door.address}", folder)))


def over_tls(door: Door, folder: Path, connect: float = 5.0) -> Cluster:
    timeouts = Timeouts(connect=connect)
    cluster = Cluster.connect(str(kubeconfig(f"https://{door.address}", folder)), timeouts=timeouts)
    cluster.session.verify = str(folder / "ca.crt")
    return cluster


def create(cluster: Cluster) -> Any:
    return cluster.create(CANARY, {"metadata": {"namespace": "test", "name": "podinfo"}})


def get(cluster: Cluster) -> Any:
    return cluster.get(CANARY, "test", "podinfo")


whatever_is_asked = pytest.mark.parametrize("ask", [create, get])


@whatever_is_asked
def test_a_server_that_refuses_is_asked_once_it_listens(
    ask: Callable[[Cluster], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closed(answer) as door:
        pauses: Iterator[Callable[[], None]] = iter([lambda: None, door.open])
        monkeypatch.setattr(connections.Again, "sleep", lambda again, response=None: next(pauses)())
        assert ask(plain(door, tmp_path)) == {}
        assert door.opened == 1


def test_a_server_that_keeps_refusing_is_given_up(tmp_path: Path, pauses: list[float]) -> None:
    with closed() as door, pytest.raises(NoAnswer, match="Connection refused"):
        get(plain(door, tmp_path))
    assert pauses == [0, 0.5, 1.0]


@whatever_is_asked
def test_a_handshake_that_is_cut_off_is_made_again(
    ask: Callable[[Cluster], Any], tls: Meeting, tmp_path: Path
) -> None:
    with opened(reset, lambda connection: None, tls) as door:
        assert ask(over_tls(door, tmp_path)) == {}
        assert door.opened == 3


@whatever_is_asked
def test_a_slow_handshake_is_made_again(ask: Callable[[Cluster], Any], tls: Meeting, tmp_path: Path) -> None:
    with opened(wait_for_its_end, tls) as door:
        assert ask(over_tls(door, tmp_path, connect=2.0)) == {}
        assert door.opened > 1


def test_a_handshake_that_stays_slow_is_given_up(tls: Meeting, tmp_path: Path) -> None:
    with opened(wait_for_its_end) as door:
        with pytest.raises(NoAnswer, match=r"connect timeout=0\.05"):
            get(over_tls(door, tmp_path, connect=0.05))
        assert door.opened == 1 + connections.REOPENED


def test_a_certificate_that_is_wrong_is_wrong_at_once(tls: Meeting, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.crt")
    with opened(tls) as door:
        with pytest.raises(NoAnswer, match="certificate verify failed"):
            get(over_tls(door, tmp_path))
        assert door.opened == 1


def test_a_read_whose_connection_is_lost_is_repeated_once(tmp_path: Path) -> None:
    with opened(hear_and_leave, answer) as door:
        assert get(plain(door, tmp_path)) == {}
    with opened(hear_and_leave) as door:
        with pytest.raises(NoAnswer, match="Connection aborted"):
            get(plain(door, tmp_path))
        assert door.opened == 2


def test_a_write_that_was_sent_is_never_repeated(tmp_path: Path) -> None:
    with opened(hear_and_leave) as door:
        with pytest.raises(NoAnswer, match="Connection aborted"):
            create(plain(door, tmp_path))
        assert door.opened == 1


def test_a_server_that_takes_too_long_is_not_asked_again(tmp_path: Path) -> None:
    with opened(wait_for_its_end) as door:
        server = str(kubeconfig(f"http://{door.address}", tmp_path))
        with pytest.raises(NoAnswer, match=r"read timeout=0\.1"):
            get(Cluster.connect(server, timeouts=Timeouts(read=0.1)))
        assert door.opened == 1
