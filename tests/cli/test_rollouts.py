"""What people ask of Rollouts by the command line, and what the driver makes of it."""

from __future__ import annotations

import re

import pytest

from automation.core.kinds import POD, ROLLOUT, Manifest
from automation.core.marks import POD_HASH
from automation.errors import CanaryMissing, DocumentRefused, ImageRefused, NothingToDo
from cli.found import rollout_of, standing_of
from cli.get import look, shown
from cli.images import Image
from cli.rollout_requests import ask
from cli.rollout_tree import lines
from cli.setting_image import set_images
from cli.status import rollout_row
from cli.undo import changes, give_back
from tests.automation.driver.rollout_world import RolloutWorld, replica_set
from tests.automation.driver.test_rollouts import WAITING, steady

ALPHA = "\N{GREEK SMALL LETTER ALPHA}"


def set_image(world: RolloutWorld, tag: str, container: str = "canary-demo") -> None:
    set_images(world.cluster, world.live, [Image(container, f"argoproj/rollouts-demo:{tag}")])


def test_the_article_an_image_is_set_and_a_run_begins() -> None:
    world = steady()
    set_image(world, "yellow")
    world.until("Paused", "CanaryPauseStep")
    [container] = world.live["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "argoproj/rollouts-demo:yellow"
    assert container["ports"], "all else of it stays"


def test_all_containers_may_get_an_image_and_one_that_is_not_there_is_refused() -> None:
    world = steady()
    set_image(world, "red", "*")
    assert world.live["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":red")
    with pytest.raises(ImageRefused, match="no container 'web'"):
        set_image(world, "red", "web")


def test_what_is_asked_for_is_done() -> None:
    world = steady(**WAITING)
    set_image(world, "green")
    world.until("Paused").tick(3)
    assert "asked to promote rollout canary-demo.test" in ask(world.cluster, world.live, "promote")
    world.tick(3)
    assert world.weight == 60
    ask(world.cluster, world.live, "abort")
    world.until("Degraded")
    ask(world.cluster, world.live, "retry")
    world.until("Paused")
    assert world.weight == 20
    ask(world.cluster, world.live, "promote --full")
    world.until("Healthy")


def test_a_timed_pause_is_left_and_a_rollout_that_is_held_goes_on() -> None:
    world = steady()
    set_image(world, "green")
    world.until("Paused")
    ask(world.cluster, world.live, "promote")
    world.tick(3)
    assert world.said["currentStepIndex"] > 1
    world.cluster.patch(ROLLOUT, "test", "canary-demo", {"spec": {"paused": True}})
    world.until("Paused", "manually paused")
    ask(world.cluster, world.live, "promote")
    assert world.live["spec"]["paused"] is False


@pytest.mark.parametrize(
    ("verb", "why"),
    [
        ("abort", "no update is under way"),
        ("promote", "no update is under way"),
        ("promote --full", "no update is under way"),
        ("retry", "the last update has not failed"),
    ],
)
def test_what_makes_no_sense_at_rest_is_refused(verb: str, why: str) -> None:
    world = steady()
    with pytest.raises(NothingToDo, match=why) as refused:
        ask(world.cluster, world.live, verb)
    assert "sluice get canary-demo -n test" in str(refused.value.remedy)


def test_the_way_back_to_the_revision_before_takes_no_steps() -> None:
    world = steady(**WAITING)
    blue = world.latest
    set_image(world, "green")
    world.until("Paused")
    assert give_back(world.cluster, world.live, None) == 1
    assert world.latest == blue
    world.until("Healthy", ticks=5)
    assert give_back(world.cluster, world.live, 2) == 2
    world.until("Paused")


def test_a_revision_that_is_not_recorded_is_refused() -> None:
    world = steady()
    with pytest.raises(NothingToDo, match="no other revision is recorded"):
        give_back(world.cluster, world.live, None)
    with pytest.raises(NothingToDo, match="revision 1 is the present one"):
        give_back(world.cluster, world.live, 1)
    with pytest.raises(NothingToDo, match="revision 7 is not recorded"):
        give_back(world.cluster, world.live, 7)


def test_a_patch_makes_one_template_of_the_other() -> None:
    before = {"a": {"b": 1, "c": 2}, "d": [1], "same": {"x": 1}}
    after = {"a": {"b": 1, "e": 3}, "d": [2], "same": {"x": 1}}
    assert changes(before, after) == {"a": {"c": None, "e": 3}, "d": [2]}


def test_a_rollout_is_found_by_its_name() -> None:
    world = steady()
    assert rollout_of(world.cluster, "canary-demo", None)["metadata"]["namespace"] == "test"
    with pytest.raises(CanaryMissing) as missing:
        rollout_of(world.cluster, "other", "test")
    assert "known: canary-demo.test" in str(missing.value.remedy)
    world.cluster.put(ROLLOUT, {"metadata": {"namespace": "b", "name": "canary-demo"}})
    with pytest.raises(CanaryMissing, match="the name of 2 Rollouts") as several:
        rollout_of(world.cluster, "canary-demo", None)
    assert "-n test or -n b" in str(several.value.remedy)


def test_a_status_that_can_not_be_read_is_said() -> None:
    marks = {"sluice.delivery/status": "{"}
    with pytest.raises(DocumentRefused, match="Rollout x"):
        standing_of({"kind": "Rollout", "metadata": {"name": "x", "namespace": "test", "annotations": marks}})


def pod(world: RolloutWorld, revision: str, name: str) -> Manifest:
    owner = replica_set(world, revision)
    return {
        "metadata": {
            "name": name,
            "namespace": "test",
            "labels": {POD_HASH: revision},
            "ownerReferences": [{"uid": owner["metadata"]["uid"]}],
            "creationTimestamp": "1970-01-01T00:00:00Z",
        },
        "spec": {"containers": [{"name": "canary-demo"}]},
        "status": {"phase": "Running", "containerStatuses": [{"ready": True, "restartCount": 2}]},
    }


def test_the_tree_shows_what_runs_in_argos_signs() -> None:
    world = steady()
    blue = world.latest
    set_image(world, "green")
    world.until("Paused").until("Progressing").until("Paused").tick(2)
    green = world.latest
    world.cluster.put(POD, pod(world, green, f"canary-demo-{green}-x2x4z"))
    told = lines(look(world.cluster, world.live))
    head, tree = told[: told.index("")], told[told.index("") + 2 :]
    assert head[:8] == [
        "Name:            canary-demo",
        "Namespace:       test",
        "Status:          ॥ Paused",
        "Message:         CanaryPauseStep",
        "Strategy:        Canary",
        "  Step:          3/8",
        "  SetWeight:     40",
        "  ActualWeight:  40",
    ]
    assert "Images:          argoproj/rollouts-demo:green (canary)" in head
    assert "                 argoproj/rollouts-demo:blue (stable)" in head
    assert "  Current:       2" in head
    plain = [re.sub(r" {2,}", "  ", line) for line in tree]
    ages = [re.sub(r"\b\d+[smhd]\b", "AGE", line) for line in plain]
    assert ages == [
        "⟳ canary-demo  Rollout  ॥ Paused",
        "├──# revision:2",
        f"│  ├──⧉ canary-demo-{green}  ReplicaSet  ✔ Healthy  canary",
        f"│  │  └──□ canary-demo-{green}-x2x4z  Pod  ✔ Running  AGE  ready:1/1,restarts:2",
        f"│  └──{ALPHA} canary-demo-{green}-2  AnalysisRun  ◌ Running  ✔ 2",
        "└──# revision:1",
        f"  └──⧉ canary-demo-{blue}  ReplicaSet  ✔ Healthy  stable",
    ]
    assert shown(look(world.cluster, world.live)).renderables


def test_a_rollout_that_went_meanwhile_is_said() -> None:
    world = steady()
    live = world.live
    world.cluster.delete(ROLLOUT, "test", "canary-demo")
    with pytest.raises(CanaryMissing, match="is not there any more"):
        look(world.cluster, live)


def test_a_rollout_stands_in_the_table_of_releases() -> None:
    world = steady(**WAITING)
    set_image(world, "green")
    world.until("Paused")
    row = rollout_row(world.live)
    assert [row[name] for name in ("NAMESPACE", "NAME", "STATUS", "WEIGHT", "STEP", "REASON")] == [
        "test",
        "canary-demo",
        "Paused",
        20,
        "20,60",
        "CanaryPauseStep",
    ]
    assert row["LASTTRANSITIONTIME"]
