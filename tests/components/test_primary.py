"""The primary workload and its autoscaler."""

from __future__ import annotations

from typing import Any

from automation.core.kinds import Manifest
from automation.core.marks import RELEASE
from components import primary
from tests.components.documents import OWNER, autoscaler, canary, revision, target
from workloads.horizontal import HORIZONTAL_POD_AUTOSCALERS
from workloads.selector import Selector

CHOSEN = Selector("app", "podinfo")


def deployment(**fields: Any) -> Manifest:
    return primary.workload(canary(), primary.Origin(target(), CHOSEN, None), revision(**fields), OWNER)


def template(pod: Manifest) -> Manifest:
    recorded = revision(template={"metadata": {"labels": {"app": "podinfo"}}, "spec": pod})
    return primary.template(CHOSEN, recorded)["spec"]


def test_selector_and_labels_are_the_target_s_with_primary() -> None:
    made = deployment()
    assert made["metadata"]["name"] == "podinfo-primary"
    assert made["metadata"]["labels"] == {"app": "podinfo-primary"}
    assert made["metadata"]["ownerReferences"] == [OWNER]
    assert made["spec"]["selector"] == {"matchLabels": {"app": "podinfo-primary"}}
    assert made["spec"]["template"]["metadata"]["labels"] == {"app": "podinfo-primary"}


def test_pods_come_from_the_recorded_revision_and_carry_its_identity() -> None:
    recorded = target()["spec"]["template"]
    recorded["spec"]["containers"][0]["image"] = "stefanprodan/podinfo:6.0.1"
    made = deployment(hash="new", template=recorded)["spec"]["template"]
    assert made["spec"]["containers"][0]["image"] == "stefanprodan/podinfo:6.0.1"
    assert made["metadata"]["annotations"] == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "9797",
        "flagger-id": "new",
    }


def test_rendering_a_revision_again_changes_nothing() -> None:
    assert deployment() == deployment()


def test_rollout_settings_are_copied_and_paused_is_not() -> None:
    rollout = {
        "progressDeadlineSeconds": 60,
        "minReadySeconds": 5,
        "strategy": {"type": "Recreate"},
        "paused": True,
    }
    spec = deployment(rollout=rollout)["spec"]
    assert (spec["progressDeadlineSeconds"], spec["minReadySeconds"], spec["strategy"]) == (
        60,
        5,
        {"type": "Recreate"},
    )
    assert "paused" not in spec


def test_a_primary_finds_its_pods_by_all_labels_of_the_target() -> None:
    eu = Selector("app", "podinfo", (("instance", "eu"),))
    made = primary.workload(canary(), primary.Origin(target(), eu, None), revision(), OWNER)
    assert made["spec"]["selector"]["matchLabels"] == {"app": "podinfo-primary", "instance": "eu"}
    assert made["metadata"]["labels"] == {
        "app": "podinfo-primary"
    }  # others may mean something to who owns them


def test_a_primary_that_is_there_keeps_the_labels_by_which_it_finds_its_pods() -> None:
    eu = Selector("app", "podinfo", (("instance", "eu"),))
    live = deployment()
    made = primary.workload(canary(), primary.Origin(target(), eu, live), revision(), OWNER)
    assert made["spec"]["selector"] == live["spec"]["selector"] == {"matchLabels": {"app": "podinfo-primary"}}


def test_replicas_are_left_to_the_autoscaler() -> None:
    assert "replicas" not in deployment(rollout={"replicas": 3})["spec"]


def test_without_an_autoscaler_replicas_are_those_recorded() -> None:
    origin = primary.Origin(target(), CHOSEN, None)
    made = primary.workload(canary(autoscalerRef=None), origin, revision(rollout={"replicas": 3}), OWNER)
    assert made["spec"]["replicas"] == 3


def test_marks_of_the_live_target_stay_behind() -> None:
    live = target()
    live["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "7", "team": "web"}
    made = primary.workload(canary(), primary.Origin(live, CHOSEN, None), revision(), OWNER)
    assert made["metadata"]["annotations"].items() >= {"team": "web"}.items()
    assert "deployment.kubernetes.io/revision" not in made["metadata"]["annotations"]


def test_spreading_of_the_target_becomes_that_of_the_primary() -> None:
    term = {"labelSelector": {"matchLabels": {"app": "podinfo", "team": "podinfo"}}, "topologyKey": "zone"}
    listed = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["podinfo", "shop"]}]}
    made = template(
        {
            "containers": [],
            "topologySpreadConstraints": [term],
            "affinity": {
                "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]},
                "podAntiAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [term],
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 1, "podAffinityTerm": {"labelSelector": listed, "topologyKey": "host"}}
                    ],
                },
            },
        }
    )
    renamed = {"matchLabels": {"app": "podinfo-primary", "team": "podinfo"}}
    anti = made["affinity"]["podAntiAffinity"]
    assert made["topologySpreadConstraints"] == [{**term, "labelSelector": renamed}]
    assert anti["requiredDuringSchedulingIgnoredDuringExecution"] == [{**term, "labelSelector": renamed}]
    preferred = anti["preferredDuringSchedulingIgnoredDuringExecution"][0]["podAffinityTerm"]["labelSelector"]
    assert preferred["matchExpressions"][0]["values"] == ["podinfo-primary", "shop"]
    assert made["affinity"]["podAffinity"] == {"requiredDuringSchedulingIgnoredDuringExecution": [term]}


def test_the_autoscaler_s_twin_scales_primary() -> None:
    twin = HORIZONTAL_POD_AUTOSCALERS.primary(canary(), autoscaler(), OWNER)
    assert twin["metadata"]["name"] == "podinfo-primary"
    assert twin["spec"] == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "podinfo-primary"},
        "minReplicas": 1,
        "maxReplicas": 4,
        "metrics": autoscaler()["spec"]["metrics"],
    }


def test_the_twin_says_of_itself_what_the_autoscaler_does() -> None:
    query = {"metric-config.external.prometheus-query.prometheus/requests": "sum(rate(requests_total[1m]))"}
    tracked = {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
    original = autoscaler()
    original["metadata"] |= {"labels": {"team": "shop"}, "annotations": {**query, **tracked}}

    metadata = HORIZONTAL_POD_AUTOSCALERS.primary(canary(), original, OWNER)["metadata"]

    assert metadata["labels"] == {"team": "shop"}
    assert metadata["annotations"] == {**query, **RELEASE}


def test_the_canary_may_give_primary_bounds_of_its_own() -> None:
    reference = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "name": "podinfo",
        "primaryScalerReplicas": {"minReplicas": 2, "maxReplicas": 9},
    }
    twin = HORIZONTAL_POD_AUTOSCALERS.primary(canary(autoscalerRef=reference), autoscaler(), OWNER)
    assert (twin["spec"]["minReplicas"], twin["spec"]["maxReplicas"]) == (2, 9)


def test_spreading_goes_by_the_value_of_the_label_whatever_the_target_is_called() -> None:
    rule = {"labelSelector": {"matchLabels": {"app": "web-api", "tier": "front"}}, "topologyKey": "host"}
    pod = {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [rule]}}}
    recorded = revision(template={"metadata": {"labels": {"app": "web-api"}}, "spec": pod})
    made = primary.template(Selector("app", "web-api"), recorded)["spec"]
    [renamed] = made["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert renamed["labelSelector"]["matchLabels"] == {"app": "web-api-primary", "tier": "front"}
