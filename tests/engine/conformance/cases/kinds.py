"""What a change of each kind of object means: an update, a replacement, in which order."""

from tests.engine.conformance.case import (
    CONTINUED,
    DESTROY,
    PREVIEW,
    REFRESH,
    UP,
    Api,
    Case,
    Stage,
    brought_up,
)

WORKLOADS = """
from scene import *
from pulumi_kubernetes import batch
own = {"namespace": NAMESPACE, "annotations": AT_ONCE}
def template(labels, **more):
    return {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "app:1"}], **more}}
labels = {"a": str(STAGE)}
selected = {"selector": {"matchLabels": labels}, "template": template(labels)}
apps.v1.Deployment("chosen", metadata=own, spec={"replicas": 0, **selected})
apps.v1.DaemonSet("daemons", metadata=own, spec=selected)
apps.v1.StatefulSet("set", metadata=own, spec={"replicas": 0, "serviceName": f"s{STAGE}",
    "selector": {"matchLabels": {"a": "b"}}, "template": template({"a": "b"})})
batch.v1.Job("job", metadata=own, spec={"parallelism": 0, "backoffLimit": STAGE,
    "template": template({"v": str(STAGE)}, restartPolicy="Never")})
apps.v1.StatefulSet("ordered", metadata={"name": "ordered", **own}, spec={"replicas": 0, "serviceName": "s",
    "podManagementPolicy": ["OrderedReady", "Parallel"][STAGE - 1], "selector": {"matchLabels": {"a": "o"}},
    "template": template({"a": "o"})})
batch.v1.Job("counted", metadata={"name": "counted", **own}, spec={"parallelism": 0, "completions": STAGE,
    "template": template({"v": "1"}, restartPolicy="Never")})
batch.v1.CronJob("cron", metadata={"name": "cron", **own}, spec={"schedule": f"{STAGE} * * * *", "jobTemplate":
    {"spec": {"template": template({"v": str(STAGE)}, restartPolicy="Never")}}})
core.v1.Pod("pod", metadata=own, spec={"nodeName": "none", "terminationGracePeriodSeconds": 0,
    "containers": [{"name": "app", "image": f"app:{STAGE}"}]})
"""

SETTINGS = """
from scene import *
from pulumi_kubernetes import autoscaling, networking, policy, rbac, storage
import os
own = {"namespace": NAMESPACE, "annotations": AT_ONCE}
core.v1.Secret("typed", metadata={"name": "typed", **own}, type=f"example.com/{STAGE}")
core.v1.Secret("fixed", metadata={"name": "fixed", **own}, immutable=True, string_data={"a": "1"})
core.v1.PersistentVolumeClaim("claim", metadata={"name": "claim", **own}, spec={"accessModes": ["ReadWriteOnce"],
    "storageClassName": f"c{STAGE}", "resources": {"requests": {"storage": "1Gi"}}})
core.v1.PersistentVolumeClaim("picky", metadata={"name": "picky", **own}, spec={"accessModes": ["ReadWriteOnce"],
    "storageClassName": "none", "selector": {"matchLabels": {"v": str(STAGE)}},
    "resources": {"requests": {"storage": "1Gi"}}})
core.v1.ResourceQuota("quota", metadata={"name": "quota", **own}, spec={"hard": {"pods": str(STAGE + 3)},
    "scopes": ["BestEffort"] if STAGE == 1 else ["NotBestEffort"]})
core.v1.Service("address", metadata={"name": "address", **own}, spec={"ports": [{"port": 80}],
    **({"clusterIP": "None"} if STAGE == 2 else {})})
rbac.v1.Role("role", metadata={"name": "role", **own}, rules=[{"apiGroups": [""], "resources": ["pods"],
    "verbs": ["get", "list"][:STAGE]}])
rbac.v1.RoleBinding("binding", metadata={"name": "binding", **own}, subjects=[{"kind": "User", "name": "carol",
    "apiGroup": "rbac.authorization.k8s.io"}],
    role_ref={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": f"role{STAGE}"})
rbac.v1.ClusterRoleBinding("bound", metadata={"name": f"{NAMESPACE}-bound"}, subjects=[{"kind": "User", "name": "carol",
    "apiGroup": "rbac.authorization.k8s.io"}],
    role_ref={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"{NAMESPACE}-{STAGE}"})
core.v1.PersistentVolume("volume", metadata={"name": f"{NAMESPACE}-volume", "annotations": AT_ONCE}, spec={
    "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "storageClassName": "by-hand",
    "hostPath": {"path": f"/srv/{STAGE}"}, "persistentVolumeReclaimPolicy": "Retain"})
storage.v1.StorageClass("class", metadata={"name": f"{NAMESPACE}-class"}, provisioner="example.com/none",
    parameters={"speed": str(STAGE)})
policy.v1.PodDisruptionBudget("budget", metadata={"name": "budget", **own},
    spec={"minAvailable": STAGE, "selector": {"matchLabels": {"a": "b"}}})
autoscaling.v2.HorizontalPodAutoscaler("scaler", metadata={"name": "scaler", **own}, spec={"maxReplicas": 3 + STAGE,
    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}})
networking.v1.Ingress("ingress", metadata={"name": "ingress", **own}, spec={"rules": [{"host": f"h{STAGE}.example.com",
    "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "s", "port":
        {"number": 80}}}}]}}]})
"""

MOVES = """
from scene import *
core.v1.Namespace("more", metadata={"name": f"{NAMESPACE}-moves"})
core.v1.ConfigMap("moves", metadata={"name": "moves",
    "namespace": NAMESPACE if STAGE == 1 else pulumi.Output.from_input(f"{NAMESPACE}-moves")}, data={"a": "1"})
core.v1.ConfigMap("named", metadata={"namespace": NAMESPACE, **({"name": f"n{STAGE}"} if STAGE > 1 else {})})
core.v1.ConfigMap("again", metadata={"name": f"again{STAGE}", "namespace": NAMESPACE})
core.v1.ConfigMap("written", metadata={"name": "written", "namespace": NAMESPACE, "labels": {"stage": str(STAGE)},
    "uid": "none", "resourceVersion": "1", "generation": STAGE, "creationTimestamp": "2020-01-01T00:00:00Z"})
core.v1.ConfigMap("bytes", metadata={"name": "bytes", "namespace": NAMESPACE}, binary_data={"b": "aGk="})
"""

MUTABLE = """
from scene import *
cluster = Provider("cluster", namespace=NAMESPACE, enable_config_map_mutable=True, enable_secret_mutable=True)
use = Options(provider=cluster)
core.v1.ConfigMap("open", metadata={"name": "open"}, data={"a": str(STAGE)}, opts=use)
core.v1.ConfigMap("shut", metadata={"name": "shut"}, data={"a": str(STAGE)}, immutable=True, opts=use)
core.v1.Secret("open", metadata={"name": "open"}, string_data={"a": str(STAGE)}, opts=use)
core.v1.Secret("shut", metadata={"name": "shut"}, string_data={"a": str(STAGE)}, immutable=True, opts=use)
"""

CLIENT_SIDE = """
from scene import *
cluster = Provider("cluster", namespace=NAMESPACE, enable_server_side_apply=False)
use = Options(provider=cluster)
core.v1.ConfigMap("one", metadata={"name": "one", "labels": {"stage": str(STAGE)}}, opts=use)
core.v1.ConfigMap("auto", metadata={"labels": {"stage": str(STAGE)}}, opts=use)
core.v1.Service("s", metadata={"name": "s", "annotations": AT_ONCE}, opts=use,
    spec={"ports": [{"name": "http", "port": 80 + STAGE}]})
"""

ANNOTATED = """
from scene import *
def told(name, opts=None, **annotations):
    noted = {f"pulumi.com/{key}": value for key, value in annotations.items()}
    return settings(name, {"a": "1"}, opts, annotations=noted, labels={"stage": str(STAGE)})
told("manager", patchFieldManager="carol")
told("background", deletionPropagationPolicy="background")
told("orphan", deletionPropagationPolicy="orphan")
if STAGE == 1:
    told("waits", waitFor="jsonpath={.data.a}=1")
    told("waits-more", waitFor='["jsonpath={.data.a}", "jsonpath={.metadata.name}=waits-more"]')
"""
NAMES = """
from scene import *
own = {"namespace": NAMESPACE}
core.v1.ConfigMap("given", metadata={"name": "given", **own} if STAGE == 1 else own)
core.v1.ConfigMap("bare", data={"a": "1"})
core.v1.ConfigMap("named", metadata={"name": pulumi.Output.from_input("named"), **own}, data={"a": str(STAGE)})
plain = Provider("plain", enable_server_side_apply=False)
core.v1.ConfigMap("generated", metadata={"generateName": "generated-", "labels": {"stage": str(STAGE)}, **own},
    opts=Options(provider=plain))
"""

IMPOSSIBLE = """
from scene import *
from pulumi_kubernetes.core.v1 import ConfigMapList, ConfigMapPatch
own = {"namespace": NAMESPACE}
if STAGE == 1:
    core.v1.ConfigMap("applied", metadata={"generateName": "g-", **own})
if STAGE == 2:
    ConfigMapList("list", items=[{"metadata": {"name": "item", **own}}])
if STAGE == 3:
    ConfigMapPatch("nameless", metadata=own)
if STAGE == 4:
    plain = Provider("plain", enable_server_side_apply=False)
    ConfigMapPatch("unapplied", metadata={"name": "given", **own}, opts=Options(provider=plain))
"""

REFUSED = """
from scene import *
own = {"namespace": NAMESPACE, "labels": {"stage": str(STAGE)}, "annotations": AT_ONCE}
core.v1.Service("s", metadata={"name": "s", **own}, spec={"ports": [{"port": [80, 0, 81][STAGE - 1]}]})
apps.v1.Deployment("d", metadata={"name": "d", **own}, spec={"replicas": [0, -1, 0][STAGE - 1],
    "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "app", "image": "app:1"}]}}})
settings("beside", labels={"stage": str(STAGE)})
"""

SEALED = """
from scene import *
cluster = Provider("cluster", namespace=NAMESPACE, enable_config_map_mutable=True, enable_secret_mutable=True)
use, fixed = Options(provider=cluster), {"immutable": True} if STAGE > 1 else {}
core.v1.ConfigMap("sealed", metadata={"name": "sealed"}, data={"a": str(STAGE)}, opts=use, **fixed)
core.v1.Secret("sealed", metadata={"name": "sealed"}, string_data={"a": str(STAGE)}, opts=use, **fixed)
core.v1.Secret("typed", metadata={"name": "typed"}, type=f"example.com/{STAGE}", opts=use)
"""

LET_GO = """
from scene import *
from pulumi_kubernetes import batch
def own(name, **told):
    noted = {f"pulumi.com/{key}": value for key, value in told.items()}
    return {"name": name, "namespace": NAMESPACE, "annotations": noted}
pod = {"restartPolicy": "Never", "containers": [{"name": "app", "image": "app:1"}]}
core.v1.Pod("held", metadata={**own("held", skipAwait="true"), "finalizers": ["example.com/hold"]}, spec=pod)
core.v1.ConfigMap("unknown", metadata=own("unknown", deletionPropagationPolicy="whatever"))
batch.v1.Job("left", metadata=own("left", skipAwait="true", deletionPropagationPolicy="Orphan"),
    spec={"parallelism": 0, "template": {"spec": pod}})
core.v1.ConfigMap("gone", metadata=own("gone"))
"""


def gone(api: Api) -> None:
    """Somebody deletes an object."""
    api.request("DELETE", f"/api/v1/namespaces/{api.namespace}/configmaps/gone")


CASES = (
    Case(
        "workloads that are replaced",
        WORKLOADS,
        (Stage(UP), Stage(UP, 2), Stage(DESTROY)),
    ),
    Case(
        "settings that are replaced",
        SETTINGS,
        (Stage(UP), Stage(UP, 2), Stage(DESTROY)),
    ),
    Case("objects that move", MOVES, (Stage(UP), Stage(UP, 2), Stage(DESTROY))),
    brought_up("data that may change", MUTABLE, 1, 2),
    brought_up("objects without server-side apply", CLIENT_SIDE, 1, 2),
    Case(
        "annotations that tell the provider",
        ANNOTATED,
        (Stage(UP), Stage(UP, 2), Stage(DESTROY)),
    ),
    Case(
        "names that are given, made and generated",
        NAMES,
        (Stage(UP), Stage(UP, 2), Stage(DESTROY)),
    ),
    Case(
        "objects that can not be",
        IMPOSSIBLE,
        (*(Stage(PREVIEW, number) for number in (1, 2, 3, 4)), Stage(UP, 2)),
    ),
    Case(
        "changes that are refused",
        REFUSED,
        (Stage(UP), Stage(CONTINUED, 2), Stage(CONTINUED, 2), Stage(REFRESH), Stage(UP, 3), Stage(DESTROY)),
    ),
    Case("data that is sealed", SEALED, (Stage(UP), Stage(UP, 2), Stage(DESTROY))),
    Case("objects that are let go", LET_GO, (Stage(UP), Stage(DESTROY, before=gone))),
)
