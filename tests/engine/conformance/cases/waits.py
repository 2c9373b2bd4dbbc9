"""Objects that are waited for: what is ready, what is not, and what is said of it."""

from tests.engine.conformance.case import CONTINUED, DESTROY, PREVIEW, REFRESH, UP, Case, Stage

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

CASES = (
    Case(
        "waits that run out",
        RUN_OUT,
        (Stage(CONTINUED), Stage(REFRESH), Stage(CONTINUED, 2), Stage(DESTROY)),
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
)
