"""A user who acts as somebody else, and what that one may not do."""

from collections.abc import Callable
from contextlib import suppress

from automation.errors import ClusterRefused
from tests.engine.conformance.case import DESTROY, PREVIEW, REFRESH, UP, Api, Case, Stage
from tests.lab.deadline import eventually

AS_CAROL = """
from scene import *
import json, os, yaml
with open(os.environ["KUBECONFIG"]) as file:
    known = yaml.safe_load(file)
known["users"][0]["user"] |= {"as": "carol", "as-groups": ["others", NAMESPACE]}
carol = Provider("carol", kubeconfig=json.dumps(known), namespace=NAMESPACE)
core.v1.ConfigMap("one", metadata={"name": "one", "labels": {"stage": str(STAGE)}}, opts=Options(provider=carol))
"""

ALL = ("create", "delete", "get", "list", "patch", "watch")
RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces"


def may(*verbs: str) -> Callable[[Api], None]:
    """Somebody lets one of Carol's groups do this with ConfigMaps, and no more."""

    def act(api: Api) -> None:
        rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": [verb]} for verb in verbs]
        group = {"kind": "Group", "name": api.namespace, "apiGroup": "rbac.authorization.k8s.io"}
        role = {"kind": "Role", "name": "carols", "apiGroup": "rbac.authorization.k8s.io"}
        metadata, path = {"name": "carols"}, f"{RBAC}/{api.namespace}"
        with suppress(ClusterRefused):
            api.request("DELETE", f"{path}/roles/carols")
        api.request("POST", f"{path}/roles", body={"metadata": metadata, "rules": rules})
        with suppress(ClusterRefused):
            body = {"metadata": metadata, "subjects": [group], "roleRef": role}
            api.request("POST", f"{path}/rolebindings", body=body)
        eventually(lambda: all(_is_allowed(api, verb) is (verb in verbs) for verb in ALL), 30)

    return act


def _is_allowed(api: Api, verb: str) -> bool:
    asked = {"namespace": api.namespace, "verb": verb, "resource": "configmaps"}
    spec = {"user": "carol", "groups": [api.namespace], "resourceAttributes": asked}
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    return bool(api.request("POST", path, body={"spec": spec})["status"]["allowed"])


CASES = (
    Case(
        "somebody who may not do all of it",
        AS_CAROL,
        (
            Stage(PREVIEW),
            Stage(UP),
            Stage(UP, before=may(*ALL)),
            Stage(PREVIEW, 2, before=may("get")),
            Stage(UP, 2),
            Stage(UP, 2, before=may("get", "patch")),
            Stage(REFRESH, 2, before=may()),
            Stage(DESTROY),
            Stage(DESTROY, before=may(*ALL)),
        ),
    ),
)
