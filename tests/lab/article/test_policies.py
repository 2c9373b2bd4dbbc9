"""The policy pack between a decision and the traffic."""

from __future__ import annotations

import json

import pytest

from tests.lab.article.application import Application, adopted
from tests.lab.article.ground import Ground
from tests.lab.article.weights import watched

pytestmark = pytest.mark.lab

TOO_FAR = {"stepWeight": 60, "maxWeight": 60}


@pytest.fixture(scope="module")
def gated(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """The ground with a driver that runs forward steps with the pack."""
    return ground.configured(tmp_path_factory.mktemp("gated"), driver={"policies": True})


@pytest.fixture
def podinfo(gated: Ground, namespace: str) -> Application:
    return adopted(gated, namespace, **TOO_FAR)


def test_a_step_that_the_pack_refuses_moves_nothing_and_says_which_policy(podinfo: Application) -> None:
    # given
    podinfo.set_image("6.0.1")
    with watched(podinfo) as weights:
        # when
        said = podinfo.release("", "--timeout", "8", expect=22)
        # then
        assert weights.seen == [0]
    halt = (
        f"Halt podinfo.{podinfo.namespace} advancement policy canary-promotion: "
        f"route podinfo-podinfo-canary.{podinfo.namespace} rises from 0 % to 60 %, more than 50 % at once"
    )
    assert halt in said
    assert any(halt in text for text in podinfo.said)
    assert podinfo.status["canaryWeight"] == 0
    # when
    by_hand = {"status": {"inForce": {"split": {"primary": 0, "canary": 100}}}}
    patch = json.dumps(by_hand)
    podinfo.kubectl("patch", "canary/podinfo", "--subresource=status", "--type=merge", "-p", patch)
    update = (
        "pulumi",
        "up",
        "--yes",
        "--skip-preview",
        "--policy-pack",
        "policies",
        "--stack",
        podinfo.stack,
    )
    with podinfo.ground.begun(*update) as running:
        refused = running.wait()
    # then
    assert refused.code != 0
    assert "canary-promotion" in refused.said
    assert "sends 100 % to the canary" in refused.said
    assert podinfo.split == (100, 0)
