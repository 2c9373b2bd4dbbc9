"""Objects that are waited for: what is ready, what is not, and what is said of it."""

from tests.engine.conformance.case import DESTROY, REFRESH, UP, Case, Stage

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

CONTINUED = f"{UP} --continue-on-error"

CASES = (
    Case(
        "waits that run out",
        RUN_OUT,
        (Stage(CONTINUED), Stage(REFRESH), Stage(CONTINUED, 2), Stage(DESTROY)),
    ),
)
