"""What an interrupted create has left behind."""

from __future__ import annotations

from engine.kubernetes.call import Call
from engine.kubernetes.cluster import CREATE_MANAGER
from engine.kubernetes.definitions import for_server
from engine.kubernetes.kinds import UnknownKind
from engine.kubernetes.objects import Object, at, is_patch, object_id
from engine.kubernetes.ownership import entries
from engine.kubernetes.read import read
from engine.provider import Read
from engine.values import PropertyMap, reveal


def recover(call: Call, type: str, inputs: PropertyMap) -> Read:
    """The object that a create with these inputs made, if there is one; an empty id otherwise.

    An apply may be repeated, so what it has left behind needs no looking for. An object of the same name that
    somebody else created is not ours to take.
    """
    body = for_server(reveal(inputs))
    name = at(body, "metadata", "name")
    if not name or is_patch(type, body) or call.settings.upsert:
        return Read("")
    try:
        live = call.collection_of(body).get(name)
    except UnknownKind:
        return Read("")
    if live is None or not _created_here(live):
        return Read("")
    return read(call, type, object_id(live), inputs, None)


def _created_here(live: Object) -> bool:
    """Whether the object was made by a plain create of this provider and has not been applied since."""
    return any(
        entry.get("manager") == CREATE_MANAGER and entry.get("operation") == "Update"
        for entry in entries(live)
    )
