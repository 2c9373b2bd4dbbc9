"""A release's whole life on the official engine, its state handed to the embedded one and back on the way."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab import Lab
from lab.official.folder import official
from tests.lab.article.application import Application, adopted
from tests.lab.article.ground import Ground, prepare
from tests.lab.article.weights import watched

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]  # the official engine takes a second or more a step

STEPS = [0, 25, 50, 0]


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """A lab of its own, whose platform stack the official engine has made."""
    path = f"{official()}{os.pathsep}{os.environ['PATH']}"
    lab = Lab.up(f"tests-official-{os.getpid()}")
    try:
        yield prepare(lab, tmp_path, {"PATH": path, "SLUICE_ENGINE": "official"})
    finally:
        lab.down()


def test_a_release_on_the_official_engine_and_from_hand_to_hand(ground: Ground, tmp_path: Path) -> None:
    podinfo = adopted(ground, "story-1")
    ground.update(podinfo.stack)
    at_rest_for_both_engines(podinfo)
    promoted_with_an_update_by_hand_in_between(podinfo, "6.0.1")
    rolled_back(podinfo, "6.0.2")
    handed_over_in_mid_release(podinfo, "6.0.3")
    at_rest_for_both_engines(podinfo)
    refused_by_the_pack(
        replace(podinfo, ground=ground.configured(tmp_path / "gated", driver={"policies": True}))
    )


def at_rest_for_both_engines(podinfo: Application) -> None:
    """Neither engine finds anything to change in what the other one left."""
    for engine in ("official", "embedded", "official"):
        for stack in ("dev", podinfo.stack):
            podinfo.ground.on(engine).update(stack, "--expect-no-changes")


def promoted_with_an_update_by_hand_in_between(podinfo: Application, tag: str) -> None:
    podinfo.set_image(tag)
    with podinfo.ground.begun(*podinfo.release_command) as driver, watched(podinfo) as weights:
        podinfo.until_weight(25)
        podinfo.ground.update(podinfo.stack)
        done = driver.wait()
        assert done.code == 0, done.said
        assert weights.seen == STEPS
    assert podinfo.image("podinfo-primary").endswith(f":{tag}")
    assert podinfo.replicas() == 0


def rolled_back(podinfo: Application, tag: str) -> None:
    promoted = podinfo.image("podinfo-primary")
    podinfo.ground.lab.fault(f"podinfo:{tag}", error_rate=1.0)
    said = podinfo.release(tag, expect=20)
    assert f"Rolling back podinfo.{podinfo.namespace} failed checks threshold reached 3" in said
    assert podinfo.split == (100, 0)
    assert podinfo.image("podinfo-primary") == promoted


def handed_over_in_mid_release(podinfo: Application, tag: str) -> None:
    """A driver on the official engine begins, one on the embedded engine goes on, and both update by hand."""
    podinfo.set_image(tag)
    with watched(podinfo) as weights:
        with podinfo.ground.begun(*podinfo.release_command) as driver:
            podinfo.until_weight(25)
            driver.interrupt()
        for engine in ("embedded", "official"):
            podinfo.ground.on(engine).update(podinfo.stack)
        replace(podinfo, ground=podinfo.ground.on("embedded")).release()
        assert weights.seen == STEPS
    assert podinfo.image("podinfo-primary").endswith(f":{tag}")


def refused_by_the_pack(podinfo: Application) -> None:
    too_far = {"spec": {"analysis": {"stepWeight": 60, "maxWeight": 60}}}
    podinfo.kubectl("patch", "canary/podinfo", "--type=merge", "-p", json.dumps(too_far))
    podinfo.set_image("6.0.4")
    with watched(podinfo) as weights:
        said = podinfo.release("", "--timeout", "12", expect=22)
        assert weights.seen == [0]
    route = f"route podinfo-podinfo-canary.{podinfo.namespace} rises from 0 % to 60 %, more than 50 % at once"
    assert f"Halt podinfo.{podinfo.namespace} advancement policy canary-promotion: {route}" in said
    assert podinfo.split == (100, 0)
