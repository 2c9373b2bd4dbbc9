"""Taking an object away, and waiting until it is gone."""

from __future__ import annotations

from http import HTTPStatus

from engine.kubernetes import waits
from engine.kubernetes.call import Call
from engine.kubernetes.client import ApiError, Unreachable
from engine.kubernetes.cluster import Collection
from engine.kubernetes.definitions import is_definition
from engine.kubernetes.kinds import UnknownKind
from engine.kubernetes.objects import (
    DELETION_PROPAGATION,
    PATCH_FIELD_MANAGER,
    Object,
    annotation,
    at,
    identity,
    is_patch,
    split_id,
    title,
)
from engine.kubernetes.outputs import FIELD_MANAGER
from engine.provider import ProviderError
from engine.values import PropertyMap, reveal

_POLICIES = {"orphan": "Orphan", "background": "Background"}


def delete(call: Call, type: str, id: str, inputs: PropertyMap, outputs: PropertyMap) -> None:
    """Deletes the object and what belongs to it. An object that is gone already is success."""
    document = {**reveal(inputs), **reveal(outputs)}
    namespace, name = split_id(id)
    try:
        collection = call.collection_of(document, namespace)
        if is_patch(type, document):
            _let_go(call, collection, name, document)
        else:
            _remove(call, collection, name, document)
    except UnknownKind:
        return
    except Unreachable as error:
        if not call.settings.delete_unreachable:
            raise
        call.operation.log("warning", f"{error}; {id} is dropped from the state (deleteUnreachable)", False)


def _remove(call: Call, collection: Collection, name: str, document: Object) -> None:
    try:
        answer = collection.delete(name, propagation(document))
    except ApiError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return
        raise
    if is_definition(document):
        call.cluster.kinds.forget(document)
    # A `Status` says that the object is gone; the object itself, that somebody has to finish with it first.
    if answer.get("kind") != "Status" and at(answer, "metadata", "deletionTimestamp"):
        waits.until_gone(call, collection, answer)


def _let_go(call: Call, collection: Collection, name: str, document: Object) -> None:
    """Gives up the fields of a patch by applying nothing but the object's identity."""
    manager = annotation(document, PATCH_FIELD_MANAGER) or str(document.get(FIELD_MANAGER) or "")
    if not manager or collection.get(name) is None:
        return
    try:
        collection.apply(name, identity(document), call.write(manager, document))
    except ApiError as error:
        if error.status == HTTPStatus.UNPROCESSABLE_ENTITY and "Required value" in str(error):
            raise ProviderError(
                f"{title(document)} can't be given up: this patch is the only owner of required fields "
                f"({error}). Let another manager apply them first, or leave the object as it is with the option "
                "`retain_on_delete`"
            ) from error
        raise


def propagation(document: Object) -> str:
    """The policy that the annotation asks for, foreground where it asks for none that is known."""
    return _POLICIES.get(annotation(document, DELETION_PROPAGATION).lower(), "Foreground")
