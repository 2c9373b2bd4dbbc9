"""What people change while a release is under way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lab.article.application import Application, in_order
from tests.lab.article.weights import watched

pytestmark = pytest.mark.lab


def test_a_further_change_restarts_the_run_and_a_return_to_the_promoted_image_cancels_it(
    application: Callable[..., Application], namespace: str
) -> None:
    # given
    podinfo = application()
    podinfo.set_image("6.0.1")
    with podinfo.ground.begun(*podinfo.release_command) as driver, watched(podinfo) as weights:
        podinfo.until_weight(25)
        # when
        podinfo.set_image("6.0.2")
        # then
        assert driver.wait().code == 0
        assert weights.seen in ([0, 25, 0, 25, 50, 0], [0, 25, 50, 0, 25, 50, 0])
    restarted = f"New revision detected! Restarting analysis for podinfo.{namespace}"
    assert in_order((restarted, f"Promotion completed! Scaling down podinfo.{namespace}"), driver.events)
    assert podinfo.image("podinfo-primary").endswith(":6.0.2")
    # given
    podinfo.set_image("6.0.3")
    with podinfo.ground.begun(*podinfo.release_command) as driver:
        podinfo.until_weight(25)
        # when
        podinfo.set_image("6.0.2")
        # then
        assert driver.wait().code == 21
    assert f"Canary cancelled! Scaling down podinfo.{namespace}" in driver.events
    assert podinfo.status["conditions"][0]["reason"] == "Cancelled"
    assert podinfo.split == (100, 0)
    assert podinfo.replicas() == 0
