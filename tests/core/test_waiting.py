"""What a tick says of what it waits for: to whoever drives the Canary, and to whoever looks on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automation.core.observation import Workload
from automation.core.status import Phase
from automation.driver.tick import Obstacle, Rival
from tests.core.documents import document
from tests.core.world import World, deployment, initialised

UNREADY = deployment("podinfo-primary", 2, available=0)
EXPIRED = replace(UNREADY, expired=True)
SHORT = "podinfo-primary.test not ready: waiting for rollout to finish: 0 of 2 (readyThreshold 100%) updated replicas"
LATE = 'podinfo-primary.test not ready: deployment "podinfo-primary" exceeded its progress deadline; '
EXIT = (
    "No run of podinfo.test starts while podinfo-primary.test is not ready: mend that, or let out what mends it "
    "without analysis: kubectl -n test patch canary podinfo --type merge -p "
    """'{"spec":{"skipAnalysis":true}}'"""
)


@pytest.mark.parametrize("driven_by", ["", "there/1/5"], ids=["driven here", "driven by another"])
@pytest.mark.parametrize(
    ("primary", "told", "ends"),
    [
        pytest.param(UNREADY, SHORT, False, id="it may get ready"),
        pytest.param(EXPIRED, LATE + EXIT, True, id="past its deadline"),
    ],
)
def test_a_run_that_can_not_start_for_its_primary_says_so_to_everybody(
    primary: Workload, told: str, ends: bool, driven_by: str
) -> None:
    world = initialised(document())
    world.primary = primary
    world.release("v2")
    if driven_by:
        world.driven_by(driven_by)
    for tick in (world.ticked(), world.ticked()):
        assert tick.waits.startswith(told)
        assert tick.waits.endswith(EXIT) is ends
        assert tick.trouble == (Obstacle(tick.waits) if ends else Rival(driven_by) if driven_by else None)
        assert not tick.done


def test_a_primary_that_never_gets_ready_ends_the_beginning_with_its_way_out() -> None:
    world = World(document()).tick()
    world.primary = replace(deployment("podinfo-primary", 1, available=0), expired=True)
    tick = world.ticked()
    assert tick.trouble == Obstacle(tick.waits)
    assert tick.waits.startswith(LATE)
    assert tick.waits.endswith("kubectl -n test set image deployment/podinfo podinfod=IMAGE")


def test_a_fix_of_a_primary_past_its_deadline_goes_out_without_analysis() -> None:
    world = initialised(document())
    world.primary = EXPIRED
    world.release("v2")
    assert isinstance(world.ticked().trouble, Obstacle)
    world.document = document({"spec.skipAnalysis": True})
    world.until(Phase.PROMOTING)
    world.primary = deployment("podinfo-primary", 2)
    world.until(Phase.SUCCEEDED)
    assert world.primary_revision == "v2"


def test_a_canary_with_nothing_in_its_way_waits_for_nothing() -> None:
    world = initialised(document())
    assert (world.ticked().waits, world.ticked().done) == ("", True)
    world.release("v2")
    assert world.ticked().waits == ""


def test_a_primary_that_is_rolling_is_said_once_to_be_and_needs_no_way_out() -> None:
    world = initialised(document())
    world.release("v2")
    for updated, available in ((0, 2), (1, 2), (1, 1), (2, 1)):
        world.primary = replace(deployment("podinfo-primary", 2, available=available), updated=updated)
        assert world.ticked().waits.startswith(
            "podinfo-primary.test not ready: waiting for rollout to finish: "
        )
        world.now += 0.2
    assert world.texts == ["podinfo-primary.test not ready: waiting for rollout to finish"]
    world.primary = deployment("podinfo-primary", 2)
    world.ticked()
    assert world.status.phase is Phase.PROGRESSING
    assert not any("No run of" in text for text in world.texts)


def test_a_primary_that_lacks_its_pods_for_an_interval_needs_a_way_out() -> None:
    world = initialised(document())
    world.release("v2")
    lost = replace(deployment("podinfo-primary", 2, available=0), short_since=world.now)
    world.primary = lost
    world.ticked()
    assert not any("No run of" in text for text in world.texts)
    world.now += world.canary.analysis.interval
    world.ticked()
    assert any(
        "No run of podinfo.test starts while podinfo-primary.test is not ready" in text
        for text in world.texts
    )


def test_a_primary_whose_pods_are_refused_needs_one_at_once_and_says_why() -> None:
    world = initialised(document())
    world.release("v2")
    rolling = replace(deployment("podinfo-primary", 2), updated=1, refused="exceeded quota: small")
    world.primary = rolling
    world.ticked()
    unready, way_out = world.texts
    assert unready == (
        "podinfo-primary.test not ready: waiting for rollout to finish: 1 out of 2 new replicas have been updated; its "
        "pods are refused: exceeded quota: small"
    )
    assert "No run of podinfo.test starts while podinfo-primary.test is not ready" in way_out
