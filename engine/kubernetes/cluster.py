"""One cluster: its API server, the kinds it serves, and collections of objects to act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.kubernetes.client import APPLY_PATCH, JSON_PATCH, MERGE_PATCH, Client, Stream, Unreachable
from engine.kubernetes.kind import Kind
from engine.kubernetes.kinds import Kinds
from engine.kubernetes.kubeconfig import Source, namespace_of
from engine.kubernetes.objects import Object, at
from engine.kubernetes.patience import Patience
from engine.provider import ProviderError

CREATE_MANAGER = "pulumi-kubernetes"


class Cluster:
    """A connection and what was learned over it. One is shared by all providers of the same cluster."""

    def __init__(self, source: Source, patience: Patience = Patience()):
        self._source = source
        self.client = Client(source, patience)
        self.kinds = Kinds(self.client.find)

    @cached_property
    def namespace(self) -> str:
        """The namespace of the kubeconfig's context, empty where it names none. Raises `Unreachable`; no requests."""
        try:
            return namespace_of(self._source)
        except ProviderError as error:
            raise Unreachable(str(error)) from error

    def collection(self, api_version: str, kind: str, namespace: str = "") -> Collection:
        """The objects of a kind, in one namespace or in all. Raises `UnknownKind`."""
        return Collection(self.client, self.kinds.find(api_version, kind), namespace)

    def collection_of(self, document: Mapping[str, Any], namespace: str = "") -> Collection:
        """The collection that the object belongs to. `namespace` counts where the object names none."""
        own = at(document, "metadata", "namespace", default=namespace)
        return self.collection(str(document["apiVersion"]), str(document["kind"]), own)


@dataclass(frozen=True)
class Write:
    """How a write is to be done: only tried (`dry_run`), on whose behalf, and who hears the server's warnings."""

    manager: str = CREATE_MANAGER
    dry_run: bool = False
    force: bool = False
    warn: Callable[[str], None] | None = None

    def query(self) -> dict[str, str]:
        query = {"fieldManager": self.manager, "fieldValidation": "Warn"}
        if self.dry_run:
            query["dryRun"] = "All"
        return query


@dataclass(frozen=True)
class Collection:
    """The objects of one kind. Every method raises `ApiError` when refused and `Unreachable` without an answer."""

    client: Client
    kind: Kind
    namespace: str = ""

    def path(self, name: str = "") -> str:
        return self.kind.path(self.namespace, name)

    def get(self, name: str) -> Object | None:
        return self.client.find(self.path(name))

    def select(self, query: Mapping[str, str]) -> list[Object]:
        """The objects that a query selects."""
        items = at(self.client.find(self.path(), query) or {}, "items", default=[])
        # Items of a list carry neither kind nor version.
        return [{"apiVersion": self.kind.api_version, "kind": self.kind.name, **item} for item in items]

    def create(self, document: Object, how: Write) -> Object:
        return self.client.request("POST", self.path(), how.query(), document, warn=how.warn)

    def replace(self, name: str, document: Object, how: Write) -> Object:
        return self.client.request("PUT", self.path(name), how.query(), document, warn=how.warn)

    def apply(self, name: str, document: Object, how: Write) -> Object:
        """Server-side apply."""
        query = {**how.query(), "force": "true" if how.force else "false"}
        return self.client.request("PATCH", self.path(name), query, document, APPLY_PATCH, how.warn)

    def merge(self, name: str, patch: Object, how: Write) -> Object:
        """A JSON merge patch: nulls delete, lists are replaced as a whole."""
        return self.client.request("PATCH", self.path(name), how.query(), patch, MERGE_PATCH, how.warn)

    def edit(self, name: str, operations: list[Object]) -> Object:
        """A JSON patch."""
        return self.client.request("PATCH", self.path(name), None, operations, JSON_PATCH)

    def delete(self, name: str, propagation: str) -> Object:
        return self.client.request("DELETE", self.path(name), {"propagationPolicy": propagation})

    def watch(self, query: Mapping[str, str]) -> Stream:
        return self.client.stream(self.path(), {"watch": "true", "allowWatchBookmarks": "true", **query})
