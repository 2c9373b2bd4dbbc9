"""Objects that somebody else made, or writes to as well."""

from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, REFRESH, UP, Api, Case, Stage

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
    path = f"/api/v1/namespaces/{api.namespace}/configmaps/one"
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"a": "theirs"}}
    params = {"fieldManager": "carol", "force": "true"}
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
)
