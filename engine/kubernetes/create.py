"""New objects: created, or foretold in a preview."""

from __future__ import annotations

from http import HTTPStatus

from engine.kubernetes.call import Call, is_temporary
from engine.kubernetes.client import ApiError, Unreachable
from engine.kubernetes.cluster import CREATE_MANAGER
from engine.kubernetes.conflict import apply
from engine.kubernetes.definitions import for_server
from engine.kubernetes.kinds import UnknownKind
from engine.kubernetes.objects import Object, is_patch, object_id, title
from engine.kubernetes.outputs import predicted_new, untold
from engine.kubernetes.settling import settled
from engine.provider import ProviderError
from engine.values import PropertyMap, has_unknown, reveal


def create(call: Call, type: str, news: PropertyMap) -> tuple[str, PropertyMap]:
    """(id, outputs) of a new object that is ready. Raises `InitFailed` when it exists but did not get ready."""
    if call.operation.preview:
        return "", _foretell(call, type, news)
    body = for_server(reveal(news))
    manager = call.manager_of(body)
    created = call.patiently(lambda: _create(call, type, body, manager))
    return object_id(created), settled(call, created, news, manager)


def _create(call: Call, type: str, body: Object, manager: str) -> Object:
    collection = call.collection_of(body)
    if collection.kind.namespaced and not collection.namespace:
        # The check could not ask the API server, or was told by a definition that has changed since.
        body = {**body, "metadata": {**body["metadata"], "namespace": call.default_namespace()}}
        collection = call.collection_of(body)
    if is_patch(type, body) or call.settings.upsert:
        return apply(collection, body["metadata"]["name"], body, call.write(manager, body))
    try:
        return collection.create(body, call.write(CREATE_MANAGER))
    except ApiError as error:
        if error.reason == "AlreadyExists" and not is_temporary(error):
            raise AlreadyExists(body) from error
        raise


class AlreadyExists(ProviderError):
    """There is an object of that name, and it isn't ours."""

    def __init__(self, body: Object):
        super().__init__(
            f'{title(body)} already exists: adopt it with the import option (id "{object_id(body)}"), delete it, '
            "or set `upsertExistingObjects` on the provider"
        )


def _foretell(call: Call, type: str, news: PropertyMap) -> PropertyMap:
    """What the server says it would create; what is known without it where it can't tell."""
    if has_unknown(news):
        return untold(news, news)
    body = for_server(reveal(news))
    try:
        return predicted_new(_create(call, type, body, call.manager_of(body)), news)
    except UnknownKind as error:
        if not error.may_come:
            call.operation.log("warning", str(error), False)
        return untold(news, news)
    except (AlreadyExists, Unreachable):
        # What exists may be what the new object replaces.
        return untold(news, news)
    except ApiError as error:
        # The namespace may be part of the same update, and the right to create may not include the right to try.
        if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND) or "dry run" in str(error).lower():
            return untold(news, news)
        raise
