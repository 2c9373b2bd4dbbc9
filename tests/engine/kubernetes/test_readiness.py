"""When objects of each kind are ready: a table of what is seen and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.kubernetes.waits.ingress import NO_TARGET
from engine.kubernetes.waits.rule import Rule, Verdict, View, selector
from engine.kubernetes.waits.rules import RULES, rule_for, rule_for_reading


def rule(kind: str) -> Rule:
    return next(rule for (_, name), rule in RULES.items() if name == kind)


def judge(kind: str, live: dict[str, Any], **related: list[dict[str, Any]]) -> Verdict:
    return rule(kind).judge(View({"kind": kind, **live}, related))


def condition(type: str, status: str = "True", reason: str = "", message: str = "") -> dict[str, str]:
    return {"type": type, "status": status, "reason": reason, "message": message}


def metadata(name: str = "x", uid: str = "u", owner: str = "", revision: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "namespace": "test", "uid": uid, "generation": 1}
    if owner:
        found["ownerReferences"] = [{"uid": owner}]
    if revision:
        found["annotations"] = {"deployment.kubernetes.io/revision": revision}
    return found


def deployment(revision: str = "1", observed: int = 1, conditions: Any = (), **spec: Any) -> dict[str, Any]:
    return {
        "metadata": metadata(uid="d", revision=revision),
        "spec": {"selector": {"matchLabels": {"app": "x"}}, **spec},
        "status": {"observedGeneration": observed, "conditions": list(conditions)},
    }


def replica_set(revision: str = "1", wanted: int = 2, ready: int = 2) -> dict[str, Any]:
    return {
        "metadata": metadata("x-1", "r", owner="d", revision=revision),
        "spec": {"replicas": wanted},
        "status": {"readyReplicas": ready},
    }


def pod(*conditions: dict[str, str], owner: str = "r", **status: Any) -> dict[str, Any]:
    return {
        "metadata": metadata("x-1-a", "p", owner=owner),
        "status": {"conditions": list(conditions), **status},
    }


AVAILABLE = condition("Available")
ROLLED_OUT = condition("Progressing", reason="NewReplicaSetAvailable")
ROLLING = condition("Progressing", reason="ReplicaSetUpdated")
UNREADY_POD = pod(
    condition("PodScheduled"),
    condition("Initialized"),
    condition("Ready", "False", "ContainersNotReady", "containers with unready status: [c]"),
    containerStatuses=[
        {"state": {"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling "a:1"'}}}
    ],
)

DEPLOYMENTS = [
    pytest.param(
        deployment(conditions=[AVAILABLE]), [replica_set()], True, id="first revision, all pods ready"
    ),
    pytest.param(
        deployment(observed=0, conditions=[AVAILABLE]), [replica_set()], False, id="change not seen yet"
    ),
    pytest.param(deployment("", conditions=[AVAILABLE]), [replica_set()], False, id="no revision yet"),
    pytest.param(deployment(conditions=[AVAILABLE]), [], False, id="no ReplicaSet yet"),
    pytest.param(deployment(conditions=[AVAILABLE]), [replica_set(ready=1)], False, id="a pod is missing"),
    pytest.param(
        deployment(conditions=[condition("Available", "False")]), [replica_set()], False, id="not available"
    ),
    pytest.param(
        deployment("2", conditions=[AVAILABLE, ROLLING]), [replica_set("2")], False, id="still rolling"
    ),
    pytest.param(
        deployment("2", conditions=[AVAILABLE, ROLLED_OUT]), [replica_set("2")], True, id="rolled out"
    ),
    pytest.param(
        deployment("2", conditions=[AVAILABLE, ROLLED_OUT]), [replica_set("1")], False, id="old pods only"
    ),
    pytest.param(
        deployment(conditions=[AVAILABLE]), [replica_set(wanted=0, ready=0)], True, id="scaled to zero"
    ),
    pytest.param(deployment("", paused=True), [], True, id="paused"),
]


@pytest.mark.parametrize(("live", "replica_sets", "ready"), DEPLOYMENTS)
def test_deployments(live: dict[str, Any], replica_sets: list[dict[str, Any]], ready: bool) -> None:
    assert judge("Deployment", live, replicasets=replica_sets).ready is ready


def test_a_deployment_waits_for_its_volumes() -> None:
    live = deployment(conditions=[AVAILABLE])
    claim = {"metadata": metadata("disk"), "status": {"phase": "Pending"}}
    verdict = judge("Deployment", live, replicasets=[replica_set()], claims=[claim])
    assert verdict.problems == ("Failed to bind PersistentVolumeClaim(s): 'disk'",)
    bound = {**claim, "status": {"phase": "Bound"}}
    assert judge("Deployment", live, replicasets=[replica_set()], claims=[bound]).ready


def test_a_deployment_says_what_its_pods_say() -> None:
    exceeded = condition("Progressing", "False", "ProgressDeadlineExceeded", "has timed out progressing.")
    others = pod(condition("Ready", "False", message="of another revision"), owner="other")
    verdict = judge(
        "Deployment",
        deployment(
            conditions=[condition("Available", "False", "MinimumReplicasUnavailable", "none"), exceeded]
        ),
        replicasets=[replica_set(ready=0)],
        pods=[UNREADY_POD, others],
    )
    assert verdict.progress == "Waiting for app ReplicaSet to be available (0/2 Pods available)"
    assert verdict.problems == (
        "[ProgressDeadlineExceeded] has timed out progressing.",
        "[MinimumReplicasUnavailable] none",
        "Minimum number of live Pods was not attained",
        '[Pod test/x-1-a]: containers with unready status: [c][ImagePullBackOff] Back-off pulling "a:1"',
    )


def stateful_set(generation: int = 1, strategy: str = "RollingUpdate", **status: Any) -> dict[str, Any]:
    done = {
        "replicas": 2,
        "readyReplicas": 2,
        "currentReplicas": 2,
        "currentRevision": "a",
        "updateRevision": "a",
    }
    return {
        "metadata": {**metadata(), "generation": generation},
        "spec": {"replicas": 2, "updateStrategy": {"type": strategy}},
        "status": {"observedGeneration": generation, **done, **status},
    }


@pytest.mark.parametrize(
    ("live", "ready"),
    [
        pytest.param(stateful_set(), True, id="all there"),
        pytest.param(stateful_set(observedGeneration=0), False, id="change not seen yet"),
        pytest.param(stateful_set(readyReplicas=1), False, id="a pod is not ready"),
        pytest.param(stateful_set(currentReplicas=1), False, id="a pod is of another revision"),
        pytest.param(stateful_set(updateRevision="b"), False, id="still rolling"),
        pytest.param(
            stateful_set(2, "OnDelete", updateRevision="b", currentReplicas=0), True, id="renewed on delete"
        ),
        pytest.param(
            stateful_set(1, "OnDelete", updateRevision="b"), False, id="first generation counts all"
        ),
    ],
)
def test_stateful_sets(live: dict[str, Any], ready: bool) -> None:
    assert judge("StatefulSet", live).ready is ready


def daemon_set(strategy: str = "RollingUpdate", **status: Any) -> dict[str, Any]:
    names = ("currentNumberScheduled", "numberAvailable", "numberReady", "updatedNumberScheduled")
    done = {"observedGeneration": 1, "desiredNumberScheduled": 3, **dict.fromkeys(names, 3)}
    return {
        "metadata": metadata(),
        "spec": {"updateStrategy": {"type": strategy}},
        "status": {**done, **status},
    }


@pytest.mark.parametrize(
    ("live", "ready"),
    [
        pytest.param(daemon_set(), True, id="on every node"),
        pytest.param(daemon_set(observedGeneration=0), False, id="change not seen yet"),
        pytest.param(daemon_set(numberReady=2), False, id="not ready on a node"),
        pytest.param(daemon_set(updatedNumberScheduled=1), False, id="old on a node"),
        pytest.param(daemon_set("OnDelete", updatedNumberScheduled=1), True, id="renewed on delete"),
        pytest.param(
            {"metadata": metadata(), "status": {"observedGeneration": 1}}, True, id="no node wants it"
        ),
    ],
)
def test_daemon_sets(live: dict[str, Any], ready: bool) -> None:
    assert judge("DaemonSet", live).ready is ready


def job(*conditions: dict[str, str], started: bool = True, **spec: Any) -> dict[str, Any]:
    status = {"conditions": list(conditions), **({"startTime": "t"} if started else {})}
    return {"metadata": metadata(), "spec": spec, "status": status}


@pytest.mark.parametrize(
    ("live", "ready", "failed"),
    [
        pytest.param(job(condition("Complete")), True, False, id="complete"),
        pytest.param(job(), False, False, id="running"),
        pytest.param(job(condition("Complete"), started=False), False, False, id="never started"),
        pytest.param(job(condition("Failed", reason="BackoffLimitExceeded")), False, True, id="out of tries"),
        pytest.param(job(condition("Failed", reason="DeadlineExceeded")), False, True, id="out of time"),
        pytest.param(job(suspend=True), True, False, id="suspended"),
    ],
)
def test_jobs(live: dict[str, Any], ready: bool, failed: bool) -> None:
    verdict = judge("Job", live)
    assert (verdict.ready, verdict.failed) == (ready, failed)


@pytest.mark.parametrize(
    ("live", "ready", "says"),
    [
        pytest.param(
            pod(condition("PodScheduled"), condition("Initialized"), condition("Ready")), True, (), id="ready"
        ),
        pytest.param(pod(phase="Succeeded"), True, (), id="succeeded"),
        pytest.param(pod(), False, (), id="nothing known"),
        pytest.param(
            pod(condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available")),
            False,
            ("[Pod test/x-1-a]: [Unschedulable] 0/1 nodes are available",),
            id="unschedulable",
        ),
        pytest.param(
            pod(phase="Failed", message="evicted"), False, ("[Pod test/x-1-a]: evicted",), id="failed"
        ),
        pytest.param(
            pod(
                condition("Initialized", "False", message="init"),
                initContainerStatuses=[{"state": {"terminated": {"reason": "Error", "message": "exit 1"}}}],
                containerStatuses=[{"state": {"waiting": {"reason": "PodInitializing"}}}],
            ),
            False,
            ("[Pod test/x-1-a]: init[Error] exit 1",),
            id="an init container failed",
        ),
        pytest.param(
            pod(
                condition("Ready", "False", message="unready: "),
                containerStatuses=[
                    {"name": "a", "state": {"terminated": {"reason": "Error", "exitCode": 3}}},
                    {
                        "name": "b",
                        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
                        "lastState": {
                            "terminated": {
                                "reason": "Error",
                                "exitCode": 1,
                                "finishedAt": "2024-07-03T17:47:36Z",
                                "message": "see ya!",
                            }
                        },
                    },
                    {"name": "c", "ready": True, "lastState": {"terminated": {"exitCode": 1}}},
                ],
            ),
            False,
            (
                '[Pod test/x-1-a]: unready: Container "a" completed with exit code 3\n'
                "[CrashLoopBackOff] back-off\n"
                'Container "b" terminated at 2024-07-03T17:47:36Z (Error: exit code 1)\n'
                "see ya!",
            ),
            id="containers that have ended",
        ),
    ],
)
def test_pods(live: dict[str, Any], ready: bool, says: tuple[str, ...]) -> None:
    verdict = judge("Pod", live)
    assert (verdict.ready, verdict.problems) == (ready, says)


def service(**spec: Any) -> dict[str, Any]:
    return {
        "metadata": metadata(),
        "spec": {"type": "ClusterIP", "selector": {"a": "b"}, **spec},
        "status": {},
    }


def slice_of(*ready: bool, terminating: bool = False) -> list[dict[str, Any]]:
    return [{"endpoints": [{"conditions": {"ready": flag, "terminating": terminating}} for flag in ready]}]


ADDRESS = {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}

SERVICES = [
    pytest.param(service(), slice_of(True, True), 1.0, id="all endpoints ready"),
    pytest.param(
        service(), [{"endpoints": [{"addresses": ["10.0.0.1"]}]}], 1.0, id="unknown readiness is ready"
    ),
    pytest.param(service(), [], 10.0, id="no endpoints seen"),
    pytest.param(service(), [{"endpoints": None}], 10.0, id="no pods"),
    pytest.param(service(), slice_of(True, False), None, id="a pod is not ready"),
    pytest.param(service(), slice_of(False, terminating=True), 10.0, id="only pods that go"),
    pytest.param(service(clusterIP="None"), [], 0.0, id="headless"),
    pytest.param(service(type="ExternalName"), [], 0.0, id="external name"),
    pytest.param(service(selector=None), [], 0.0, id="no selector"),
    pytest.param(service(type="LoadBalancer"), slice_of(True), None, id="no address yet"),
    pytest.param({**service(type="LoadBalancer"), "status": ADDRESS}, slice_of(True), 1.0, id="an address"),
    pytest.param({**service(type="LoadBalancer"), "status": ADDRESS}, [], 10.0, id="an address, no pods"),
]


@pytest.mark.parametrize(("live", "slices", "settle"), SERVICES)
def test_services(live: dict[str, Any], slices: list[dict[str, Any]], settle: float | None) -> None:
    """`settle` is None for those that are not ready."""
    verdict = judge("Service", live, slices=slices)
    assert (verdict.settle if verdict.ready else None) == settle


def test_a_service_of_a_load_balancer_says_all_that_it_lacks() -> None:
    pods, address = judge("Service", service(type="LoadBalancer"), slices=[]).problems
    assert pods.startswith("Service does not target any Pods.")
    assert address == "Service was not allocated an IP address; does your cloud provider support this?"


def test_services_that_are_ready_by_themselves_watch_nothing() -> None:
    assert rule("Service").related(service(clusterIP="None")) == ()
    (slices,) = rule("Service").related(service())
    assert slices.query() == {"labelSelector": "kubernetes.io/service-name=x"}


def ingress(status: dict[str, Any], *services: str) -> dict[str, Any]:
    paths = [{"backend": {"service": {"name": name}}} for name in services]
    return {"metadata": metadata(), "spec": {"rules": [{"http": {"paths": paths}}]}, "status": status}


def test_ingresses_need_an_address_and_backends() -> None:
    slices = [{"metadata": {"labels": {"kubernetes.io/service-name": "a"}}}]
    external = [{"metadata": {"name": "b"}, "spec": {"type": "ExternalName"}}]
    assert judge("Ingress", ingress(ADDRESS, "a", "b"), slices=slices, services=external).ready
    addressless = judge("Ingress", ingress({}, "a", "c"), slices=slices)
    assert (addressless.ready, addressless.unsettled, len(addressless.problems)) == (False, (NO_TARGET,), 1)
    verdict = judge("Ingress", ingress(ADDRESS, "a", "c"), slices=slices)
    assert (verdict.ready, verdict.settle, verdict.unsettled) == (True, 10.0, (NO_TARGET,))


def phase(text: str) -> dict[str, Any]:
    return {"metadata": metadata(), "spec": {"storageClassName": "fast"}, "status": {"phase": text}}


LAZY = [{"volumeBindingMode": "WaitForFirstConsumer"}]


@pytest.mark.parametrize(
    ("kind", "text", "classes", "ready"),
    [
        pytest.param("PersistentVolumeClaim", "Bound", [], True, id="bound"),
        pytest.param("PersistentVolumeClaim", "Pending", [], False, id="pending"),
        pytest.param("PersistentVolumeClaim", "Pending", LAZY, True, id="bound when used"),
        pytest.param("PersistentVolumeClaim", "Lost", LAZY, False, id="lost"),
        pytest.param("PersistentVolume", "Available", [], True, id="available"),
        pytest.param("PersistentVolume", "Pending", [], False, id="volume pending"),
    ],
)
def test_storage(kind: str, text: str, classes: list[dict[str, Any]], ready: bool) -> None:
    assert judge(kind, phase(text), **{"class": classes}).ready is ready


def with_conditions(*conditions: dict[str, str]) -> dict[str, Any]:
    return {"metadata": metadata(), "status": {"conditions": list(conditions)}}


def test_definitions_are_ready_when_established() -> None:
    assert judge("CustomResourceDefinition", with_conditions(condition("Established"))).ready
    refused = judge(
        "CustomResourceDefinition", with_conditions(condition("NamesAccepted", "False", "Taken", "by y"))
    )
    assert refused.problems == ("[Taken] by y",)


def test_small_kinds() -> None:
    assert judge("Secret", {"type": "Opaque"}).ready
    assert not judge("Secret", {"type": "kubernetes.io/service-account-token"}).ready
    assert judge("Secret", {"type": "kubernetes.io/service-account-token", "data": {"token": "x"}}).ready
    assert judge("ResourceQuota", {"spec": {"hard": {"pods": "1"}}, "status": {"hard": {"pods": "1"}}}).ready
    assert not judge("ResourceQuota", {"spec": {"hard": {"pods": "1"}}}).ready
    assert judge("ReplicationController", {"spec": {"replicas": 1}, "status": {"availableReplicas": 1}}).ready


@pytest.mark.parametrize(
    "kind", ["Namespace", "ConfigMap", "ClusterRole", "HorizontalPodAutoscaler", "ApisixRoute"]
)
def test_other_kinds_are_ready_when_they_exist(kind: str) -> None:
    assert rule_for({"apiVersion": "x/v1", "kind": kind, "metadata": {}}) is None


def test_a_look_asks_workloads_alone_whether_they_are_ready() -> None:
    asked = {kind for group, kind in RULES if rule_for_reading({"apiVersion": f"{group}/v1", "kind": kind})}
    assert asked == {"DaemonSet", "Deployment", "Ingress", "Job", "Pod", "Service", "StatefulSet"}
    told = {"annotations": {"pulumi.com/waitFor": "condition=Ready"}}
    assert rule_for_reading({"apiVersion": "x/v1", "kind": "Thing", "metadata": told}) is None


@pytest.mark.parametrize(
    ("status", "ready", "failed"),
    [
        pytest.param({}, True, False, id="no status"),
        pytest.param({"observedGeneration": 0}, False, False, id="change not seen yet"),
        pytest.param({"conditions": [condition("Ready")]}, True, False, id="ready"),
        pytest.param({"conditions": [condition("Ready", "False")]}, False, False, id="not ready"),
        pytest.param({"conditions": [condition("Reconciling")]}, False, False, id="reconciling"),
        pytest.param({"conditions": [condition("Stalled")]}, False, True, id="stalled"),
    ],
)
def test_any_kind_can_be_awaited(status: dict[str, Any], ready: bool, failed: bool) -> None:
    live = {"apiVersion": "x.io/v1", "kind": "Thing", "metadata": metadata(), "status": status}
    found = rule_for(live, await_all=True)
    assert found
    verdict = found.judge(View(live))
    assert (verdict.ready, verdict.failed) == (ready, failed)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
        ({"a": "1"}, "a=1"),
        (
            {
                "matchExpressions": [
                    {"key": "x", "operator": "In", "values": ["1", "2"]},
                    {"key": "y", "operator": "NotIn", "values": ["3"]},
                    {"key": "z", "operator": "Exists"},
                    {"key": "w", "operator": "DoesNotExist"},
                ]
            },
            "x in (1,2),y notin (3),z,!w",
        ),
        (None, ""),
    ],
    ids=["labels", "plain", "expressions", "none"],
)
def test_selectors_are_written_as_the_api_reads_them(value: Any, text: str) -> None:
    assert selector(value) == text
