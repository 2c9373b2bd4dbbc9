"""A metric of one's own: the template that the article publishes, and the one that measures what its name says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import yaml

from examples.story import PROJECT
from lab.traffic import Traffic
from tests.lab.article import documents
from tests.lab.article.application import Application, in_order
from tests.lab.article.documents import Document

pytestmark = pytest.mark.lab

CHECK = {
    "name": "404s percentage",
    "templateRef": {"name": "not-found-percentage"},
    "thresholdRange": {"max": 5},
    "interval": "5s",
}


def template(name: str, namespace: str) -> Document:
    """A template of the example, in another namespace."""
    document: Document = yaml.safe_load((PROJECT / "examples" / "apisix" / f"{name}.yaml").read_text())
    return {**document, "metadata": {**document["metadata"], "namespace": namespace}}


def test_the_published_404_template_fails_on_healthy_traffic_and_the_mended_one_works(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    podinfo = application(metrics=[CHECK], threshold=2)
    podinfo.kubectl.apply(template("not-found-percentage", namespace))
    gateway = podinfo.ground.lab.addresses["gateway"]
    with Traffic(f"http://{gateway}/api/info", documents.host(namespace), rate=10):
        podinfo.until_measured()
        # when
        refused = podinfo.release("6.0.1", "--strict", expect=30)
        # then
        assert "404s percentage fails on the healthy primary" in refused
        assert podinfo.phase == "Initialized"
        # when
        said = podinfo.release(expect=20)
        # then
        doubt = (
            r".*Metric 404s percentage fails on the healthy primary: 404s percentage 100\.00 > 5\. "
            "It seems to measure the share of good requests: .*"
        )
        halt = rf".*Halt podinfo\.{namespace} advancement 404s percentage 100\.00 > 5"
        assert in_order((doubt, halt, halt, r".*Canary failed! .*"), said.splitlines())
        # when
        podinfo.kubectl.apply(template("not-found-percentage-mended", namespace))
        # then
        podinfo.release("6.0.2", expect=0)
        assert podinfo.image("podinfo-primary").endswith(":6.0.2")
