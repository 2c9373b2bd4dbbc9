"""Create and update: what is written, on whose behalf, and what a preview foretells."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from engine.kubernetes import waits
from engine.kubernetes.call import Call
from engine.kubernetes.client import ApiError, Unreachable
from engine.kubernetes.cluster import CREATE_MANAGER, Collection, Write
from engine.kubernetes.definitions import for_server, is_definition
from engine.kubernetes.ignoring import leave_to_owners
from engine.kubernetes.kinds import UnknownKind
from engine.kubernetes.objects import (
    PATCH_FIELD_MANAGER,
    Object,
    annotation,
    at,
    is_patch,
    object_id,
    split_id,
    title,
)
from engine.kubernetes.outputs import (
    FIELD_MANAGER,
    INITIAL_VERSION,
    INPUTS,
    checkpoint,
    predicted,
    predicted_new,
)
from engine.kubernetes.ownership import PREDECESSORS, entries, handover, is_predecessor
from engine.provider import InitFailed, ProviderError
from engine.values import PropertyMap, has_unknown, reveal


def create(call: Call, type: str, news: PropertyMap) -> tuple[str, PropertyMap]:
    """(id, outputs) of a new object that is ready. Raises `InitFailed` when it exists but did not get ready."""
    if call.operation.preview:
        return "", _foretell_create(call, type, news)
    body = sendable(news)
    manager = field_manager(call, body, {})
    created = call.patiently(lambda: _create(call, type, body, manager))
    return object_id(created), _settled(call, created, news, manager, before={})


def update(call: Call, type: str, id: str, old_outputs: PropertyMap, news: PropertyMap) -> PropertyMap:
    """The outputs after the object was changed and is ready. Raises `InitFailed` when it did not get ready."""
    if call.operation.preview and has_unknown(news):
        return news
    body, before = sendable(news), reveal(old_outputs)
    manager = field_manager(call, body, before)
    if call.operation.preview:
        return _foretell_update(Update(call, type, id, body, before, manager), news)
    updated = call.patiently(Update(call, type, id, body, before, manager).write)
    return _settled(call, updated, news, manager, before)


def sendable(inputs: PropertyMap) -> Object:
    """The inputs as the API server wants them."""
    body: Object = reveal(inputs)
    return for_server(body) if is_definition(body) else body


def field_manager(call: Call, body: Object, before: Mapping[str, Any]) -> str:
    """On whose behalf fields are applied: the annotation's word, the manager of the object so far, or a new one."""
    if not call.settings.server_side_apply:
        return CREATE_MANAGER
    chosen = annotation(body, PATCH_FIELD_MANAGER) or str(before.get(FIELD_MANAGER) or "")
    return chosen or f"{CREATE_MANAGER}-{secrets.token_hex(4)}"


def _create(call: Call, type: str, body: Object, manager: str) -> Object:
    collection = call.collection_of(body)
    if collection.kind.namespaced and not collection.namespace:
        # Nobody knew before that the kind lives in namespaces: its definition is younger than the check.
        body = {**body, "metadata": {**body["metadata"], "namespace": call.default_namespace()}}
        collection = call.collection_of(body)
    name = body["metadata"]["name"]
    if is_patch(type, body) or call.settings.upsert:
        return _apply(collection, name, body, call.write(manager, body))
    try:
        return collection.create(body, call.write(CREATE_MANAGER))
    except ApiError as error:
        if error.reason == "AlreadyExists":
            raise ProviderError(
                f'{title(body)} already exists: adopt it with the import option (id "{object_id(body)}"), delete it, '
                "or set `upsertExistingObjects` on the provider"
            ) from error
        raise


@dataclass(frozen=True)
class Update:
    """One change of one object, `before` and `body` being its state so far and its new inputs."""

    call: Call
    type: str
    id: str
    body: Object
    before: Mapping[str, Any]
    manager: str

    def write(self, force: bool = False) -> Object:
        """The object after the change. Raises `Conflict` when others own what is to be changed."""
        namespace, name = split_id(self.id)
        collection = self.call.collection_of(self.body, namespace)
        live = self._living(collection, name)
        how = self.call.write(self.manager, self.body, live)
        if is_definition(self.body):
            return self._replace(collection, name, live, how)
        if not self.call.settings.server_side_apply:
            return collection.merge(name, merge_patch(self.before.get(INPUTS, {}), self.body), how)
        if not how.dry_run and not is_patch(self.type, self.body):
            live = _take_over(collection, name, live, self.manager)
        ignored = self.call.operation.ignore_changes
        patch = leave_to_owners(self.body, live, ignored, {self.manager, *PREDECESSORS})
        return _apply(collection, name, patch, replace(how, force=how.force or force or not entries(live)))

    def _living(self, collection: Collection, name: str) -> Object:
        live = collection.get(name)
        if live is None:
            raise ProviderError(
                f"{title(self.body)} is not there any more: somebody deleted it. Run `refresh` first; it is created "
                "anew after that"
            )
        return live

    def _replace(self, collection: Collection, name: str, live: Object, how: Write) -> Object:
        self.call.cluster.kinds.forget(live)
        version = {"resourceVersion": at(live, "metadata", "resourceVersion")}
        return collection.replace(name, {**self.body, "metadata": {**self.body["metadata"], **version}}, how)


def _take_over(collection: Collection, name: str, live: Object, manager: str) -> Object:
    """Hands the fields that were written by plain updates to `manager`, so that they can be removed later."""
    patch = handover(live, manager)
    return collection.edit(name, patch) if patch else live


def _apply(collection: Collection, name: str, body: Object, how: Write) -> Object:
    try:
        return collection.apply(name, body, how)
    except ApiError as error:
        conflicts = _conflicts(error)
        if conflicts:
            raise Conflict(body, conflicts) from error
        raise


class Conflict(ProviderError):
    """Fields belong to other managers. `fields` maps paths to the managers that own them."""

    def __init__(self, body: Object, fields: dict[str, str]):
        self.fields = fields
        listed = "".join(f'\n  - {field}: owned by "{manager}"' for field, manager in sorted(fields.items()))
        super().__init__(
            f"the API server refused to change {title(body)}, because other field managers own these fields:{listed}\n"
            'Take them over with the annotation pulumi.com/patchForce: "true", leave them to their owners with '
            "ignore_changes, or leave them out of the program. Nothing was changed. "
            "See https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/"
        )


def _conflicts(error: ApiError) -> dict[str, str]:
    causes = error.details.get("causes", [])
    conflicts = {}
    for cause in causes if error.status == HTTPStatus.CONFLICT else []:
        if cause.get("reason") == "FieldManagerConflict":
            manager = re.search(r'conflict with "([^"]*)"', cause.get("message", ""))
            conflicts[cause.get("field", "?")] = manager[1] if manager else "another manager"
    return conflicts


def _settled(
    call: Call, live: Object, news: PropertyMap, manager: str, before: Mapping[str, Any]
) -> PropertyMap:
    """The outputs once the object is ready."""
    initial = str(before.get(INITIAL_VERSION) or "")
    try:
        live = waits.until_ready(call, live)
    except waits.NotReady as failure:
        outputs = checkpoint(failure.live, news, manager, initial)
        raise InitFailed(str(failure), object_id(live), outputs, failure.reasons, news) from failure
    if is_definition(live):
        call.cluster.kinds.learn(live)
    return checkpoint(live, news, manager, initial)


def _foretell_create(call: Call, type: str, news: PropertyMap) -> PropertyMap:
    """What the server says it would create; the inputs where it can't tell."""
    if has_unknown(news):
        return news
    body = sendable(news)
    try:
        return predicted_new(_create(call, type, body, field_manager(call, body, {})), news)
    except (UnknownKind, Unreachable):
        return news
    except ApiError as error:
        # The namespace may be part of the same update, and the right to create may not include the right to try.
        if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND) or "dry run" in str(error).lower():
            return news
        raise
    except ProviderError as error:
        if isinstance(error.__cause__, ApiError) and error.__cause__.reason == "AlreadyExists":
            return news
        raise


def _foretell_update(update: Update, news: PropertyMap) -> PropertyMap:
    """What the server says it would change. What the update itself will take over is no conflict in its preview."""
    try:
        return predicted(update.write(), news)
    except (UnknownKind, Unreachable):
        return news
    except Conflict as conflict:
        if not all(
            is_predecessor({"manager": owner, "operation": "Update"}) for owner in conflict.fields.values()
        ):
            raise
    return predicted(update.write(force=True), news)


def merge_patch(old: Any, new: Any) -> Any:
    """The JSON merge patch from one document to another."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    removed = {key: None for key in old if key not in new}
    changed = {key: merge_patch(old.get(key), item) for key, item in new.items() if old.get(key) != item}
    return {**removed, **changed}
