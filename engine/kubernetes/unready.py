"""The annotation `pulumi.com/replaceUnready`: Jobs that are replaced with every update until one is complete."""

from __future__ import annotations

from engine.kubernetes.call import Call
from engine.kubernetes.client import ApiError, Unreachable
from engine.kubernetes.objects import REPLACE_UNREADY, Object, flagged, split_id
from engine.kubernetes.waits import job
from engine.kubernetes.waits.rule import View


def is_unready(call: Call, id: str, wanted: Object) -> bool:
    """Whether the object asks for that, and is not ready at this moment. What can't be told counts as ready."""
    if not flagged(wanted, REPLACE_UNREADY):
        return False
    if wanted.get("kind") != "Job":
        call.operation.log("warning", "replaceUnready annotation is not supported for this resource", False)
        return False
    namespace, name = split_id(id)
    try:
        live = call.collection_of(wanted, namespace).get(name)
    except Unreachable:
        call.operation.log("warning", "Cluster is unreachable, skipping replaceUnready check", False)
        return False
    except ApiError:
        return False
    return live is not None and not job.judge(View(live)).ready
