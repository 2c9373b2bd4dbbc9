"""The article, told from its documents: initialisation, a promotion, rollbacks, a metric of one's own."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.lab.article.application import Application, in_order
from tests.lab.article.ground import Ground, Running

pytestmark = pytest.mark.lab

SUBMITTED = (
    "deployment.apps/podinfo",
    "horizontalpodautoscaler.autoscaling/podinfo",
    "apisixroute.apisix.apache.org/podinfo",
    "canary.flagger.app/podinfo",
)
GENERATED = (
    "deployment.apps/podinfo-primary",
    "horizontalpodautoscaler.autoscaling/podinfo-primary",
    "service/podinfo",
    "service/podinfo-canary",
    "service/podinfo-primary",
    "apisixroute.apisix.apache.org/podinfo-podinfo-canary",
)
NEVER_DOWN = {"spec": {"behavior": {"scaleDown": {"selectPolicy": "Disabled"}}}}
PROMOTION = (
    r"New revision detected! Scaling up podinfo\.test",
    r"canary deployment podinfo\.test not ready: waiting for rollout to finish: 0 of 1 "
    r"\(readyThreshold 100%\) updated replicas are available",
    r"Starting canary analysis for podinfo\.test",
    *(rf"Advance podinfo\.test canary weight {weight}" for weight in (10, 20, 30, 40, 50)),
    r"Copying podinfo\.test template spec to podinfo-primary\.test",
    r"podinfo-primary\.test not ready: waiting for rollout to finish: .*",
    r"Routing all traffic to primary",
    r"Promotion completed! Scaling down podinfo\.test",
)
ROLLBACK = (
    r"Rolling back podinfo\.test failed checks threshold reached 10",
    r"Canary failed! Scaling down podinfo\.test",
)


@pytest.fixture(scope="module")
def podinfo(ground: Ground) -> Application:
    """The article's application in the namespace test, brought up from its documents with podinfo 6.0.0."""
    ground.sluice("release", "podinfo", "--env", "dev", "-n", "test")
    return Application(ground, "test")


@contextmanager
def released(podinfo: Application, tag: str) -> Iterator[Running]:
    """A release that began as the article begins it, with `kubectl set image`."""
    podinfo.set_image(tag)
    with podinfo.ground.begun(*podinfo.release_command) as driver:
        yield driver


@contextmanager
def shell(podinfo: Application, command: str) -> Iterator[None]:
    """A command in a shell of the load tester. It outlives the connection, so it is ended by its number."""
    inside = ("exec", "deploy/flagger-loadtester", "--", "sh", "-c")
    line = podinfo.kubectl.command(*inside, f"echo $$; exec {command}")
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        number = int(process.stdout.readline())
        yield
        podinfo.kubectl(*inside, f"kill {number}")


def test_initialisation_generates_the_objects_of_the_article(podinfo: Application) -> None:
    # when
    listed = podinfo.kubectl("get", "deployment,hpa,service,apisixroute,canary", "-o", "name").split()
    # then
    assert set(SUBMITTED + GENERATED) <= set(listed)
    assert {"Initialization done! podinfo.test", "all the metrics providers are available!"} <= podinfo.said


def test_a_promotion_goes_as_the_article_shows(podinfo: Application) -> None:
    # when
    with released(podinfo, "6.0.1") as driver:
        # then
        podinfo.until_weight(20)
        assert podinfo.split == (80, 20)
        described = podinfo.kubectl("describe", "canary/podinfo")
        assert re.search(r"Canary Weight: +20\n", described)
        assert re.search(r"Phase: +Progressing\n", described)
        podinfo.kubectl("wait", "--for=condition=promoted", "--timeout=50s", "canary/podinfo")
        assert driver.wait().code == 0
    assert in_order(PROMOTION, driver.events)
    described = podinfo.kubectl("describe", "canary/podinfo")
    assert "Canary analysis completed successfully, promotion finished." in described
    assert re.search(r"Normal +Synced .* sluice +Promotion completed! Scaling down podinfo.test", described)
    assert re.search(r"test +podinfo +Succeeded +0 ", podinfo.kubectl("get", "canaries", "--all-namespaces"))
    assert podinfo.image("podinfo-primary") == "stefanprodan/podinfo:6.0.1"
    assert podinfo.replicas() == 0


def test_errors_of_the_canary_roll_it_back(podinfo: Application) -> None:
    # given
    promoted = podinfo.image("podinfo-primary")
    with released(podinfo, "6.0.2") as driver:
        podinfo.until_weight(10)
        # when
        errors = "hey -z 1m -c 5 -q 5 -host app.example.com http://apisix-gateway.apisix/status/500"
        with shell(podinfo, errors):
            done = driver.wait()
    # then
    assert done.code == 20
    halts = r"Halt podinfo\.test advancement success rate \d+\.\d\d% < 99%"
    assert in_order((*(halts,) * 10, *ROLLBACK), driver.events)
    assert podinfo.split == (100, 0)
    assert podinfo.image("podinfo-primary") == promoted
    assert podinfo.replicas() == 0
    assert podinfo.status["conditions"][0]["message"] == "Canary analysis failed, Deployment scaled to zero."


def test_delay_of_the_canary_rolls_it_back(podinfo: Application) -> None:
    # given
    with released(podinfo, "6.0.3") as driver:
        podinfo.until_weight(10)
        # when
        delays = "hey -z 1m -c 5 -q 5 -host app.example.com http://apisix-gateway.apisix/delay/1"
        with shell(podinfo, delays):
            done = driver.wait()
    # then
    assert done.code == 20
    halts = r"Halt podinfo\.test advancement request duration \d(\.\d+)?s > 500ms"
    assert in_order((*(halts,) * 10, *ROLLBACK), driver.events)
    assert podinfo.split == (100, 0)


def test_neither_a_number_of_replicas_nor_an_image_set_by_others_is_undone_by_an_update(
    podinfo: Application,
) -> None:
    # given
    # The second pod is idle: the autoscaler would take it away again, as is its business.
    podinfo.kubectl("patch", "hpa/podinfo", "--type=merge", f"--patch={json.dumps(NEVER_DOWN)}")
    with released(podinfo, "6.0.4") as driver:
        podinfo.until_weight(10)
        # when
        podinfo.kubectl("scale", "deployment/podinfo", "--replicas=2")  # over the subresource, as an HPA does
        podinfo.until_weight(20)
        podinfo.ground.update(podinfo.stack)
        # then
        assert podinfo.replicas() == 2
        assert podinfo.image() == "stefanprodan/podinfo:6.0.4"
        # when
        podinfo.ground.sluice("abort", "podinfo", "--env", "dev", "-n", "test")
        # then
        assert driver.wait().code == 21
    assert "Canary aborted! Scaling down podinfo.test" in driver.events
    assert podinfo.split == (100, 0)
    assert podinfo.replicas() == 0
    podinfo.kubectl(
        "patch", "hpa/podinfo", "--type=json", '--patch=[{"op":"remove","path":"/spec/behavior"}]'
    )
