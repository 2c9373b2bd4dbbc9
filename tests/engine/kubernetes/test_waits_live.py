"""Waiting on a real control plane, with pods whose status the tests write in a node's place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from engine.kubernetes.cluster import Cluster, Collection, Write
from engine.provider import InitFailed
from tests.engine.kubernetes.conftest import Resource, eventually

Make = Callable[..., Resource]
LABELS = {"app": "x"}


def deployment(namespace: str, replicas: int = 1, image: str = "a:1", **annotations: str) -> dict[str, Any]:
    metadata = {"name": "x", "namespace": namespace, "annotations": _pulumi(annotations)}
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": image}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": LABELS}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def _pulumi(annotations: dict[str, str]) -> dict[str, str]:
    return {f"pulumi.com/{name}": value for name, value in annotations.items()}


def pods(cluster: Cluster, namespace: str, image: str = "a:1") -> list[dict[str, Any]]:
    found = cluster.collection("v1", "Pod", namespace).select({"labelSelector": "app=x"})
    return [pod for pod in found if pod["spec"]["containers"][0]["image"] == image]


def set_status(collection: Collection, name: str, status: dict[str, Any]) -> None:
    path = collection.path(name) + "/status"
    collection.client.request(
        "PATCH", path, body={"status": status}, content_type="application/merge-patch+json"
    )


def make_ready(cluster: Cluster, namespace: str, image: str = "a:1") -> None:
    """Does for the pods what a node would: an address, and all conditions true."""
    collection = cluster.collection("v1", "Pod", namespace)
    for number, pod in enumerate(pods(cluster, namespace, image)):
        address = f"10.1.{len(image)}.{number + 1}"
        conditions = [{"type": type, "status": "True"} for type in ("PodScheduled", "Initialized", "Ready")]
        status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": conditions}
        set_status(collection, pod["metadata"]["name"], status)


def begin(resource: Resource, document: dict[str, Any]) -> Future[dict[str, Any]]:
    """Starts creating or changing the resource in the background."""
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(resource.up, document)
    finally:
        pool.shutdown(wait=False)


def test_a_deployment_is_done_when_its_pods_are_ready(
    resource: Make, cluster: Cluster, namespace: str
) -> None:
    thing = resource("apps/v1:Deployment")
    creating = begin(thing, deployment(namespace, replicas=2))
    eventually(lambda: len(pods(cluster, namespace)) == 2)
    assert not creating.done()
    make_ready(cluster, namespace)
    assert creating.result(10)["status"]["readyReplicas"] == 2
    assert ("info", "Waiting for app ReplicaSet to be available (0/2 Pods available)") in thing.log


def test_an_update_waits_for_the_new_pods(resource: Make, cluster: Cluster, namespace: str) -> None:
    thing = resource("apps/v1:Deployment")
    creating = begin(thing, deployment(namespace))
    eventually(lambda: len(pods(cluster, namespace)) == 1)
    make_ready(cluster, namespace)
    creating.result(10)
    updating = begin(thing, deployment(namespace, image="a:22"))
    eventually(lambda: len(pods(cluster, namespace, "a:22")) == 1)
    assert not updating.done()
    make_ready(cluster, namespace, "a:22")
    outputs = updating.result(10)
    assert outputs["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"


def test_a_wait_that_runs_out_keeps_the_object_and_says_why(
    resource: Make, cluster: Cluster, namespace: str
) -> None:
    thing = resource("apps/v1:Deployment", timeout=2.0)
    creating = begin(thing, deployment(namespace))
    eventually(lambda: len(pods(cluster, namespace)) == 1)
    (pod,) = pods(cluster, namespace)
    message = "containers with unready status: [c]"
    conditions = [{"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": message}]
    waiting = {"reason": "ErrImagePull", "message": "no such image"}
    container = {"name": "c", "image": "a:1", "imageID": "", "ready": False, "restartCount": 0}
    status = {"conditions": conditions, "containerStatuses": [{**container, "state": {"waiting": waiting}}]}
    set_status(cluster.collection("v1", "Pod", namespace), pod["metadata"]["name"], status)
    with pytest.raises(InitFailed) as caught:
        creating.result(10)
    failure = caught.value
    assert str(failure) == "'x' timed out waiting to be Ready"
    assert failure.id == f"{namespace}/x"
    assert failure.outputs["status"]["unavailableReplicas"] == 1
    assert failure.outputs["__inputs"] == failure.inputs
    name = f"{namespace}/{pod['metadata']['name']}"
    assert failure.reasons[-1] == f"[Pod {name}]: {message}[ErrImagePull] no such image"
    thing.id, thing.inputs, thing.outputs = failure.id, failure.inputs or {}, failure.outputs
    errors = thing.read().init_errors
    assert errors[0] == "Resource 'x' was created but failed to initialize"
    assert f"[Pod {name}]: {message}[ErrImagePull] no such image" in errors


def test_an_interruption_ends_a_wait(resource: Make, namespace: str) -> None:
    interrupted = threading.Event()
    thing = resource("apps/v1:Deployment", cancelled=interrupted.is_set)
    creating = begin(thing, deployment(namespace))
    interrupted.set()
    with pytest.raises(InitFailed, match='Resource operation was cancelled for "x"'):
        creating.result(5)


def test_a_wait_can_be_skipped(resource: Make, namespace: str, requests: list[str]) -> None:
    thing = resource("apps/v1:Deployment")
    thing.up(deployment(namespace, skipAwait="true"))
    assert requests == [f"POST /apis/apps/v1/namespaces/{namespace}/deployments"]
    assert thing.read().init_errors == ()


def test_readiness_can_be_told_by_an_annotation(resource: Make, namespace: str) -> None:
    told = "jsonpath={.status.unavailableReplicas}=1"
    outputs = resource("apps/v1:Deployment").up(deployment(namespace, waitFor=told))
    assert outputs["status"]["unavailableReplicas"] == 1


def test_an_annotation_bounds_a_wait(resource: Make, namespace: str) -> None:
    thing = resource("apps/v1:Deployment", timeout=None)
    with pytest.raises(InitFailed, match="timed out waiting to be Ready"):
        thing.up(deployment(namespace, timeoutSeconds="1"))


def service(namespace: str, **spec: Any) -> dict[str, Any]:
    ports = [{"port": 80, "targetPort": 8080}]
    metadata = {"name": "x", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports, **spec}}


@pytest.fixture
def node(cluster: Cluster) -> Iterator[str]:
    """A node in name only: endpoints are made for pods on nodes that exist."""
    name = f"node-{time.time_ns()}"
    nodes = cluster.collection("v1", "Node")
    nodes.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}, Write())
    yield name
    nodes.delete(name, "Background")


def test_a_service_is_done_when_its_endpoints_have_settled(
    resource: Make, cluster: Cluster, namespace: str, node: str
) -> None:
    workload = deployment(namespace, skipAwait="true")
    workload["spec"]["template"]["spec"]["nodeName"] = node
    resource("apps/v1:Deployment").up(workload)
    thing = resource("core/v1:Service")
    creating = begin(thing, service(namespace, selector=LABELS))
    eventually(lambda: len(pods(cluster, namespace)) == 1)
    make_ready(cluster, namespace)
    started = time.monotonic()
    creating.result(15)
    assert time.monotonic() - started >= 0.9
    assert ("info", "[1/3] Finding Pods to direct traffic to") in thing.log


def test_a_service_without_pods_is_done_when_its_time_is_over(resource: Make, namespace: str) -> None:
    thing = resource("core/v1:Service", timeout=0.5)
    thing.up(service(namespace, selector=LABELS))
    assert thing.read().init_errors == ()


def test_a_headless_service_is_done_at_once(resource: Make, namespace: str, requests: list[str]) -> None:
    resource("core/v1:Service").up(service(namespace, clusterIP="None", selector=LABELS))
    assert requests == [f"POST /api/v1/namespaces/{namespace}/services"]


def test_a_job_that_fails_fails_at_once(resource: Make, cluster: Cluster, namespace: str) -> None:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "a"}]}}
    metadata = {"name": "x", "namespace": namespace}
    spec = {"template": template, "backoffLimit": 0}
    creating = begin(
        resource("batch/v1:Job"),
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec},
    )
    collection = cluster.collection("v1", "Pod", namespace)
    eventually(lambda: bool(collection.select({})))
    set_status(collection, collection.select({})[0]["metadata"]["name"], {"phase": "Failed"})
    eventually(lambda: _finalizers_removed(collection))
    with pytest.raises(InitFailed, match="Resource 'x' was created but failed to initialize") as caught:
        creating.result(15)
    assert caught.value.reasons[1].startswith("[BackoffLimitExceeded]")


def test_a_job_that_is_not_ready_is_replaced_where_it_asks_for_that(resource: Make, namespace: str) -> None:
    thing = resource("batch/v1:Job")
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "a"}]}}
    asked = _pulumi({"replaceUnready": "true", "skipAwait": "true"})
    metadata = {"name": "x", "namespace": namespace, "annotations": asked}
    document = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": template}}
    thing.up(document)
    found = thing.diff(document)
    assert found.replaces == ('.metadata.annotations["pulumi.com/replaceUnready"]',)
    assert found.delete_before_replace
    del metadata["annotations"]
    assert set(thing.diff(document).detailed) == {"metadata.annotations"}


def _finalizers_removed(collection: Collection) -> bool:
    return all(not pod["metadata"].get("finalizers") for pod in collection.select({}))


def test_a_namespace_is_deleted_with_what_is_in_it(resource: Make, cluster: Cluster) -> None:
    name = f"gone-{time.time_ns()}"
    thing = resource("core/v1:Namespace")
    thing.up({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    content = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": name}}
    cluster.collection_of(content).create(content, Write())
    thing.down()
    assert cluster.collection("v1", "Namespace").get(name) is None


def test_a_namespace_can_be_left_to_the_cluster(resource: Make, cluster: Cluster) -> None:
    name = f"left-{time.time_ns()}"
    annotations = {"pulumi.com/skipAwait": "true"}
    thing = resource("core/v1:Namespace")
    thing.up(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "annotations": annotations}}
    )
    thing.down()
    left = cluster.collection("v1", "Namespace").get(name)
    assert left
    assert left["status"]["phase"] == "Terminating"
