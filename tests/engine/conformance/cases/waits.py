"""Objects that are waited for: what is ready, what is not, and what is said of it."""

from collections.abc import Mapping
from typing import Any

from tests.engine.conformance.case import (
    CONTINUED,
    DESTROY,
    NO_CHANGES,
    PREVIEW,
    REFRESH,
    UP,
    Api,
    Case,
    Stage,
)
from tests.lab.deadline import eventually

RUN_OUT = """
from scene import *
from pulumi_kubernetes import batch, networking
def own(name):
    return {"name": name, "namespace": NAMESPACE, "annotations": {"pulumi.com/timeoutSeconds": "2"}}
labels = {"a": "b"}
template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": f"app:{STAGE}"}]}}
selected = {"selector": {"matchLabels": labels}, "template": template}
once = {"spec": {**template["spec"], "restartPolicy": "Never"}}
apps.v1.StatefulSet("set", metadata=own("set"), spec={"replicas": 2 - STAGE, "serviceName": "none", **selected})
apps.v1.DaemonSet("daemons", metadata=own("daemons"), spec=selected)
batch.v1.Job("job", metadata=own("job"), spec={"completions": 2 - STAGE, "parallelism": 2 - STAGE, "template": once})
core.v1.Service("balanced", metadata=own("balanced"), spec={"ports": [{"port": 80}],
    **({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False} if STAGE == 1 else {})})
core.v1.Service("balancing", metadata=own("balancing"), spec={"type": "LoadBalancer", "selector": {"no": "body"},
    "allocateLoadBalancerNodePorts": False, "ports": [{"port": 80}]})
core.v1.Service("selecting", metadata=own("selecting"), spec={"selector": {"no": "body"}, "ports": [{"port": 80}]})
core.v1.Pod("pod", metadata=own("pod"), spec=template["spec"])
backend = {"service": {"name": "balanced", "port": {"number": 80}}}
batch.v1.Job("failing", metadata=own("failing"), spec={"backoffLimit": 0, "template": once})
paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
networking.v1.Ingress("ingress", metadata=own("ingress"), spec={"rules": [{"http": {"paths": paths}}]})
"""

TOLD = """
from scene import *
def own(name, **told):
    noted = {f"pulumi.com/{key}": value for key, value in {"timeoutSeconds": "2", **told}.items()}
    return {"name": name, "namespace": NAMESPACE, "annotations": noted}
template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}}
selected = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
def deployment(name, **told):
    apps.v1.Deployment(name, metadata=own(name, timeoutSeconds="60", **told), spec={**selected, "replicas": STAGE})
deployment("path", waitFor="jsonpath={.status.unavailableReplicas}=%d" % STAGE)
deployment("some", waitFor="jsonpath={ .status.conditions[?(@.type=='Available')].status }=False")
deployment("condition", waitFor="condition=Available=False")
deployment("both", waitFor='["condition=available=false", "jsonpath={$.status.replicas}"]')
deployment("skipped", skipAwait="true", waitFor="condition=Never")
core.v1.ServiceAccount("never", metadata=own("never", waitFor="condition=Never" if STAGE == 1 else ""))
core.v1.Pod("cased", metadata=own("cased", skipAwait="True"), spec=template["spec"])
core.v1.Pod("bounded", metadata=own("bounded", timeoutSeconds="600"), spec=template["spec"],
    opts=Options(custom_timeouts=pulumi.CustomTimeouts(create="2s", update="3s")))
settings("unbounded", annotations={"pulumi.com/timeoutSeconds": "soon", "stage": str(STAGE)})
"""

UNTOLD = """
from scene import *
def told(name, text, **others):
    noted = {"stage": str(STAGE)} | ({"pulumi.com/waitFor": text, **others} if STAGE != 2 else {})
    settings(name, annotations=noted)
told("wrong", "jsonpath=.a")
told("none", "[]")
told("bare", "Ready")
told("skipped", "Ready", **AT_ONCE)
"""
MET = """
from scene import *
from pulumi_kubernetes import batch, storage
def own(name, **others):
    return {"name": name, "namespace": NAMESPACE, "annotations": AT_ONCE if STAGE == 1 else {}, **others}
labels = {"a": "b"}
template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}}
selected = {"selector": {"matchLabels": labels}, "template": template}
apps.v1.StatefulSet("set", metadata=own("set"), spec={"replicas": 1, "serviceName": "none", **selected})
apps.v1.Deployment("d", metadata=own("d"), spec={"replicas": 1, **selected})
core.v1.ReplicationController("old", metadata=own("old"), spec={"replicas": 1, "selector": {"old": "b"},
    "template": {**template, "metadata": {"labels": {"old": "b"}}}})
core.v1.Pod("pod", metadata=own("pod"), spec=template["spec"])
batch.v1.Job("empty", metadata=own("empty"), spec={"completions": 0, "parallelism": 0,
    "template": {"spec": {**template["spec"], "restartPolicy": "Never"}}})
"""

SERVED = """
from scene import *
from pulumi_kubernetes import batch, storage
own = {"namespace": NAMESPACE}
lazy = storage.v1.StorageClass("lazy", metadata={"name": f"{NAMESPACE}-lazy"}, provisioner="example.com/none",
    volume_binding_mode="WaitForFirstConsumer")
size = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
core.v1.PersistentVolumeClaim("waiting", metadata={"name": "waiting", **own},
    spec={**size, "storageClassName": lazy.metadata["name"]})
volume = core.v1.PersistentVolume("volume", metadata={"name": f"{NAMESPACE}-volume"}, spec={
    "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/srv/volume"},
    "storageClassName": "by-hand", "persistentVolumeReclaimPolicy": "Retain"})
core.v1.PersistentVolumeClaim("bound", metadata={"name": "bound", **own},
    spec={**size, "storageClassName": "by-hand", "volumeName": volume.metadata["name"]})
core.v1.ResourceQuota("quota", metadata={"name": "quota", **own}, spec={"hard": {"pods": "10", "cpu": "4"}})
account = core.v1.ServiceAccount("account", metadata={"name": "account", **own})
core.v1.Secret("token", metadata={"name": "token", **own, "annotations":
    {"kubernetes.io/service-account.name": account.metadata["name"]}}, type="kubernetes.io/service-account-token")
apps.v1.DaemonSet("daemons", metadata={"name": "daemons", **own}, spec={"selector": {"matchLabels": {"a": "b"}},
    "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"nodeSelector": {"no": "where"},
        "containers": [{"name": "app", "image": "app:1"}]}}})
"""

UNREADY = """
from scene import *
from pulumi_kubernetes import batch
def own(name, reached="jsonpath={.metadata.name}"):
    noted = {"pulumi.com/waitFor": reached, "pulumi.com/replaceUnready": "true"}
    return {"name": name, "namespace": NAMESPACE, "annotations": noted}
def job(name, runs, *reached):
    pod = {"restartPolicy": "Never", "containers": [{"name": "app", "image": "app:1"}]}
    batch.v1.Job(name, metadata=own(name, *reached), spec={"completions": runs, "parallelism": runs,
        "backoffLimit": STAGE, "template": {"spec": pod}})
job("runs", 1)
job("ended", 0, "condition=Complete")
core.v1.ConfigMap("settings", metadata=own("settings"))
"""


ALL = """
from scene import *
from pulumi_kubernetes.apiextensions import CustomResource
definition = define_widgets("definition")
def widget(name, **conditions):
    listed = [{"type": type, "status": status, "reason": "Told", "message": f"{type} is {status}"}
        for type, status in conditions.items()]
    noted = {"pulumi.com/timeoutSeconds": "2"}
    CustomResource(name, api_version=f"{WIDGETS}/v1", kind="Widget", opts=Options(depends_on=[definition]),
        metadata={"name": name, "namespace": NAMESPACE, "annotations": noted, "labels": {"stage": str(STAGE)}},
        others={"status": {"conditions": listed}} if listed else {})
widget("bare")
widget("ready", Ready="True")
widget("unready", Ready="False")
widget("stalled", Stalled="True")
widget("reconciling", Reconciling="True")
settings("settings")
"""
EVERYTHING = {"PULUMI_K8S_AWAIT_ALL": "true"}


def ran(api: Api) -> None:
    """What a node does: the pods run, and are ready."""
    conditions = [{"type": type, "status": "True"} for type in ("PodScheduled", "Initialized", "Ready")]
    for pod in _pods(api, 4):
        _write_status(api, pod, {"phase": "Running", "conditions": conditions})


def complained(api: Api) -> None:
    """What a node does that can't pull an image: no pod is ready, and each says why; the pod of one Job fails."""
    pulling = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}
    for pod in _pods(api, 4):
        failed = pod["metadata"].get("labels", {}).get("job-name") == "failing"
        container = {"name": "app", "image": "app:1", "imageID": "", "ready": False, "restartCount": 0}
        state = {"terminated": {"exitCode": 3, "reason": "Error"}} if failed else pulling
        told = {
            "status": "False",
            "reason": "ContainersNotReady",
            "message": "containers with unready status: [app]",
        }
        conditions = [{"type": "PodScheduled", "status": "True"}, {"type": "Initialized", "status": "True"}]
        status = {
            "phase": "Failed" if failed else "Pending",
            "containerStatuses": [{**container, "state": state}],
        }
        _write_status(api, pod, {**status, "conditions": [*conditions, {"type": "Ready", **told}]})
    path = f"/apis/batch/v1/namespaces/{api.namespace}/jobs/failing"

    def conditions_of_the_job() -> list[str]:
        return [item["type"] for item in api.request("GET", path)["status"].get("conditions", [])]

    eventually(lambda: "Failed" in conditions_of_the_job(), 30)


def _pods(api: Api, number: int) -> list[Any]:
    """All pods, once there are that many: of each workload one."""
    path = f"/api/v1/namespaces/{api.namespace}/pods"

    def made() -> list[Any]:
        found: list[Any] = api.request("GET", path)["items"]
        return found if len(found) >= number else []

    return eventually(made, 30)


def _write_status(api: Api, pod: Any, status: Mapping[str, Any]) -> None:
    path = f"/api/v1/namespaces/{api.namespace}/pods/{pod['metadata']['name']}/status"
    merge = {"Content-Type": "application/merge-patch+json"}
    api.request("PATCH", path, body={"status": status}, headers=merge)


CASES = (
    Case(
        "waits that run out",
        RUN_OUT,
        (Stage(CONTINUED), Stage(REFRESH, before=complained), Stage(CONTINUED, 2), Stage(DESTROY)),
    ),
    Case(
        "waits that annotations tell",
        TOLD,
        (Stage(CONTINUED), Stage(REFRESH), Stage(CONTINUED, 2), Stage(DESTROY)),
    ),
    Case(
        "waits that are not understood",
        UNTOLD,
        (Stage(PREVIEW), Stage(CONTINUED), Stage(UP, 2), Stage(CONTINUED, 3), Stage(UP, 2), Stage(DESTROY)),
    ),
    Case(
        "objects that become ready",
        MET,
        (
            Stage(UP),
            Stage(UP, 2, before=ran),
            Stage(REFRESH, 2),
            Stage(NO_CHANGES, 2, changes_hands=True),
            Stage(DESTROY),
        ),
    ),
    Case(
        "objects that the cluster makes ready",
        SERVED,
        (Stage(UP), Stage(REFRESH), Stage(NO_CHANGES), Stage(DESTROY)),
    ),
    Case(
        "everything is waited for",
        ALL,
        (Stage(CONTINUED, env=EVERYTHING), Stage(CONTINUED, 2, env=EVERYTHING), Stage(UP, 2), Stage(DESTROY)),
    ),
    Case(
        "jobs that are replaced while they are not ready",
        UNREADY,
        (Stage(UP), Stage(UP, 2), Stage(DESTROY)),
    ),
)
