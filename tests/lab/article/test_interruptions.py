"""Drivers that die, and updates by hand while a release is under way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from automation.cluster.client import Cluster
from automation.core.kinds import CANARY, Scope
from tests.lab.article.application import Application
from tests.lab.article.ground import Running
from tests.lab.article.weights import watched
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab


class Assassin:
    """Kills whoever it is pointed at as soon as the Canary's status gets a content that it has not seen yet."""

    def __init__(self, podinfo: Application) -> None:
        self._scope = Scope(podinfo.namespace, "podinfo")
        self._cluster = Cluster.connect(str(podinfo.ground.lab.kubeconfig))
        self._victim: Running | None = None
        self.struck: set[str] = set()

    def aim(self, victim: Running) -> None:
        self._victim = victim

    def lurk(self) -> None:
        """Follows the status until the run has ended."""
        _, since = self._cluster.list_page(CANARY, self._scope)
        for _, canary in self._cluster.watch(CANARY, self._scope, since):
            moment = moment_of(canary.get("status") or {})
            if moment not in self.struck and self._victim:
                self.struck.add(moment)
                self._victim.process.kill()
            if moment.startswith("Succeeded"):
                return


def moment_of(status: dict[str, object]) -> str:
    """Phase, weight in force, and what is being attempted."""
    intent = status.get("intent")
    attempted = str(intent["kind"]) if isinstance(intent, dict) else "at rest"
    return f"{status.get('phase')} {status.get('canaryWeight')} {attempted}"


@contextmanager
def lurking(assassin: Assassin) -> Iterator[None]:
    thread = threading.Thread(target=assassin.lurk, daemon=True)
    thread.start()
    yield
    thread.join(10)


def test_a_driver_that_is_killed_at_every_step_is_succeeded_and_no_step_is_taken_twice(
    application: Callable[..., Application],
) -> None:
    # given
    podinfo = application()
    podinfo.set_image("6.0.1")
    assassin = Assassin(podinfo)
    # when
    with lurking(assassin), watched(podinfo) as weights:
        codes = []
        while 0 not in codes:
            with podinfo.ground.begun(*podinfo.release_command) as driver:
                assassin.aim(driver)
                codes.append(driver.wait().code)
        # then
        eventually(lambda: weights.seen == [0, 25, 50, 0])
    assert set(codes) == {-9, 0}
    assert len(codes) > 8, assassin.struck
    assert podinfo.image("podinfo-primary").endswith(":6.0.1")
    assert podinfo.replicas() == 0
    steps = [(step["kind"], step["after"]) for step in podinfo.history if step["result"] == "succeeded"]
    assert len(steps) == len(set(steps)), steps


def test_updates_by_hand_in_mid_release_move_no_traffic(application: Callable[..., Application]) -> None:
    # given
    podinfo = application()
    podinfo.set_image("6.0.1")
    by_hand = ("pulumi", "up", "--yes", "--skip-preview", "--stack", podinfo.stack)
    with podinfo.ground.begun(*podinfo.release_command) as driver, watched(podinfo) as weights:
        podinfo.until_phase("Progressing")
        # when
        codes = []
        while driver.process.poll() is None:
            with podinfo.ground.begun(*by_hand) as update:
                codes.append(update.wait().code)
        # then
        assert driver.wait().code == 0
        eventually(lambda: weights.seen == [0, 25, 50, 0])
    assert codes.count(0) > 1, codes
    assert podinfo.image("podinfo-primary").endswith(":6.0.1")
