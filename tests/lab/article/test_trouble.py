"""Trouble around a release: a stack that is locked, an API server and a Prometheus that are away."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.lab.article.application import Application
from tests.lab.article.ground import Ground
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab


@contextmanager
def locked(podinfo: Application) -> Iterator[None]:
    """Somebody's `pulumi up` that holds the stack's lock and does not move; it goes on in the end."""
    update = ("pulumi", "up", "--yes", "--skip-preview", "--stack", podinfo.stack)
    with podinfo.ground.begun(*update) as theirs:
        eventually(lambda: lock_of(podinfo.ground, podinfo.stack), every=0.005)
        os.kill(theirs.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(theirs.process.pid, signal.SIGCONT)
        theirs.wait()


def lock_of(ground: Ground, stack: str) -> list[Path]:
    state = Path(urlsplit(ground.environment["PULUMI_BACKEND_URL"]).path)
    return list((state / ".pulumi" / "locks").glob(f"**/{stack}/*.json"))


def test_a_rollback_does_not_wait_for_a_locked_stack(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    podinfo = application(threshold=1)
    podinfo.set_image("6.6.1")
    with podinfo.ground.begun(*podinfo.release_command) as driver:
        podinfo.until_weight(25)
        with locked(podinfo):
            # when
            podinfo.ground.lab.fault("podinfo:6.6.1", error_rate=1.0)
            # then
            podinfo.until_split(100, 0)
            podinfo.until_phase("Failed")
            told = rf"Stack {podinfo.stack} took no update .*patched directly to 100/0"
            eventually(lambda: driver.heard(told))
        # when the lock is free, then
        assert driver.wait().code == 20
        assert driver.heard(rf"Stack {podinfo.stack} is up to date with the live route again")
    assert podinfo.split == (100, 0)


def test_an_api_server_that_is_away_is_waited_for(application: Callable[..., Application]) -> None:
    # given
    podinfo = application()
    podinfo.set_image("6.0.1")
    with podinfo.ground.begun(*podinfo.release_command) as driver:
        podinfo.until_weight(25)
        # when
        podinfo.ground.lab.fail_api(500, seconds=6)
        # then
        assert driver.wait().code == 0
    assert driver.heard(r".*the API server answered 500 to .*")
    assert podinfo.image("podinfo-primary").endswith(":6.0.1")


def test_a_prometheus_that_does_not_answer_is_waited_for(application: Callable[..., Application]) -> None:
    # given
    podinfo = application(threshold=1)
    podinfo.set_image("6.0.1")
    with podinfo.ground.begun(*podinfo.release_command) as driver:
        podinfo.until_weight(25)
        # when
        podinfo.ground.lab.freeze("apisix/flagger-prometheus")
        try:
            eventually(lambda: driver.heard("Prometheus query failed: running query failed: .*"), 30)
            assert podinfo.phase == "Progressing"
        finally:
            podinfo.ground.lab.thaw("apisix/flagger-prometheus")
        # then
        assert driver.wait().code == 0
