"""The end of every write: the object is waited for, and what came of it becomes the resource's outputs."""

from __future__ import annotations

from engine.kubernetes import waits
from engine.kubernetes.call import Call
from engine.kubernetes.definitions import is_definition
from engine.kubernetes.objects import Object, object_id
from engine.kubernetes.outputs import checkpoint
from engine.provider import InitFailed
from engine.values import PropertyMap


def settled(
    call: Call, live: Object, news: PropertyMap, manager: str, initial_version: str = ""
) -> PropertyMap:
    """The outputs once the object is ready. Raises `InitFailed`, with the outputs so far, if it does not get ready."""
    try:
        live = waits.until_ready(call, live)
    except waits.NotReady as failure:
        outputs = checkpoint(failure.live, news, manager, initial_version)
        raise InitFailed(str(failure), object_id(live), outputs, failure.reasons, news) from failure
    if is_definition(live):
        call.cluster.kinds.learn(live)
    return checkpoint(live, news, manager, initial_version)
