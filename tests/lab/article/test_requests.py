"""What people ask of a driver: an abort, another try, and leaving."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
import requests

from lab.traffic import Traffic
from tests.lab.article import documents
from tests.lab.article.application import Application
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab

GENERATED = frozenset(
    {"deployment.apps/podinfo-primary", "apisixroute.apisix.apache.org/podinfo-podinfo-canary"}
)


def test_a_run_is_aborted_tried_again_and_in_the_end_retired_without_a_failed_request(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    podinfo = application(stepWeight=5)
    asked = ("podinfo", "--env", "dev", "-n", namespace)
    podinfo.set_image("6.0.1")
    with podinfo.ground.begun(*podinfo.release_command) as driver:
        podinfo.until_weight(5)
        # when
        podinfo.ground.sluice("abort", *asked)
        # then
        assert driver.wait().code == 21
    assert podinfo.status["conditions"][0]["reason"] == "Aborted"
    assert podinfo.split == (100, 0)
    # when
    podinfo.ground.sluice("retry", *asked)
    # then
    podinfo.release(expect=0)
    assert podinfo.image("podinfo-primary").endswith(":6.0.1")
    # when
    gateway = podinfo.ground.lab.addresses["gateway"]
    with Traffic(f"http://{gateway}/api/info", documents.host(namespace), rate=20) as users:
        eventually(lambda: users.total.ok > 20)
        podinfo.ground.sluice("retire", *asked)
        answered = users.total.ok
        eventually(lambda: users.total.ok > answered + 40)
    # then
    assert users.total.failed == 0
    eventually(
        lambda: GENERATED.isdisjoint(podinfo.kubectl("get", "deployment,apisixroute", "-o", "name").split())
    )
    assert podinfo.phase == "Terminated"
    # when
    refused = podinfo.ground.sluice("abort", *asked, expect=42)
    # then
    assert "is retired" in refused


def test_a_canary_that_reverts_on_deletion_goes_in_mid_run_without_a_failed_request(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    podinfo = application(stepWeight=2)
    patch = json.dumps({"spec": {"revertOnDeletion": True}})
    podinfo.kubectl("patch", "canary", "podinfo", "--type=merge", "-p", patch)
    gateway = podinfo.ground.lab.addresses["gateway"]
    with (
        podinfo.ground.begun("run", "--env", "dev", "--output", "text", "--listen", "127.0.0.1:0") as driver,
        Traffic(f"http://{gateway}/api/info", documents.host(namespace), rate=20) as users,
    ):
        eventually(lambda: podinfo.canary["metadata"].get("finalizers"), 30)
        podinfo.set_image("6.0.1")
        podinfo.until_weight(2)
        # then
        pages = driver.pages
        of_target = f'{{namespace="{namespace}",workload="podinfo"}}'
        metrics = requests.get(f"{pages}/metrics", timeout=10).text
        assert re.search(rf"^flagger_canary_weight{re.escape(of_target)} [1-9]\d*\.0$", metrics, re.M)
        assert requests.get(f"{pages}/readyz", timeout=10).text == "ok\n"
        # when
        podinfo.kubectl("delete", "canary", "podinfo", "--timeout=60s")
        # then
        eventually(lambda: not podinfo.uid("deployment/podinfo-primary"))
        answered = users.total.ok
        eventually(lambda: users.total.ok > answered + 40)
        assert f"Terminated canary podinfo.{namespace}" in driver.events
    assert users.total.failed == 0
    assert podinfo.kubectl.get("service", "podinfo")["spec"]["selector"] == {"app": "podinfo"}
    assert podinfo.image().endswith(":6.0.1")


def test_what_a_canary_that_goes_without_it_leaves_behind_is_said_with_the_way_out(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    podinfo = application()
    with podinfo.ground.begun("run", "--env", "dev", "--output", "text") as driver:
        podinfo.kubectl("delete", "service/podinfo-canary")
        eventually(
            lambda: any("made again" in event for event in driver.events), 30
        )  # it looks after it by now
        # when
        podinfo.kubectl("delete", "canary", "podinfo")
        # then
        way = f"kubectl -n {namespace} scale deployment/podinfo --replicas=1"
        eventually(lambda: any(way in event for event in driver.events), 30)  # a repair may be under way
    podinfo.kubectl("delete", "deployment,apisixroute", "--all", "--wait=false")
