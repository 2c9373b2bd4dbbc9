"""Trouble around a release: a locked stack, an API server and a Prometheus that are away, a broken primary."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from examples.story import SLUICE
from tests.lab.article import documents
from tests.lab.article.application import Application
from tests.lab.article.ground import Ground
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab


@contextmanager
def locked(podinfo: Application) -> Iterator[None]:
    """Somebody's `pulumi up` that holds the stack's lock and does not move; it goes on in the end."""
    theirs = eventually(lambda: halted(podinfo), 60)
    try:
        yield
    finally:
        theirs.send_signal(signal.SIGCONT)
        theirs.wait(60)


def halted(podinfo: Application) -> subprocess.Popen[bytes] | None:
    """A `pulumi up` that was stopped while it held the lock; None where it found the stack locked by the driver, or
    was done before it could be stopped."""
    ground = podinfo.ground
    update = [str(SLUICE), "pulumi", "up", "--yes", "--skip-preview", "--stack", podinfo.stack]
    theirs = subprocess.Popen(
        update, cwd=ground.project, env=dict(ground.environment), stdout=subprocess.DEVNULL
    )
    while theirs.poll() is None:
        if theirs.pid not in holders(ground, podinfo.stack):
            time.sleep(0.005)
            continue
        theirs.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, theirs.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        if theirs.pid in holders(ground, podinfo.stack):
            return theirs
        theirs.send_signal(signal.SIGCONT)
        theirs.wait(60)
    return None


def holders(ground: Ground, stack: str) -> set[int]:
    """The processes that hold the stack's lock. The driver is one of them while it takes a step."""
    state = Path(urlsplit(ground.environment["PULUMI_BACKEND_URL"]).path)
    return {
        holder
        for lock in (state / ".pulumi" / "locks").glob(f"**/{stack}/*.json")
        if (holder := pid_in(lock))
    }


def pid_in(lock: Path) -> int | None:
    """None of a lock that has just gone, or is only being written."""
    try:
        return int(json.loads(lock.read_text())["pid"])
    except (FileNotFoundError, ValueError):
        return None


def test_a_rollback_does_not_wait_for_a_locked_stack(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    # A climb in small steps: whoever takes the lock may take his time.
    podinfo = application(threshold=1, stepWeight=1)
    podinfo.set_image("6.6.1")
    with podinfo.ground.begun(*podinfo.release_command) as driver:
        podinfo.until_weight(1)
        with locked(podinfo):
            # when
            podinfo.ground.lab.fault("podinfo:6.6.1", error_rate=1.0)
            # then
            podinfo.until_split(100, 0)
            podinfo.until_phase("Failed")
            free = rf"sluice pulumi cancel --yes --stack {podinfo.stack}"
            told = rf"Stack {podinfo.stack} took no update .*patched directly to 100/0; .*{free}"
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


def test_a_primary_that_never_gets_ready_ends_the_release_with_what_its_pods_say_and_a_fix_gets_out(
    ground: Ground, namespace: str
) -> None:
    # given
    podinfo = Application(ground, namespace)
    canary = documents.canary(namespace)
    canary["spec"]["progressDeadlineSeconds"] = 5
    deployment = documents.deployment(namespace)
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    container["image"] = "registry.example.com/podinfo:6.0.0"
    podinfo.kubectl.apply(deployment, documents.route(namespace), canary)
    try:
        # when
        said = podinfo.release(expect=30)
        # then
        assert "podinfo-primary has 0 of 1 ready pods: " in said
        assert f"kubectl -n {namespace} set image deployment/podinfo podinfod=IMAGE" in said
        assert podinfo.phase == "Initializing"
        # when
        podinfo.set_image("6.0.0")
        # then
        podinfo.release(expect=0)
        assert podinfo.image("podinfo-primary") == podinfo.image() != container["image"]
    finally:
        podinfo.kubectl("delete", "canary,deployment,apisixroute", "--all", "--wait=false")


def test_a_primary_that_lost_its_pods_keeps_runs_from_starting_and_what_mends_it_gets_out_without_analysis(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    podinfo = application()
    patch = json.dumps({"spec": {"progressDeadlineSeconds": 5}})
    podinfo.kubectl("patch", "canary/podinfo", "--type=merge", "-p", patch)
    podinfo.kubectl("create", "quota", "full", "--hard=pods=0")
    eventually(lambda: podinfo.kubectl.get("quota", "full")["status"]["hard"])
    podinfo.kubectl("delete", "pod", "--selector=app=podinfo-primary", "--wait=false")
    # when
    said = podinfo.release("6.0.1", expect=30)
    # then
    assert f"No run of podinfo.{namespace} starts while podinfo-primary.{namespace} is not ready" in said
    [exit_] = set(
        re.findall(r"kubectl (-n \S+ patch canary podinfo --type merge -p) '(\S+skipAnalysis\S+)'", said)
    )
    assert podinfo.split == (100, 0)
    # when
    podinfo.kubectl("delete", "quota", "full")
    podinfo.kubectl(*exit_[0].split(), exit_[1])
    # then
    podinfo.release(expect=0)
    assert podinfo.image("podinfo-primary").endswith(":6.0.1")
