"""What others did to objects: refresh, import, sidecars, references."""

from contextlib import suppress

from automation.errors import ClusterRefused
from tests.engine.conformance.case import (
    DESTROY,
    NO_CHANGES,
    PREVIEW,
    REFRESH,
    UP,
    Api,
    Case,
    Stage,
)

MAPS = """
from scene import *
one = settings("one", {"a": "1"}, labels={"x": "1"}, annotations={"pulumi.com/patchForce": "true"})
settings("two", {"a": "1"}, Options(depends_on=[one]))
"""

FAMILY = """
from scene import *
group = Group("group")
middle = settings("middle", opts=Options(parent=group))
inner = settings("inner", opts=Options(parent=middle))
settings("leaf", opts=Options(parent=inner))
"""

MERGE = {"Content-Type": "application/merge-patch+json"}


def deleted(name: str):
    def act(api: Api) -> None:
        with suppress(ClusterRefused):
            api.request("DELETE", f"/api/v1/namespaces/{api.namespace}/configmaps/{name}")

    return act


def parents_deleted(api: Api) -> None:
    deleted("middle")(api)
    deleted("inner")(api)


def relabelled(api: Api) -> None:
    path = f"/api/v1/namespaces/{api.namespace}/configmaps/one"
    api.request("PATCH", path, body={"metadata": {"labels": {"x": "2", "y": "3"}}}, headers=MERGE)


SIDECAR = """
from scene import *
spec = {"selector": {"matchLabels": {"a": "b"}}, "replicas": 0, "template": {
    "metadata": {"labels": {"a": "b"}, "annotations": {"v": str(STAGE)}},
    "spec": {"containers": [{"name": "app", "image": "app:6"}]}}}
apps.v1.Deployment("d", metadata={"name": "d", "namespace": NAMESPACE, "annotations": AT_ONCE}, spec=spec,
    opts=Options(ignore_changes=["spec.template.spec.containers[0].image"]))
"""


def sidecar_applied(api: Api) -> None:
    containers = [{"name": "proxy", "image": "envoy:1"}, {"name": "app"}]
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"template": {"spec": {"containers": containers}}},
    }
    path = f"/apis/apps/v1/namespaces/{api.namespace}/deployments/d?fieldManager=mesh&force=true"
    api.request("PATCH", path, body=body, headers={"Content-Type": "application/apply-patch+yaml"})


def sidecar_inserted(api: Api) -> None:
    patch = [
        {
            "op": "add",
            "path": "/spec/template/spec/containers/0",
            "value": {"name": "proxy", "image": "envoy:1"},
        }
    ]
    path = f"/apis/apps/v1/namespaces/{api.namespace}/deployments/d"
    api.request("PATCH", path, body=patch, headers={"Content-Type": "application/json-patch+json"})


IMPORT_SERVICE = """
from scene import *
core.v1.Service("svc", metadata={"name": "svc", "namespace": NAMESPACE, "annotations": AT_ONCE},
    spec={"selector": {"a": "b"}, "ports": [{"port": 80 if STAGE == 1 else 81}]},
    opts=Options(import_=f"{NAMESPACE}/svc"))
"""

IMPORT_MAP = """
from scene import *
settings("one", {"a": "1"}, Options(import_=f"{NAMESPACE}/one", protect=STAGE == 3))
"""

IMPORT_NOTHING = """
from scene import *
settings("one", {"a": "1"}, Options(import_=f"{NAMESPACE}/nothing"))
"""

IMPORT = "import --yes --non-interactive --generate-code=false"
BOTH = """
from scene import *
settings("one", {"a": "1"})
if STAGE == 2:
    settings("two")
"""


def service_made(api: Api) -> None:
    body = {"metadata": {"name": "svc"}, "spec": {"selector": {"a": "b"}, "ports": [{"port": 80}]}}
    api.request("POST", f"/api/v1/namespaces/{api.namespace}/services", body=body)


def map_made(api: Api, name: str = "one") -> None:
    body = {"metadata": {"name": name}, "data": {"a": "1"}}
    api.request("POST", f"/api/v1/namespaces/{api.namespace}/configmaps", body=body)


def maps_made(api: Api) -> None:
    map_made(api)
    map_made(api, "more")


GET = """
from scene import *
found = core.v1.ConfigMap.get("found", f"{NAMESPACE}/{'one' if STAGE < 3 else 'nothing'}")
pulumi.export("data", found.data)
settings("two", found.data)
"""

CASES = (
    Case(
        "a refresh after a deletion",
        MAPS,
        (
            Stage(UP),
            Stage(REFRESH, changes_hands=True),
            Stage("refresh --preview-only --non-interactive", before=deleted("one")),
            Stage("refresh --preview-only --non-interactive --json"),
            Stage(REFRESH),
            Stage(UP, changes_hands=True),
            Stage(DESTROY),
        ),
    ),
    Case(
        "a refresh after the deletion of parents",
        FAMILY,
        (
            Stage(UP),
            Stage(REFRESH, before=deleted("middle")),
            Stage(UP),
            Stage(REFRESH, before=parents_deleted),
            Stage(UP),
            Stage(DESTROY),
        ),
    ),
    Case(
        "a refresh after an edit",
        MAPS,
        (
            Stage(UP),
            Stage(NO_CHANGES, before=relabelled),
            Stage("refresh --preview-only --non-interactive --json"),
            Stage(REFRESH),
            Stage(PREVIEW),
            Stage(UP),
            Stage(f"{PREVIEW} --refresh", before=deleted("two")),
            Stage(f"{UP} --refresh"),
            Stage(DESTROY, before=deleted("one")),
        ),
    ),
    Case(
        "a sidecar applied by another manager",
        SIDECAR,
        (Stage(UP), Stage(UP, 2, before=sidecar_applied), Stage(DESTROY)),
    ),
    Case(
        "a sidecar patched in at the front",
        SIDECAR,
        (Stage(UP), Stage(UP, 2, before=sidecar_inserted), Stage(DESTROY)),
    ),
    Case(
        "an import that leaves defaults out",
        IMPORT_SERVICE,
        (Stage(PREVIEW, before=service_made), Stage(UP), Stage(NO_CHANGES), Stage(UP, 2), Stage(DESTROY)),
    ),
    Case(
        "an import of a ConfigMap",
        IMPORT_MAP,
        (Stage(PREVIEW, before=map_made), Stage(UP), Stage(UP), Stage(DESTROY)),
    ),
    Case(
        "imports by command",
        BOTH,
        (
            Stage(f"{IMPORT} kubernetes:core/v1:ConfigMap one NAMESPACE/one", before=maps_made),
            Stage(f"{IMPORT} kubernetes:core/v1:ConfigMap one NAMESPACE/one"),
            Stage(f"{IMPORT} kubernetes:core/v1:ConfigMap none NAMESPACE/nothing"),
            Stage(f"{IMPORT} --file nowhere.json"),
            Stage(f"{IMPORT} --protect=false kubernetes:core/v1:ConfigMap more NAMESPACE/more"),
            Stage(UP, 2),
            Stage("state unprotect --yes --all"),
            Stage(UP, 2),
            Stage(DESTROY),
        ),
    ),
    Case("an import of nothing", IMPORT_NOTHING, (Stage(PREVIEW), Stage(UP))),
    Case(
        "a resource that is only read",
        GET,
        (
            Stage(PREVIEW, before=map_made),
            Stage(UP),
            Stage(UP, 2),
            Stage(UP, 3),
            Stage(REFRESH),
            Stage(DESTROY),
        ),
    ),
)
