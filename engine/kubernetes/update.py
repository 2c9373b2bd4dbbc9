"""Changes of objects that exist: made, or foretold in a preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from engine.kubernetes.call import Call
from engine.kubernetes.client import ApiError, Unreachable
from engine.kubernetes.cluster import Collection, Write
from engine.kubernetes.conflict import Conflict, apply
from engine.kubernetes.definitions import for_server, is_definition
from engine.kubernetes.ignoring import leave_to_owners
from engine.kubernetes.kinds import UnknownKind
from engine.kubernetes.objects import Object, at, identity, is_patch, split_id, title
from engine.kubernetes.outputs import FIELD_MANAGER, INITIAL_VERSION, INPUTS, checkpoint, predicted
from engine.kubernetes.ownership import entries, handover, is_predecessor
from engine.kubernetes.settling import settled
from engine.provider import InitFailed, ProviderError
from engine.values import PropertyMap, has_unknown, reveal


def update(call: Call, type: str, id: str, old_outputs: PropertyMap, news: PropertyMap) -> PropertyMap:
    """The outputs after the object was changed and is ready. Raises `InitFailed` when it did not get ready."""
    if call.operation.preview and has_unknown(news):
        return news
    body, before = for_server(reveal(news)), reveal(old_outputs)
    change = Update(call, type, id, body, before, call.manager_of(body, before))
    initial_version = str(before.get(INITIAL_VERSION) or "")
    try:
        if call.operation.preview:
            return _foretell(change, news)
        live = call.patiently(change.write)
    except (ApiError, Conflict) as refusal:
        raise change.refused(refusal, news, initial_version) from refusal
    change.let_predecessor_go(live)
    return settled(call, live, news, change.manager, initial_version)


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
        how = self.call.write(self.manager, self.body)
        if is_definition(self.body):
            return self._replace(collection, name, live, how)
        if not self.call.settings.server_side_apply:
            return self.merge()
        if not how.dry_run and not is_patch(self.type, self.body):
            live = _take_over(collection, name, live, self.manager)
        ignored = self.call.operation.ignore_changes
        patch = leave_to_owners(self.body, live, ignored, self.manager)
        return apply(collection, name, patch, replace(how, force=how.force or force or not entries(live)))

    def refused(self, refusal: ProviderError, news: PropertyMap, initial_version: str) -> ProviderError:
        """What a refusal comes to: the object stays as it is, and the next update tries again."""
        namespace, name = split_id(self.id)
        live = self.call.collection_of(self.body, namespace).get(name)
        if live is None:
            return refusal
        outputs = checkpoint(live, news, self.manager, initial_version)
        return InitFailed(str(refusal), self.id, outputs, [str(refusal)], news)

    def let_predecessor_go(self, live: Object) -> None:
        """Gives up what was applied under the name that the field manager had before."""
        before = str(self.before.get(FIELD_MANAGER) or "")
        if self.call.settings.server_side_apply and before not in ("", self.manager):
            namespace, name = split_id(self.id)
            collection = self.call.collection_of(self.body, namespace)
            collection.apply(name, identity(live), self.call.write(before))

    def merge(self) -> Object:
        """The object after a change that minds no owners: what was declared becomes what is declared now."""
        namespace, name = split_id(self.id)
        patch = merge_patch(self.before.get(INPUTS, {}), self.body)
        return self.call.collection_of(self.body, namespace).merge(name, patch, self.call.write(self.manager))

    def takes_over(self) -> bool:
        """Whether fields of plain updates will be handed over to the manager by the next change."""
        namespace, name = split_id(self.id)
        live = self.call.collection_of(self.body, namespace).get(name)
        return live is not None and any(is_predecessor(entry) for entry in entries(live))

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


def _foretell(change: Update, news: PropertyMap) -> PropertyMap:
    """What the server says it would change. What the update itself will take over is no conflict in its preview."""
    try:
        return predicted(change.write(), news)
    except (UnknownKind, Unreachable):
        return news
    except Conflict as conflict:
        owners = ({"manager": owner, "operation": "Update"} for owner in conflict.fields.values())
        if not all(is_predecessor(owner) for owner in owners):
            raise
        return predicted(change.write(force=True), news)
    except ApiError as error:
        if error.status == HTTPStatus.FORBIDDEN:
            # The right to change may not include the right to try.
            return news
        # A port or a container of another name stands beside the old one until the old one's owner is taken over.
        if error.status != HTTPStatus.UNPROCESSABLE_ENTITY or not change.takes_over():
            raise
        return predicted(change.merge(), news)


def merge_patch(old: Any, new: Any) -> Any:
    """The JSON merge patch from one document to another."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    removed = {key: None for key in old if key not in new}
    changed = {key: merge_patch(old.get(key), item) for key, item in new.items() if old.get(key) != item}
    return {**removed, **changed}
