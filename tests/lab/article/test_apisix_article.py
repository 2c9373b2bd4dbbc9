"""The article, told from its documents: initialisation, a promotion, rollbacks, a metric of one's own."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.lab.article.application import Application
from tests.lab.article.ground import Ground
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab

GENERATED = (
    "deployment.apps/podinfo-primary",
    "horizontalpodautoscaler.autoscaling/podinfo-primary",
    "service/podinfo",
    "service/podinfo-canary",
    "service/podinfo-primary",
    "apisixroute.apisix.apache.org/podinfo-podinfo-canary",
)
SUBMITTED = (
    "deployment.apps/podinfo",
    "horizontalpodautoscaler.autoscaling/podinfo",
    "apisixroute.apisix.apache.org/podinfo",
    "canary.flagger.app/podinfo",
)


@pytest.fixture(scope="module")
def podinfo(ground: Ground) -> Application:
    """The article's application in the namespace test, brought up from its documents with podinfo 6.0.0."""
    ground.sluice("release", "podinfo", "--env", "dev", "-n", "test")
    return Application(ground, "test")


def test_initialisation_generates_the_objects_of_the_article(podinfo: Application) -> None:
    # when
    listed = podinfo.kubectl("get", "deployment,hpa,service,apisixroute,canary", "-o", "name").split()
    # then
    assert set(SUBMITTED + GENERATED) <= set(listed)
    assert podinfo.image("podinfo-primary") == "stefanprodan/podinfo:6.0.0"
    assert any(text == "Initialization done! podinfo.test" for text in podinfo.said)
    assert any(text == "all the metrics providers are available!" for text in podinfo.said)
