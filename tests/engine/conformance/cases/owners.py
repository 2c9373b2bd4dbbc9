"""Objects that somebody else made, or writes to as well."""

from collections.abc import Mapping

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

Labels = Mapping[str, str]

EXISTS = """
from scene import *
settings("one", {"a": "1"})
"""

FIELDS = """
from scene import *
settings("one", {"a": str(STAGE), "b": "1"})
"""

FORCED = """
from scene import *
force = {"pulumi.com/patchForce": "true"}
settings("one", {"a": str(STAGE), "b": "1"}, annotations=force if STAGE > 2 else {})
"""

HANDED = """
from scene import *
def told(name, **annotations):
    noted = {f"pulumi.com/{key}": value for key, value in annotations.items()}
    settings(name, annotations=noted, labels={"a": str(STAGE)} | ({"b": "1"} if STAGE < 4 else {}))
told("renamed", patchFieldManager="carol" if STAGE < 3 else "dave")
told("taken", patchFieldManager="carol" if STAGE < 3 else "dave", patchForce="true")
told("one")
told("unforced", **({"patchForce": "true"} if STAGE == 1 else {}))
told("cased", patchForce="True")
"""


def made(api: Api) -> None:
    path = f"/api/v1/namespaces/{api.namespace}/configmaps"
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "one"},
        "data": {"a": "0", "z": "9"},
    }
    api.request("POST", path, body=body)


def applied(api: Api) -> None:
    """Another field manager takes one field by force."""
    _apply(api, "carol", "one", data={"a": "theirs"})


def applied_with_kubectl(api: Api) -> None:
    """Somebody applies on the server side as kubectl does it; of other objects another manager takes fields."""
    for name, manager in (("one", "kubectl"), ("unforced", "eve"), ("cased", "eve")):
        _apply(api, manager, name, labels={"a": "theirs"})


def _apply(
    api: Api, manager: str, name: str, data: Labels | None = None, labels: Labels | None = None
) -> None:
    path = f"/api/v1/namespaces/{api.namespace}/configmaps/{name}"
    metadata = {"name": name, "labels": labels or {}}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data or {}}
    params = {"fieldManager": manager, "force": "true"}
    api.request(
        "PATCH", path, body=body, params=params, headers={"Content-Type": "application/apply-patch+yaml"}
    )


CASES = (
    Case(
        "an object that exists already",
        EXISTS,
        (Stage(PREVIEW, before=made), Stage(UP), Stage(NO_CHANGES), Stage(DESTROY)),
    ),
    Case(
        "a field of another manager",
        FIELDS,
        (Stage(UP), Stage(UP, before=applied), Stage(PREVIEW, 2), Stage(UP, 2), Stage(REFRESH), Stage(UP, 2)),
    ),
    Case(
        "a field that is taken by force",
        FORCED,
        (Stage(UP), Stage(UP, 2, before=applied), Stage(UP, 3), Stage(NO_CHANGES, 3)),
    ),
    Case(
        "managers that change",
        HANDED,
        (
            Stage(CONTINUED),
            Stage(CONTINUED, 2, before=applied_with_kubectl),
            Stage(f"{PREVIEW} --target **ConfigMap::cased", 3),
            Stage(CONTINUED, 3),
            Stage(CONTINUED, 4),
            Stage(CONTINUED, 4, env={"PULUMI_K8S_ENABLE_PATCH_FORCE": "true"}),
            Stage(NO_CHANGES, 4, changes_hands=True),
        ),
    ),
)
