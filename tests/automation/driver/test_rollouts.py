"""Rollouts, released by the driver as it is, in memory: what users, dashboards and Argo's plugin see of it."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest

from automation.core.kinds import (
    ANALYSIS_RUN,
    CANARY,
    DEPLOYMENT,
    POD,
    REPLICA_SET,
    ROLLOUT,
    SERVICE,
    Kind,
)
from automation.core.marks import NUMBER, POD_HASH, STATUS
from automation.core.moments import timestamp
from automation.core.observation import Ended, QueryFailed, Taken, TakenAnswer, Unfinished
from automation.core.status import Phase
from automation.driver.tick import Refusal
from automation.errors import StackLocked
from automation.inmemory.cluster import Acts
from automation.inmemory.stacks import Update
from gateways.alb import weights_in
from gateways.gateway_api import HTTP_ROUTE
from gateways.ingress import INGRESS
from gateways.istio import DESTINATION_RULE, VIRTUAL_SERVICE
from gateways.traffic_split import TRAFFIC_SPLIT
from tests.automation.driver.rollout_world import KEY, RolloutWorld, replica_set, service
from tests.core.documents import MISSING
from tests.documents.argo_documents import blue_green, canary, changed, metric, rollout, template

STEPS = rollout()["spec"]["strategy"]["canary"]["steps"]


def steady(*templates: dict[str, Any], **fields: Any) -> RolloutWorld:
    """A Rollout that serves its first revision, whose history begins now."""
    world = RolloutWorld(canary(**fields) if fields else None, *templates).until("Healthy")
    world.texts.clear()
    world.updates.clear()
    return world


def course(world: RolloutWorld, phase: str) -> list[tuple[str, str, int]]:
    """Phase, message and weight, each change once, until a phase is reached that ends a run."""
    seen = []
    for _ in range(500):
        world.tick()
        seen.append((*world.told(), world.weight))
        if world.told()[0] == phase:
            return [key for key, _ in groupby(seen)]
    raise AssertionError(seen[-3:])


def test_the_first_revision_serves_at_once_and_no_step_is_taken() -> None:
    world = RolloutWorld().until("Healthy")
    assert world.pods() == {world.latest: 1}
    assert (world.selected("canary-demo"), world.selected("canary-demo-canary")) == (world.latest,) * 2
    assert (world.weight, world.said["currentStepIndex"], world.said["stableRS"]) == (0, 8, world.latest)
    assert not any(text.startswith("Rollout step") for text in world.texts)


def test_the_article_a_good_version_goes_by_its_steps_and_its_pods_become_the_stable_ones() -> None:
    world = steady()
    blue, green = world.latest, world.set_image("green")
    paused = "Paused", "CanaryPauseStep"
    found = course(world, "Healthy")
    assert [one for one in found if one[:2] == paused] == [(*paused, weight) for weight in (20, 40, 60, 80)]
    assert found[-1] == ("Healthy", "", 0)
    assert world.pods() == {blue: 1, green: 1}
    assert (world.selected("canary-demo"), world.selected("canary-demo-canary")) == (green, green)
    assert world.texts[-1] == "Rollout completed update of canary-demo.test: Completed all 8 canary steps"
    world.tick(20)
    assert world.pods() == {blue: 0, green: 1}, "the old pods stay for scaleDownDelaySeconds"


def test_nobody_is_served_by_two_sets_that_lack_pods_for_their_share() -> None:
    world = steady()
    world.apply(changed(world.live, {"spec.replicas": 5}))
    world.tick(3)
    green = world.set_image("green")
    shares = {}
    while world.told()[0] != "Healthy" or world.known.phase is not Phase.SUCCEEDED:
        world.tick()
        shares.setdefault(world.weight, world.pods().get(green, 0))
    assert {weight: shares[weight] for weight in (20, 40, 60, 80)} == {20: 1, 40: 2, 60: 3, 80: 4}
    assert world.pods()[green] == 5


def test_the_article_a_bad_version_goes_back_by_itself() -> None:
    world = steady()
    blue, yellow = world.latest, world.set_image("yellow")
    world.answer = lambda question: Taken([0.5])
    found = course(world, "Degraded")
    told = (
        "RolloutAborted: Rollout aborted update to revision 2: "
        'Metric "success-rate" assessed Failed due to failed (4) > failureLimit (3)'
    )
    assert found[-1] == ("Degraded", told, 0)
    assert max(weight for _, _, weight in found) == 40, "the analysis begins with the third step"
    assert (world.said["abort"], world.said["currentStepIndex"]) == (True, 0)
    assert (world.selected("canary-demo"), world.selected("canary-demo-canary")) == (blue, blue)
    world.tick(20)
    assert world.pods() == {blue: 1, yellow: 0}
    world.tick(50)
    assert world.told()[0] == "Degraded", "nothing is tried again by itself"
    world.set_image("blue")
    world.until("Healthy")
    assert world.pods() == {blue: 1, yellow: 0}


def test_what_runs_is_reported_as_the_model_keeps_it() -> None:
    world = steady()
    green = world.set_image("green")
    world.until("Paused").until("Progressing").until("Paused")
    world.tick(3)
    said = world.said
    assert said["canary"]["weights"] == {
        "canary": {"podTemplateHash": green, "serviceName": "canary-demo-canary", "weight": 40},
        "stable": {"podTemplateHash": said["stableRS"], "serviceName": "canary-demo", "weight": 60},
    }
    assert (said["currentPodHash"], said["currentStepIndex"], said["controllerPause"]) == (green, 3, True)
    assert [pause["reason"] for pause in said["pauseConditions"]] == ["CanaryPauseStep"]
    assert (said["replicas"], said["updatedReplicas"], said["availableReplicas"]) == (2, 1, 2)
    assert said["canary"]["currentBackgroundAnalysisRunStatus"]["status"] == "Running"
    conditions = {one["type"]: (one["status"], one["reason"]) for one in said["conditions"]}
    assert conditions["Paused"] == ("True", "RolloutPaused")
    assert conditions["Completed"][0] == "False"


def test_at_rest_nothing_is_written() -> None:
    world = steady()
    world.tick(20)
    before = world.live["metadata"]["resourceVersion"]
    world.tick(20)
    assert world.live["metadata"]["resourceVersion"] == before
    assert world.updates == []


WAITING = {"steps": [{"setWeight": 20}, {"pause": {}}, {"setWeight": 60}, {"pause": {}}], "analysis": MISSING}


def test_what_the_api_server_fills_in_of_new_pods_is_no_reason_to_write_them_anew() -> None:
    world = steady()
    world.set_image("yellow")
    world.until("Healthy")
    live = replica_set(world, world.latest)
    filled_in = {"f:spec": {"f:template": {"f:spec": {"f:dnsPolicy": {}}}}}
    created = {"manager": "sluice", "operation": "Update", "fieldsV1": filled_in}
    filled = {"metadata.managedFields": [created], "spec.template.spec.dnsPolicy": "ClusterFirst"}
    world.cluster.put(REPLICA_SET, changed(live, filled))
    updates = len(world.updates)
    world.tick(3)
    assert (len(world.updates), [text for text in world.texts if "anew" in text]) == (updates, [])


def test_argos_own_commands_are_heard() -> None:
    world = steady(**WAITING)
    world.set_image("green")
    world.until("Paused").tick(10)
    assert world.weight == 20
    world.patch_status(pauseConditions=None).tick(3)
    assert (world.weight, world.told()[0]) == (60, "Paused")
    world.tick(5)
    world.patch_status(promoteFull=True)
    world.until("Healthy")
    assert "promoteFull" not in world.said


def test_abort_and_retry_are_heard() -> None:
    world = steady(**WAITING)
    blue, green = world.latest, world.set_image("green")
    world.until("Paused").patch_status(abort=True)
    world.until("Degraded", "RolloutAborted: Rollout aborted update to revision 2")
    assert (world.weight, world.selected("canary-demo")) == (0, blue)
    world.patch_status(abort=False)
    world.until("Paused")
    assert (world.weight, world.selected("canary-demo-canary")) == (20, green)
    assert "abortedAt" not in world.said


def test_a_step_that_somebody_counted_himself_is_left() -> None:
    world = steady(
        steps=[{"setWeight": 20}, {"pause": {"duration": "1h"}}, {"setWeight": 60}], analysis=MISSING
    )
    world.set_image("green")
    world.until("Paused")
    world.patch_status(currentStepIndex=2, pauseConditions=None)
    world.until("Healthy", ticks=20)


def test_another_template_in_the_middle_of_a_run_begins_anew_with_pods_of_its_own() -> None:
    world = steady(**WAITING)
    blue, green = world.latest, world.set_image("green")
    world.until("Paused")
    red = world.set_image("red")
    world.tick()
    assert world.weight == 0
    world.until("Paused")
    assert (world.weight, world.selected("canary-demo-canary")) == (20, red)
    world.tick(20)
    assert world.pods() == {blue: 1, green: 0, red: 1}


def test_the_way_back_in_the_middle_of_a_run_takes_no_steps() -> None:
    world = steady(**WAITING)
    blue, green = world.latest, world.set_image("green")
    world.until("Paused")
    world.set_image("blue")
    world.until("Healthy", ticks=5)
    assert (world.weight, world.selected("canary-demo-canary")) == (0, blue)
    world.tick(20)
    assert world.pods() == {blue: 1, green: 0}


def test_a_rollout_has_as_many_stable_pods_as_its_autoscaler_asks_for() -> None:
    world = steady()
    world.cluster.patch(ROLLOUT, *KEY, {"spec": {"replicas": 4}}, subresource="scale")
    world.tick(2)
    assert world.pods() == {world.latest: 4}
    assert world.updates == []


def test_an_analysis_that_can_not_tell_waits_for_somebody() -> None:
    unsure = metric(failureCondition="result[0] < 0.3")
    steps = [{"setWeight": 20}, {"pause": {"duration": "1m"}}]
    world = steady(unsure, **{"steps": steps, "analysis.startingStep": 0})
    world.answer = lambda question: Taken([0.5])
    world.set_image("green")
    world.until("Paused", "InconclusiveAnalysisRun")


def test_pods_and_services_that_somebody_changes_are_put_back() -> None:
    world = steady()
    stable = world.latest
    world.cluster.delete(REPLICA_SET, "test", f"canary-demo-{stable}")
    world.cluster.put(SERVICE, {**service("canary-demo-canary")})
    world.tick(3)
    assert world.pods() == {stable: 1}
    assert world.selected("canary-demo-canary") == stable


def test_pods_of_a_revision_are_made_of_what_was_recorded_of_it() -> None:
    world = steady()
    green = world.set_image("green")
    world.until("Paused")
    made = replica_set(world, green)
    assert made["spec"]["selector"]["matchLabels"] == {"app": "canary-demo", POD_HASH: green}
    assert made["spec"]["template"]["metadata"]["labels"] == {"app": "canary-demo", POD_HASH: green}
    assert made["metadata"]["annotations"]["rollout.argoproj.io/revision"] == "2"
    assert made["metadata"]["ownerReferences"][0]["kind"] == "Rollout"


def refusal(world: RolloutWorld) -> str:
    tick = world.ticked()
    return tick.trouble.text if isinstance(tick.trouble, Refusal) else ""


@pytest.mark.parametrize(
    ("document", "told"),
    [
        pytest.param(
            canary(trafficRouting={"nginx": {"stableIngress": "canary-demo", "annotationPrefix": "x"}}),
            "annotationPrefix: is not driven yet",
            id="a prefix of annotations",
        ),
    ],
)
def test_what_is_not_driven_is_refused_with_what_to_do_instead(document: dict[str, Any], told: str) -> None:
    world = RolloutWorld(document)
    assert told in refusal(world)
    assert world.pods() == {}


def test_a_template_that_is_not_there_and_an_argument_of_no_field_are_refused() -> None:
    world = RolloutWorld(rollout(), template({"metadata.name": "another"}))
    assert "AnalysisTemplate success-rate is not there; apply it first" in refusal(world)
    of_a_field = [{"name": "ingress", "valueFrom": {"fieldRef": {"fieldPath": "spec.nowhere"}}}]
    world = RolloutWorld(canary(**{"analysis.args": of_a_field}))
    assert "argument ingress was not supplied" in refusal(world)


def test_arguments_have_the_values_that_they_have_in_this_run() -> None:
    header = {"key": "X", "value": "{{args.team}} {{args.stable}} {{args.latest}} {{args.key}}"}
    secret = {"name": "key", "valueFrom": {"secretKeyRef": {"name": "web", "key": "token"}}}
    names = [{"name": name} for name in ("team", "stable", "latest")]
    asks = changed(
        metric(provider={"web": {"url": "http://x/", "headers": [header]}}), {"spec.args": [*names, secret]}
    )
    args = [
        {"name": "team", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['team']"}}},
        {"name": "stable", "valueFrom": {"podTemplateHashValue": "Stable"}},
        {"name": "latest", "valueFrom": {"podTemplateHashValue": "Latest"}},
    ]
    document = canary(**{"analysis.args": args, "analysis.startingStep": 0})
    world = RolloutWorld(changed(document, {"metadata.labels": {"team": "shop"}}), asks).until("Healthy")
    blue, green = world.latest, world.set_image("green")
    world.until("Paused")
    asked = world.asked[0].metric
    assert asked.settings["headers"][0]["value"] == f"shop {blue} {green} {{{{args.key}}}}"
    assert asked.secrets == {"key": "web/token"}


def test_a_canary_of_the_same_name_comes_first() -> None:
    world = RolloutWorld()
    world.cluster.put(CANARY, {"metadata": {"namespace": "test", "name": "canary-demo"}, "spec": {}})
    assert "is the name of a Canary in namespace test, too" in refusal(world)


def test_the_middle_of_another_controllers_update_is_left_to_it() -> None:
    world = RolloutWorld()
    world.patch_status(stableRS="abc", currentPodHash="def")
    assert "another controller is in the middle of an update" in refusal(world)
    world.patch_status(currentPodHash="abc")
    world.until("Healthy")


def test_a_status_that_somebody_made_nonsense_of_is_said() -> None:
    world = steady()
    world.cluster.patch(ROLLOUT, *KEY, {"metadata": {"annotations": {STATUS: "{"}}})
    assert "take the annotation away" in refusal(world)
    world.cluster.patch(ROLLOUT, *KEY, {"metadata": {"annotations": {STATUS: None}}})
    world.until("Healthy")


def test_a_provider_that_is_away_ends_the_run_after_some_tries() -> None:
    world = steady()
    world.set_image("green")
    world.answer = lambda question: QueryFailed("connection refused")
    world.until("Degraded", "RolloutAborted")
    assert "consecutiveErrors (5) > consecutiveErrorLimit (4)" in world.told()[1]


def runs(world: RolloutWorld) -> dict[str, str]:
    """The phase of each AnalysisRun, by its name without that of the Rollout and its revision."""
    found = world.cluster.select(ANALYSIS_RUN)
    return {
        one["metadata"]["name"].replace(one["metadata"]["labels"][POD_HASH], "HASH"): one["status"]["phase"]
        for one in found
    }


def test_each_analysis_is_an_analysis_run_as_the_model_names_it() -> None:
    inline = {"analysis": {"templates": [{"templateName": "once"}]}}
    once = changed(
        metric(interval=MISSING, failureLimit=0),
        {"metadata.name": "once", "spec.args": [], "spec.metrics.0.provider.prometheus.query": "up"},
    )
    world = steady(template(), once, steps=[*STEPS[:2], inline, *STEPS[2:]])
    world.set_image("green")
    world.until("Paused").until("Progressing").until("Paused")
    assert runs(world) == {"canary-demo-HASH-2": "Running", "canary-demo-HASH-2-2": "Successful"}
    said = world.said["canary"]["currentBackgroundAnalysisRunStatus"]
    assert said == {"name": f"canary-demo-{world.latest}-2", "status": "Running", "message": ""}
    made = world.cluster.get(ANALYSIS_RUN, "test", said["name"])
    assert made is not None
    assert made["spec"]["metrics"][0]["interval"] == "10s"
    assert 'ingress="canary-demo"' in made["spec"]["metrics"][0]["provider"]["prometheus"]["query"]
    assert made["status"]["metricResults"][0]["measurements"][0]["value"] == "[0.99]"
    world.until("Healthy")
    assert runs(world) == {"canary-demo-HASH-2": "Successful", "canary-demo-HASH-2-2": "Successful"}


def test_an_analysis_that_somebody_terminates_ends_with_what_it_has_measured() -> None:
    """One that has not failed by then was successful."""
    inline = {"analysis": {"templates": [{"templateName": "success-rate"}], "args": USE["args"]}}
    world = steady(metric(failureLimit=9), steps=[{"setWeight": 20}, inline], analysis=MISSING)
    world.answer = lambda question: Taken([0.5])
    world.set_image("green")
    world.until("Progressing", "waiting for all steps").tick(5)
    assert list(runs(world).values()) == ["Running"]
    [run] = world.cluster.select(ANALYSIS_RUN)
    world.cluster.patch(ANALYSIS_RUN, "test", run["metadata"]["name"], {"spec": {"terminate": True}})
    world.until("Healthy", ticks=5)
    assert list(runs(world).values()) == ["Successful"]


def test_a_run_of_the_same_revision_has_an_analysis_run_of_its_own() -> None:
    world = steady()
    world.set_image("yellow")
    world.answer = lambda question: Taken([0.5])
    world.until("Degraded")
    assert runs(world) == {"canary-demo-HASH-2": "Failed"}
    world.patch_status(abort=False)
    world.until("Paused").until("Progressing").until("Paused").tick(2)
    assert runs(world) == {"canary-demo-HASH-2": "Failed", "canary-demo-HASH-2.1": "Running"}
    world.patch_status(abort=True, abortedAt=None)
    world.until("Degraded")
    assert runs(world) == {"canary-demo-HASH-2": "Failed", "canary-demo-HASH-2.1": "Successful"}


def test_as_many_analysis_runs_are_kept_as_the_rollout_says() -> None:
    world = steady(**{"analysis.startingStep": 0})
    world.apply(changed(world.live, {"spec.analysis": {"successfulRunHistoryLimit": 1}}))
    for tag in ("green", "red", "purple", "pink"):
        world.set_image(tag)
        world.until("Paused").patch_status(promoteFull=True)
        world.until("Healthy").tick(2)
    assert len(runs(world)) == 2, "that of the last run, and one more"


def test_a_cluster_without_analysis_runs_releases_all_the_same() -> None:
    world = steady()
    world.written.absent = frozenset({ANALYSIS_RUN})
    world.set_image("green")
    world.until("Paused").until("Healthy")
    assert runs(world) == {}


def test_argos_controller_goes_first() -> None:
    world = RolloutWorld()
    pod = {"spec": {"containers": [{"name": "c", "image": "quay.io/argoproj/argo-rollouts:v1.8.0"}]}}
    made = {"metadata": {"namespace": "argo-rollouts", "name": "argo-rollouts"}, "spec": {"template": pod}}
    world.cluster.put(DEPLOYMENT, made)
    world.tick(3)
    assert any("Argo's controller runs in this cluster" in text for text in world.texts)
    assert world.pods() == {}


def preview(**fields: Any) -> RolloutWorld:
    """A blue/green Rollout that serves its first revision."""
    return RolloutWorld(blue_green(**fields)).until("Healthy")


USE = {"templates": [{"templateName": "success-rate"}], "args": [{"name": "ingress", "value": "x"}]}
ONCE = metric(interval=MISSING, failureLimit=0)


def test_blue_green_everybody_is_switched_once_the_preview_has_all_its_pods() -> None:
    world = preview()
    world.apply(changed(world.live, {"spec.replicas": 3}))
    world.tick(2)
    blue, green = world.latest, world.set_image("green")
    seen = []
    while world.told()[0] != "Healthy" or world.known.phase is not Phase.SUCCEEDED:
        world.tick()
        seen.append((world.selected("canary-demo") == green, world.pods().get(green, 0)))
    assert (True, 3) in seen
    assert all(pods == 3 for switched, pods in seen if switched)
    assert world.pods() == {blue: 3, green: 3}
    assert world.said["blueGreen"] == {"activeSelector": green, "previewSelector": green}
    world.tick(20)
    assert world.pods() == {blue: 0, green: 3}


def test_blue_green_the_preview_is_seen_and_analysed_before_anybody_is_switched_and_once_more_after() -> None:
    fields = {"prePromotionAnalysis": USE, "postPromotionAnalysis": USE, "autoPromotionEnabled": False}
    world = RolloutWorld(blue_green(**fields), ONCE).until("Healthy")
    blue, green = world.latest, world.set_image("green")
    world.until("Paused", "BlueGreenPause")
    assert (world.selected("canary-demo"), world.selected("canary-demo-canary")) == (blue, green)
    assert runs(world) == {"canary-demo-HASH-2-pre": "Successful"}
    assert world.said["blueGreen"]["prePromotionAnalysisRunStatus"]["status"] == "Successful"
    world.patch_status(pauseConditions=None)
    world.until("Healthy")
    assert (world.selected("canary-demo"), world.selected("canary-demo-canary")) == (green, green)
    assert runs(world) == {"canary-demo-HASH-2-pre": "Successful", "canary-demo-HASH-2-post": "Successful"}


def test_blue_green_a_version_that_fails_before_the_switch_meets_nobody_and_one_after_it_is_taken_back() -> (
    None
):
    for name in ("prePromotionAnalysis", "postPromotionAnalysis"):
        world = RolloutWorld(blue_green(**{name: USE}), ONCE).until("Healthy")
        blue, green = world.latest, world.set_image("green")
        world.answer = lambda question: Taken([0.1])
        switched = []
        while world.told()[0] != "Degraded":
            world.tick()
            switched.append(world.selected("canary-demo") == green)
        assert any(switched) is (name == "postPromotionAnalysis")
        assert (world.selected("canary-demo"), world.selected("canary-demo-canary")) == (blue, blue)


def test_blue_green_goes_without_a_preview_and_waits_as_long_as_it_says() -> None:
    world = preview(previewService=MISSING, autoPromotionSeconds=120, previewReplicaCount=1)
    world.apply(changed(world.live, {"spec.replicas": 2}))
    world.tick(2)
    green = world.set_image("green")
    begun = world.clock.at
    world.until("Paused", "BlueGreenPause")
    assert world.pods()[green] == 1
    world.until("Healthy")
    assert world.clock.at - begun >= 120
    assert world.pods()[green] == 2


def test_blue_green_a_selector_that_somebody_changes_is_put_back() -> None:
    world = preview()
    stable = world.latest
    world.cluster.put(SERVICE, service("canary-demo"))
    world.tick(2)
    assert world.selected("canary-demo") == stable


HTTP_ROUTE_OF_USERS: dict[str, Any] = {
    "apiVersion": HTTP_ROUTE.api_version,
    "kind": HTTP_ROUTE.kind,
    "metadata": {"name": "demo", "namespace": "test"},
    "spec": {
        "parentRefs": [],
        "rules": [
            {"backendRefs": [{"name": "canary-demo", "port": 80}, {"name": "canary-demo-canary", "port": 80}]}
        ],
    },
}


def test_a_route_of_peoples_own_carries_the_weights_and_is_put_back_where_they_write_others() -> None:
    plugin = {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "demo", "namespace": "test"}}}
    steps = [{"setWeight": 20}, {"pause": {}}]
    document = changed(
        canary(trafficRouting=plugin, steps=steps, analysis=MISSING), {"metadata.namespace": "test"}
    )
    world = RolloutWorld(document)
    world.cluster.put(HTTP_ROUTE, HTTP_ROUTE_OF_USERS)
    world.until("Healthy")
    assert weights(world) == [100, 0]
    green = world.set_image("green")
    world.until("Paused")
    assert weights(world) == [80, 20]
    world.cluster.put(HTTP_ROUTE, HTTP_ROUTE_OF_USERS)
    world.tick(2)
    assert weights(world) == [80, 20]
    world.patch_status(promoteFull=True)
    world.until("Healthy")
    assert (weights(world), world.selected("canary-demo")) == ([100, 0], green)


SUBSETS = {
    "virtualServices": [{"name": "in"}, {"name": "out"}],
    "destinationRule": {"name": "demo", "canarySubsetName": "new", "stableSubsetName": "old"},
}


def meshed(**fields: Any) -> RolloutWorld:
    """A Rollout behind two VirtualServices, whose sides are two subsets of one Service."""
    steps = [{"setWeight": 20}, {"pause": {}}, {"setWeight": 60}, {"pause": {}}]
    without = {"canaryService": MISSING, "stableService": MISSING, "analysis": MISSING}
    document = canary(**{"trafficRouting": {"istio": SUBSETS}, "steps": steps, **without, **fields})
    world = RolloutWorld(changed(document, {"metadata.namespace": "test"}))
    for name in ("in", "out"):
        world.cluster.put(VIRTUAL_SERVICE, virtual_service(name))
    subsets = [{"name": name, "labels": {"app": "canary-demo"}} for name in ("old", "new")]
    metadata = {"name": "demo", "namespace": "test"}
    world.cluster.put(DESTINATION_RULE, {"metadata": metadata, "spec": {"host": "demo", "subsets": subsets}})
    return world.until("Healthy")


def virtual_service(name: str) -> dict[str, Any]:
    shares = [{"destination": {"host": "demo", "subset": one}, "weight": 50} for one in ("old", "new")]
    return {"metadata": {"name": name, "namespace": "test"}, "spec": {"http": [{"route": shares}]}}


def sides(world: RolloutWorld) -> tuple[set[tuple[int, int]], tuple[str, str]]:
    """The weights in all VirtualServices, and the revisions of the subsets."""
    found = set()
    for name in ("in", "out"):
        live = world.cluster.get(VIRTUAL_SERVICE, "test", name)
        assert live is not None
        stable, tested = live["spec"]["http"][-1]["route"]
        found.add((stable["weight"], tested["weight"]))
    rule = world.cluster.get(DESTINATION_RULE, "test", "demo")
    assert rule is not None
    old, new = (one["labels"].get(POD_HASH, "") for one in rule["spec"]["subsets"])
    assert all(one["labels"]["app"] == "canary-demo" for one in rule["spec"]["subsets"])
    return found, (old, new)


def test_subsets_and_several_routes_carry_a_release_and_are_put_back() -> None:
    world = meshed()
    blue = world.latest
    assert sides(world) == ({(100, 0)}, (blue, blue))
    green = world.set_image("green")
    world.until("Paused")
    assert sides(world) == ({(80, 20)}, (blue, green))
    world.cluster.put(VIRTUAL_SERVICE, virtual_service("out"))
    world.tick(2)
    assert sides(world) == ({(80, 20)}, (blue, green))
    world.patch_status(promoteFull=True)
    world.until("Healthy")
    assert sides(world) == ({(100, 0)}, (green, green))


def test_routes_that_steps_make_go_with_an_abort_and_with_a_promotion() -> None:
    header = {"headerName": "x", "headerValue": {"exact": "1"}}
    steps = [
        {"setHeaderRoute": {"name": "chosen", "match": [header]}},
        {"setMirrorRoute": {"name": "copied", "match": [{}]}},
        {"setWeight": 20},
        {"pause": {}},
        {"setMirrorRoute": {"name": "copied"}},
        {"pause": {}},
    ]
    routing = {"istio": SUBSETS, "managedRoutes": [{"name": "copied"}, {"name": "chosen"}]}
    world = meshed(trafficRouting=routing, steps=steps)
    world.set_image("green")
    world.until("Paused")
    assert made_routes(world) == [["copied", "chosen"]] * 2
    world.patch_status(pauseConditions=None).tick(3)
    assert made_routes(world) == [["chosen"]] * 2
    world.stacks.begin = locked
    world.patch_status(abort=True).tick()
    assert (made_routes(world), sides(world)[0]) == ([[], []], {(100, 0)})
    world.stacks.begin = lambda update: None
    world.until("Degraded").patch_status(abort=False)
    world.until("Paused").patch_status(promoteFull=True)
    world.until("Healthy")
    assert (made_routes(world), sides(world)[0]) == ([[], []], {(100, 0)})


def made_routes(world: RolloutWorld) -> list[list[str]]:
    """The names of the rules that stand before the user's own, in each VirtualService."""
    found = [world.cluster.get(VIRTUAL_SERVICE, "test", name) for name in ("in", "out")]
    return [[rule["name"] for rule in live["spec"]["http"][:-1]] for live in found if live]


def test_all_routes_are_taken_back_though_the_stack_takes_no_update() -> None:
    world = meshed()
    blue = world.latest
    world.set_image("green")
    world.until("Paused")
    world.stacks.begin = locked
    world.patch_status(abort=True).tick()
    assert sides(world)[0] == {(100, 0)}
    world.stacks.begin = lambda update: None
    world.until("Degraded").tick(2)
    assert sides(world) == ({(100, 0)}, (blue, blue))


def locked(update: Update) -> None:
    raise StackLocked(update.stack, "somebody")


def test_an_action_of_an_ingress_carries_the_weights() -> None:
    routing = {"alb": {"ingress": "canary-demo", "servicePort": 80}}
    steps = [{"setWeight": 20}, {"pause": {}}]
    world = RolloutWorld(canary(trafficRouting=routing, steps=steps, analysis=MISSING)).until("Healthy")
    green = world.set_image("green")
    world.until("Paused")
    assert weights_in(action(world)) == {"canary-demo-canary": 20, "canary-demo": 80}
    world.stacks.begin = locked
    world.patch_status(abort=True).tick()
    assert weights_in(action(world)) == {"canary-demo-canary": 0, "canary-demo": 100}
    world.stacks.begin = lambda update: None
    world.until("Degraded").patch_status(abort=False)
    world.until("Paused").patch_status(promoteFull=True)
    world.until("Healthy")
    assert weights_in(action(world)) == {"canary-demo-canary": 0, "canary-demo": 100}
    assert world.selected("canary-demo") == green


def test_several_gateways_carry_the_same_weights() -> None:
    routing = {
        "nginx": {"stableIngress": "canary-demo"},
        "smi": {"trafficSplitName": "demo"},
        "istio": {"virtualService": {"name": "in"}},
    }
    steps = [{"setWeight": 20}, {"pause": {}}]
    world = RolloutWorld(canary(trafficRouting=routing, steps=steps, analysis=MISSING))
    shares = [{"destination": {"host": host}, "weight": 50} for host in ("canary-demo", "canary-demo-canary")]
    metadata = {"name": "in", "namespace": "test"}
    world.cluster.put(VIRTUAL_SERVICE, {"metadata": metadata, "spec": {"http": [{"route": shares}]}})
    world.until("Healthy")
    assert everywhere(world) == (0, [100, 0], [100, 0])
    world.set_image("green")
    world.until("Paused")
    assert everywhere(world) == (20, [80, 20], [80, 20])
    world.cluster.delete(TRAFFIC_SPLIT, "test", "demo")
    world.tick(2)
    assert everywhere(world) == (20, [80, 20], [80, 20])
    world.stacks.begin = locked
    world.patch_status(abort=True).tick()
    assert everywhere(world) == (0, [100, 0], [100, 0])


def everywhere(world: RolloutWorld) -> tuple[int, list[int], list[int]]:
    """The weights at NGINX, of the VirtualService, and of the TrafficSplit."""
    route = world.cluster.get(VIRTUAL_SERVICE, "test", "in")
    split = world.cluster.get(TRAFFIC_SPLIT, "test", "demo")
    assert route
    assert split
    weights = [one["weight"] for one in route["spec"]["http"][0]["route"]]
    return world.weight, weights, [one["weight"] for one in split["spec"]["backends"]]


def test_services_that_take_turns_never_lead_users_to_other_pods() -> None:
    routing = {"alb": {"ingress": "canary-demo", "servicePort": 80, "rootService": "canary-demo"}}
    turns = {"pingService": "ping", "pongService": "pong"}
    without = {"canaryService": MISSING, "stableService": MISSING, "analysis": MISSING}
    steps = [{"setWeight": 20}, {"pause": {}}]
    world = RolloutWorld(canary(trafficRouting=routing, pingPong=turns, steps=steps, **without))
    for name in turns.values():
        world.cluster.put(SERVICE, service(name))
    world.until("Healthy")
    blue = world.latest
    assert (shared(world), world.said["canary"]["stablePingPong"]) == ({"ping": 100, "pong": 0}, "ping")
    green = world.set_image("green")
    world.until("Paused")
    assert (shared(world), world.selected("ping"), world.selected("pong")) == (
        {"ping": 80, "pong": 20},
        blue,
        green,
    )
    world.patch_status(pauseConditions=None)
    world.until("Healthy")
    assert (shared(world), world.selected("ping"), world.selected("pong")) == (
        {"ping": 0, "pong": 100},
        blue,
        green,
    )
    assert world.said["canary"]["stablePingPong"] == "pong"
    world.tick(20)
    assert world.pods() == {blue: 0, green: 1}
    red = world.set_image("red")
    world.until("Paused")
    assert (shared(world), world.selected("ping"), world.selected("pong")) == (
        {"ping": 20, "pong": 80},
        red,
        green,
    )
    weights = world.said["canary"]["weights"]
    assert (weights["canary"]["serviceName"], weights["stable"]["serviceName"]) == ("ping", "pong")
    world.stacks.begin = locked
    world.patch_status(abort=True).tick()
    assert shared(world) == {"ping": 0, "pong": 100}
    world.stacks.begin = lambda update: None
    world.until("Degraded").tick()
    assert (world.selected("ping"), world.selected("pong")) == (green, green)
    world.patch_status(abort=False)
    world.until("Paused").patch_status(promoteFull=True)
    world.until("Healthy").tick(20)
    assert (shared(world), world.selected("ping"), world.selected("pong")) == (
        {"ping": 100, "pong": 0},
        red,
        green,
    )
    assert world.pods()[green] == 0
    assert not [text for text in world.texts if "was changed" in text]


def shared(world: RolloutWorld) -> dict[str, int]:
    return weights_in(action(world))


def action(world: RolloutWorld) -> str:
    live = world.cluster.get(INGRESS, "test", "canary-demo")
    assert live is not None
    assert live["spec"]["ingressClassName"] == "nginx"
    return str(live["metadata"]["annotations"]["alb.ingress.kubernetes.io/actions.canary-demo"])


def weights(world: RolloutWorld) -> list[int]:
    live = world.cluster.get(HTTP_ROUTE, "test", "demo")
    assert live is not None
    return [backend["weight"] for backend in live["spec"]["rules"][0]["backendRefs"]]


def borrowing(
    scale_down: str = "", until: str = "Healthy", replicas: int = 1, after: Acts | None = None
) -> RolloutWorld:
    """A Rollout whose pods a Deployment lends, which has two of its own."""
    spec = rollout()["spec"]
    named = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "demo"}
    if scale_down:
        named["scaleDown"] = scale_down
    borrowed = {"spec.template": MISSING, "spec.selector": MISSING, "spec.workloadRef": named}
    world = RolloutWorld(rollout({**borrowed, "spec.replicas": replicas}))
    world.cluster.after = after or world.cluster.after
    assert "Deployment demo.test is not there, so there are no pods to borrow" in refusal(world)
    lending = {"replicas": 2, "selector": spec["selector"], "template": spec["template"]}
    world.cluster.put(DEPLOYMENT, {"metadata": {"name": "demo", "namespace": "test"}, "spec": lending})
    return world.until(until)


def test_a_workload_lends_its_pods_and_what_is_set_there_is_released() -> None:
    world = borrowing()
    blue = world.latest
    lender = world.cluster.get(DEPLOYMENT, "test", "demo")
    assert lender is not None
    assert lender["spec"]["replicas"] == 2
    image = "spec.template.spec.containers.0.image"
    world.cluster.put(DEPLOYMENT, changed(lender, {image: "argoproj/rollouts-demo:green"}))
    world.until("Paused", "CanaryPauseStep")
    assert world.latest != blue
    assert world.selected("canary-demo-canary") == world.latest
    assert replica_set(world, world.latest)["spec"]["selector"]["matchLabels"]["app"] == "canary-demo"


def test_a_workload_that_has_lent_its_pods_gives_its_own_up_where_the_rollout_says_so() -> None:
    world = borrowing("onsuccess")
    world.tick()
    lender = world.cluster.get(DEPLOYMENT, "test", "demo")
    assert lender is not None
    assert lender["spec"]["replicas"] == 0


def alone(**fields: Any) -> RolloutWorld:
    """A Rollout of five pods without a gateway."""
    strategy = {"trafficRouting": MISSING, "analysis": MISSING, **fields}
    document = changed(canary(**strategy), {"spec.replicas": 5})
    return RolloutWorld(document).until("Healthy")


LADDER = [{"setWeight": 20}, {"pause": {}}, {"setWeight": 60}, {"pause": {}}]


@pytest.mark.parametrize(
    "services", [{}, {"canaryService": MISSING, "stableService": MISSING}], ids=["two", "none"]
)
def test_without_a_gateway_the_share_of_the_pods_is_that_of_the_users(services: dict[str, Any]) -> None:
    world = alone(steps=LADDER, **services)
    blue, green = world.latest, world.set_image("green")
    for pods in ({blue: 4, green: 1}, {blue: 2, green: 3}):
        world.until("Paused").tick(2)
        assert world.pods() == pods
        world.patch_status(pauseConditions=None).tick()
    world.until("Healthy").tick()
    assert world.pods() == {blue: 0, green: 5}
    tested = world.selected("canary-demo-canary")
    assert tested == ("" if services else green)


@pytest.mark.parametrize(
    ("limits", "most", "least"),
    [({}, 7, 4), ({"maxSurge": 1, "maxUnavailable": 0}, 6, 5), ({"maxSurge": 0, "maxUnavailable": 2}, 6, 3)],
    ids=["as usual", "one more", "two fewer"],
)
def test_without_a_gateway_pods_take_each_others_places_within_the_limits(
    limits: dict[str, Any], most: int, least: int
) -> None:
    world = alone(steps=[{"setWeight": 60}, {"setWeight": 20}, {"pause": {}}], **limits)
    blue, green = world.latest, world.set_image("green")
    seen = []
    while world.told()[0] != "Paused":
        world.tick()
        seen.append(sum(world.pods().values()))
    world.tick(2)
    assert world.pods() == {blue: 4, green: 1}
    world.patch_status(pauseConditions=None)
    while world.told()[0] != "Healthy":
        world.tick()
        seen.append(sum(world.pods().values()))
    assert world.pods() == {blue: 0, green: 5}
    assert least <= min(seen) <= max(seen) <= most


def test_stable_pods_go_as_their_users_do_and_are_back_before_them() -> None:
    steps = [
        {"setWeight": 40},
        {"pause": {}},
        {"setWeight": 80},
        {"pause": {}},
        {"setWeight": 20},
        {"pause": {}},
    ]
    document = canary(dynamicStableScale=True, steps=steps, analysis=MISSING)
    world = RolloutWorld(changed(document, {"spec.replicas": 10})).until("Healthy")
    blue, green = world.latest, world.set_image("green")
    for weight, pods in ((40, {blue: 6, green: 4}), (80, {blue: 2, green: 8}), (20, {blue: 8, green: 8})):
        world.until("Paused").tick(2)
        assert (world.weight, world.pods()) == (weight, pods)
        world.patch_status(pauseConditions=None).tick()
    world.until("Healthy").tick(2)
    assert world.pods()[green] == 10


def test_an_abort_brings_users_back_only_as_fast_as_stable_pods_come() -> None:
    steps = [{"setWeight": 80}, {"pause": {}}]
    document = canary(dynamicStableScale=True, steps=steps, analysis=MISSING)
    world = RolloutWorld(changed(document, {"spec.replicas": 10})).until("Healthy")
    blue, green = world.latest, world.set_image("green")
    world.until("Paused").tick(2)
    assert world.pods() == {blue: 2, green: 8}
    unready(world, green)  # which is why somebody aborts
    available(world, blue, 2)
    world.patch_status(abort=True).tick(2)
    assert (world.weight, world.pods()[blue]) == (80, 10)
    available(world, blue, 7)
    world.tick(2)
    assert (world.weight, world.told()[0]) == (30, "Degraded")
    available(world, blue, 10)
    world.tick(2)
    assert (world.weight, world.pods()[blue]) == (0, 10)
    assert world.known.phase is Phase.FAILED


def available(world: RolloutWorld, revision: str, number: int) -> None:
    """So many pods of a revision are available, of those that it is to have."""
    live = replica_set(world, revision)
    known = {"observedGeneration": live["metadata"]["generation"], "replicas": live["spec"]["replicas"]}
    status = {**known, **live.get("status", {}), "updatedReplicas": 10, "availableReplicas": number}
    world.cluster.put(REPLICA_SET, {**live, "status": status})


CARRIED = {
    "canaryMetadata": {"labels": {"role": "canary"}, "annotations": {"watch": "closely"}},
    "stableMetadata": {"labels": {"role": "stable"}},
}


def pod(world: RolloutWorld, revision: str) -> dict[str, Any]:
    """The metadata of a pod of a revision, which its ReplicaSet would make now if it is not there."""
    found = world.cluster.get(POD, "test", f"{revision}-pod")
    if found is None:
        made = replica_set(world, revision)["spec"]["template"]["metadata"]
        metadata = {"name": f"{revision}-pod", "namespace": "test", **made}
        found = world.cluster.put(POD, {"metadata": metadata})
    marks = {**(found["metadata"].get("annotations") or {}), **found["metadata"]["labels"]}
    return {name: marks[name] for name in ("role", "watch") if name in marks}


def test_live_pods_carry_the_metadata_of_their_part_in_the_release() -> None:
    world = steady(**WAITING, **CARRIED)
    blue = world.latest
    assert pod(world, blue) == {"role": "stable"}
    green = world.set_image("green")
    world.until("Paused")
    assert pod(world, green) == {"role": "canary", "watch": "closely"}
    world.patch_status(promoteFull=True)
    world.until("Healthy").tick(2)
    assert (pod(world, green), pod(world, blue)) == ({"role": "stable"}, {})
    template = replica_set(world, green)["spec"]["template"]["metadata"]
    assert (template["labels"]["role"], template.get("annotations") or {}) == ("stable", {})
    assert not [text for text in world.texts if "put back" in text or "changed" in text]


def test_live_pods_of_a_preview_carry_its_metadata_until_everybody_is_switched() -> None:
    fields = {"previewMetadata": CARRIED["canaryMetadata"], "activeMetadata": CARRIED["stableMetadata"]}
    world = preview(**fields, autoPromotionEnabled=False)
    blue, green = world.latest, world.set_image("green")
    world.until("Paused")
    assert (pod(world, blue), pod(world, green)["role"]) == ({"role": "stable"}, "canary")
    world.patch_status(pauseConditions=None)
    world.until("Healthy").tick(2)
    assert (pod(world, green), pod(world, blue)) == ({"role": "stable"}, {})


def test_a_rollout_without_pods_takes_a_new_version_at_once() -> None:
    world = RolloutWorld(rollout({"spec.replicas": 0})).until("Healthy")
    assert world.pods() == {world.latest: 0}
    green = world.set_image("green")
    world.until("Healthy", ticks=5)
    assert (world.selected("canary-demo"), world.pods()[green], world.said["stableRS"]) == (green, 0, green)
    world.apply(changed(world.live, {"spec.replicas": 2}))
    world.tick(2)
    assert world.pods()[green] == 2


def test_without_a_gateway_a_bad_version_loses_its_pods_at_once_and_the_stable_one_gets_its_own_back() -> (
    None
):
    world = alone(steps=LADDER)
    blue, green = world.latest, world.set_image("green")
    world.until("Paused").tick(2)
    world.patch_status(abort=True)
    world.until("Degraded").tick()
    assert world.pods() == {blue: 5, green: 0}


@pytest.mark.parametrize(("window", "steps"), [(1, False), (2, True)])
def test_a_return_to_a_revision_of_the_last_few_takes_no_steps(window: int, steps: bool) -> None:
    """That is from red to blue, with green between them."""
    world = RolloutWorld(changed(canary(**WAITING), {"spec.rollbackWindow": {"revisions": window}}))
    world.until("Healthy")
    blue = world.latest
    for tag in ("green", "red"):
        world.set_image(tag)
        world.until("Paused").patch_status(promoteFull=True)
        world.until("Healthy")
    world.texts.clear()
    world.set_image("blue")
    world.until("Healthy" if steps else "Paused")
    assert world.selected("canary-demo-canary") == blue
    assert any("within its RollbackWindow" in text for text in world.texts) is steps
    assert (world.selected("canary-demo") == blue) is steps


def test_a_preview_of_the_last_few_revisions_is_switched_to_at_once() -> None:
    document = changed(blue_green(autoPromotionEnabled=False), {"spec.rollbackWindow": {"revisions": 1}})
    world = RolloutWorld(document).until("Healthy")
    blue = world.latest
    world.set_image("green")
    world.until("Paused").patch_status(pauseConditions=None)
    world.until("Healthy")
    world.set_image("blue")
    world.until("Healthy")
    assert world.selected("canary-demo") == blue


def test_a_revision_that_is_released_once_more_is_the_newest_one_again() -> None:
    world = steady(**WAITING)
    blue, green = world.latest, world.set_image("green")
    world.until("Paused").patch_status(promoteFull=True)
    world.until("Healthy")
    assert (number(world, blue), number(world, green), own_number(world)) == ("1", "2", "2")
    world.set_image("blue")
    world.until("Paused").patch_status(promoteFull=True)
    world.until("Healthy").tick(3)
    assert (number(world, blue), number(world, green), own_number(world)) == ("3", "2", "3")
    assert number(world, world.set_image("green")) == "2"
    world.set_image("red")
    world.until("Paused")
    assert number(world, world.latest) == "4"


def number(world: RolloutWorld, revision: str) -> str:
    return str(replica_set(world, revision)["metadata"]["annotations"][NUMBER])


def own_number(world: RolloutWorld) -> str:
    return str(world.live["metadata"]["annotations"][NUMBER])


@pytest.mark.parametrize(
    ("asked", "way"),
    [
        (
            {"requiredDuringSchedulingIgnoredDuringExecution": {}},
            "requiredDuringSchedulingIgnoredDuringExecution",
        ),
        (
            {"preferredDuringSchedulingIgnoredDuringExecution": {"weight": 7}},
            "preferredDuringSchedulingIgnoredDuringExecution",
        ),
    ],
)
def test_pods_of_a_new_version_keep_off_the_nodes_of_stable_ones(asked: dict[str, Any], way: str) -> None:
    world = steady(**WAITING, antiAffinity=asked)
    blue, green = world.latest, world.set_image("green")
    world.until("Paused")
    assert "affinity" not in replica_set(world, blue)["spec"]["template"]["spec"]
    [term] = replica_set(world, green)["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"][way]
    assert term.get("weight") == (7 if way.startswith("preferred") else None)
    term = term.get("podAffinityTerm", term)
    chosen = [{"key": POD_HASH, "operator": "In", "values": [blue]}]
    assert term["labelSelector"] == {"matchExpressions": chosen}
    assert (term["topologyKey"], term["namespaces"]) == ("kubernetes.io/hostname", ["test"])


def test_pods_that_are_older_than_somebody_asks_are_evicted_a_few_at_a_time() -> None:
    world = steady(maxUnavailable=1)
    world.apply(changed(world.live, {"spec.replicas": 3}))
    world.tick(2)
    for index in range(3):
        aged(world, f"old-{index}", 999_000.0)
    world.apply(changed(world.live, {"spec.restartAt": timestamp(world.clock.at + 20)}))
    world.tick(2)
    assert evicted(world) == [], "the time has not come"
    world.tick(4)
    assert (evicted(world), "restartedAt" in world.said) == (["old-0"], False)
    for index in range(3):
        world.cluster.delete(POD, "test", f"old-{index}")
        aged(world, f"new-{index}", world.clock.at + 1)
        world.tick(2)
    assert evicted(world) == ["old-0", "old-1", "old-2"]
    assert world.said["restartedAt"] == world.live["spec"]["restartAt"]


def aged(world: RolloutWorld, name: str, made_at: float) -> None:
    metadata = {"name": name, "namespace": "test", "creationTimestamp": timestamp(made_at)}
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    world.cluster.put(POD, {"metadata": {**metadata, "labels": {POD_HASH: world.latest}}, "status": ready})


def evicted(world: RolloutWorld) -> list[str]:
    found = (Kind(POD.api, f"{POD.plural}/old-{index}/eviction", "Eviction") for index in range(3))
    return [one["metadata"]["name"] for kind in found for one in world.cluster.select(kind)]


def test_an_analysis_that_takes_its_time_is_waited_for_and_counted_once() -> None:
    job = {"job": {"spec": {"template": {"spec": {"containers": [{"name": "smoke", "image": "smoke:1"}]}}}}}
    smoke = changed(
        metric(interval=MISSING, failureLimit=0, successCondition=MISSING),
        {"spec.args": [], "spec.metrics.0.provider": job},
    )
    inline = {"analysis": {"templates": [{"templateName": "success-rate"}]}}
    world = steady(smoke, steps=[{"setWeight": 20}, inline], analysis=MISSING)
    answers: list[TakenAnswer] = [Unfinished(), Unfinished(), Ended(False, "BackoffLimitExceeded")]
    world.answer = lambda question: answers.pop(0)
    world.set_image("green")
    world.until("Degraded", "RolloutAborted")
    assert answers == []
    assert len({(take.number, take.since) for take in world.asked}) == 1
    assert runs(world) == {"canary-demo-HASH-2-1": "Failed"}


def test_a_workload_gives_its_pods_up_one_by_one_as_those_of_the_rollout_come() -> None:
    world = borrowing("progressively", until="Progressing", replicas=2, after=lambda verb, kind, live: None)
    assert lender_pods(world) == 2
    available(world, world.latest, 1)
    world.tick()
    assert lender_pods(world) == 1
    available(world, world.latest, 2)
    world.until("Healthy").tick()
    assert lender_pods(world) == 0


def lender_pods(world: RolloutWorld) -> int:
    lender = world.cluster.get(DEPLOYMENT, "test", "demo")
    assert lender is not None
    return int(lender["spec"]["replicas"])


def unready(world: RolloutWorld, revision: str) -> None:
    """The pods of a revision don't get ready, or do so no more."""
    live = replica_set(world, revision)
    generation = live["metadata"]["generation"]
    status = {"observedGeneration": generation, "replicas": live["spec"]["replicas"], "availableReplicas": 0}
    world.cluster.put(REPLICA_SET, {**live, "status": {**status, "updatedReplicas": 1}})


@pytest.mark.parametrize("aborts", [True, False])
def test_a_version_that_does_not_get_ready_is_degraded_and_aborted_where_the_rollout_says_so(
    aborts: bool,
) -> None:
    deadline = {"spec.progressDeadlineSeconds": 60, "spec.progressDeadlineAbort": aborts}
    world = RolloutWorld(rollout(deadline)).until("Healthy")
    green = world.set_image("green")
    world.tick()
    unready(world, green)
    world.tick(10)
    assert world.told() == ("Progressing", "updated replicas are still becoming available")
    world.until("Degraded", "RolloutAborted" if aborts else "ProgressDeadlineExceeded")
    world.tick(10)
    assert world.known.phase is (Phase.FAILED if aborts else Phase.PROGRESSING)


def test_a_pod_that_restarts_in_a_long_pause_is_no_reason_to_abort() -> None:
    deadline = {"spec.progressDeadlineSeconds": 60, "spec.progressDeadlineAbort": True}
    world = RolloutWorld(changed(canary(**WAITING), deadline)).until("Healthy")
    green = world.set_image("green")
    world.until("Paused").tick(40)
    unready(world, green)
    world.tick(3)
    assert world.known.phase is Phase.PROGRESSING


def test_an_abort_takes_all_traffic_back_whatever_the_stable_pods_do() -> None:
    world = steady(**WAITING)
    blue = world.latest
    world.set_image("green")
    world.until("Paused")
    assert world.weight == 20
    unready(world, blue)
    world.patch_status(abort=True).tick()
    assert (world.weight, world.selected("canary-demo-canary")) == (0, blue)


def test_an_argument_that_changes_its_value_does_not_begin_the_run_anew() -> None:
    of_a_field = {"name": "ingress", "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['note']"}}}
    inline = {"analysis": {"templates": [{"templateName": "success-rate"}], "args": [of_a_field]}}
    document = canary(steps=[{"setWeight": 20}, {"pause": {}}, inline], analysis=MISSING)
    world = RolloutWorld(changed(document, {"metadata.annotations": {"note": "a"}}), metric(interval=MISSING))
    world.until("Healthy").set_image("green")
    world.until("Paused")
    world.cluster.patch(ROLLOUT, *KEY, {"metadata": {"annotations": {"note": "b"}}})
    world.tick(3)
    assert (world.told()[0], world.weight) == ("Paused", 20)
    world.patch_status(pauseConditions=None)
    world.until("Healthy")
    assert 'ingress="b"' in world.asked[-1].metric.settings["query"]


@pytest.mark.parametrize("good", [True, False], ids=["promoted", "rolled back"])
def test_a_driver_may_be_killed_before_any_of_its_writes(good: bool) -> None:
    """Whoever goes on comes to the same end, and meanwhile everybody is led to pods that are there."""
    lives, killed = 0, True
    while killed:
        world = steady(ONCE, steps=[{"setWeight": 50}, {"analysis": USE}], analysis=MISSING)
        blue, green = world.latest, world.set_image("green")
        world.answer = lambda question: Taken([0.99 if good else 0.1])
        world.lives = lives
        for _ in range(25):
            world.tick()
            assert world.pods().get(world.selected("canary-demo"), 0) > 0
            assert not world.weight or world.pods().get(world.selected("canary-demo-canary"), 0) > 0
        served, other = (green, blue) if good else (blue, green)
        assert world.told()[0] == ("Healthy" if good else "Degraded"), lives
        assert world.selected("canary-demo") == world.selected("canary-demo-canary") == served, lives
        assert (world.pods(), world.weight) == ({served: 1, other: 0}, 0), lives
        assert list(runs(world).values()) == ["Successful" if good else "Failed"], lives
        lives, killed = lives + 1, world.lives is None
    assert lives > 20


def test_a_document_that_is_refused_says_so_itself_until_it_is_mended() -> None:
    world = steady()
    prefix = "spec.strategy.canary.trafficRouting.nginx.annotationPrefix"
    world.apply(changed(world.live, {prefix: "x"}))
    told = refusal(world)
    assert world.told() == ("Degraded", f"InvalidSpec: {told}")
    assert [one["message"] for one in world.said["conditions"] if one["type"] == "InvalidSpec"] == [told]
    before = world.live["metadata"]["resourceVersion"]
    world.tick(3)
    assert world.live["metadata"]["resourceVersion"] == before
    world.apply(changed(world.live, {prefix: MISSING}))
    world.until("Healthy")
    assert "InvalidSpec" not in [one["type"] for one in world.said["conditions"]]
