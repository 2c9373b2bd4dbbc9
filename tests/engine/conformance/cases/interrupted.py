"""What interrupted updates leave behind: locks, and operations of which nobody knows how they ended."""

import json
from collections.abc import Callable
from typing import Any

from tests.engine.conformance.case import DESTROY, PREVIEW, REFRESH, UP, Api, Case, Stage

GROUP = """
from scene import *
Group("one", size=STAGE)
"""

MAPS = """
from scene import *
settings("one", {"a": "1"}, labels={"stage": str(STAGE)})
settings("two")
"""

LOCK = {
    "pid": 4711,
    "username": "carol",
    "hostname": "elsewhere",
    "timestamp": "2026-01-01T12:00:00.123456789Z",
}


def locked(api: Api) -> None:
    """Somebody on another machine begins to update the stack."""
    folder = api.state / "locks" / "organization" / "shop" / "dev"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "04da6b54-80e4-46f7-96ec-b56ff0331ba8.json").write_text(json.dumps(LOCK))


def interrupted(*pending: tuple[str, str]) -> Callable[[Api], None]:
    """The last update was killed during these operations, each a type and the name of its resource.

    What was being created is not in the state.
    """

    def act(api: Api) -> None:
        path = api.state / "stacks" / "shop" / "dev.json"
        document = json.loads(path.read_text())
        latest = document["checkpoint"]["latest"]
        begun = [_operation(latest["resources"], *one) for one in pending]
        creating = [item["resource"]["urn"] for item in begun if item["type"] == "creating"]
        latest["resources"] = [item for item in latest["resources"] if item["urn"] not in creating]
        latest["pending_operations"] = begun
        path.write_text(json.dumps(document))

    return act


def _operation(resources: list[Any], type: str, name: str) -> dict[str, Any]:
    found = next(item for item in resources if item["urn"].endswith(f"::{name}"))
    begun = {key: item for key, item in found.items() if type != "creating" or key not in ("id", "outputs")}
    return {"resource": begun, "type": type}


def one_deleted(api: Api) -> None:
    api.request("DELETE", f"/api/v1/namespaces/{api.namespace}/configmaps/one")


def created_nothing(api: Api) -> None:
    interrupted(("creating", "one"))(api)
    one_deleted(api)


CLEARED = "--clear-pending-creates"

CASES = (
    Case(
        "locks of others",
        GROUP,
        (
            Stage(UP, before=locked),
            Stage(PREVIEW),
            Stage(REFRESH),
            Stage(DESTROY),
            Stage("stack output"),
            Stage("stack export --file state.json"),
            Stage("stack import --file state.json"),
            Stage("stack rename other"),
            Stage("stack rm --yes dev"),
            Stage("stack rm --yes --force dev"),
            Stage("config set a b"),
            Stage("stack tag set a b"),
            Stage("stack ls --json"),
            Stage("cancel --yes"),
            Stage(UP),
            Stage("cancel --yes", before=locked),
            Stage(DESTROY),
        ),
    ),
    Case(
        "operations that were interrupted",
        MAPS,
        (
            Stage(UP),
            Stage(PREVIEW, before=created_nothing),
            Stage(f"{REFRESH} {CLEARED}"),
            Stage(UP),
            Stage(UP, 2, before=interrupted(("updating", "one"), ("deleting", "two"))),
            Stage(REFRESH, 2, before=interrupted(("updating", "one"), ("deleting", "two"))),
            Stage(DESTROY, before=interrupted(("deleting", "two"))),
        ),
    ),
)
