"""Kubernetes objects as resources: every operation, handed to the module that knows how."""

from __future__ import annotations

import secrets

from engine.kubernetes import check as checking
from engine.kubernetes import diff as diffing
from engine.kubernetes.call import Call
from engine.kubernetes.client import Unreachable
from engine.kubernetes.cluster import Cluster
from engine.kubernetes.create import create
from engine.kubernetes.definitions import for_state, is_definition
from engine.kubernetes.delete import delete
from engine.kubernetes.objects import at
from engine.kubernetes.read import read
from engine.kubernetes.settings import Settings
from engine.kubernetes.unready import is_unready
from engine.kubernetes.update import update
from engine.provider import Checked, Diff, Operation, ProviderError, Read
from engine.values import PropertyMap, has_unknown, reveal


class ObjectProvider:
    """The operations on objects of one cluster, with the signatures of `engine.provider.Provider`."""

    def __init__(self, cluster: Cluster, settings: Settings):
        self.cluster = cluster
        self.settings = settings

    def check(
        self, operation: Operation, type: str, olds: PropertyMap, news: PropertyMap, seed: bytes
    ) -> Checked:
        problem = checking.problem(type, news, self.settings.server_side_apply)
        if problem:
            raise ProviderError(problem)
        call = self._call(operation)
        if is_definition(news) and not has_unknown(news):
            self.cluster.kinds.announce(reveal(news))
        try:
            namespace = self._namespace(call, olds, news)
        except Unreachable as error:
            if olds and self.settings.skip_update_unreachable:
                operation.log(
                    "warning", f"{error}; the object is left as it is (skipUpdateUnreachable)", False
                )
                return Checked(olds)
            namespace = ""
        suffix = seed[:4].hex() if seed else secrets.token_hex(4)
        naming = checking.Naming(operation.urn.split("::", 3)[-1], suffix, namespace)
        inputs = checking.complete(type, olds, news, naming)
        inputs = checking.labelled(olds, inputs, self.settings.server_side_apply)
        return Checked(for_state(inputs))

    def diff(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> Diff:
        found = diffing.diff(type, old_inputs, old_outputs, news, self.settings)
        unready = is_unready(self._call(operation), id, reveal(news))
        return diffing.replaced(found, old_outputs, news) if unready else found

    def create(self, operation: Operation, type: str, news: PropertyMap) -> tuple[str, PropertyMap]:
        return create(self._call(operation), type, news)

    def update(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> PropertyMap:
        return update(self._call(operation), type, id, old_outputs, news)

    def read(
        self,
        operation: Operation,
        type: str,
        id: str,
        inputs: PropertyMap | None,
        outputs: PropertyMap | None,
    ) -> Read:
        return read(self._call(operation), type, id, inputs, outputs)

    def delete(
        self, operation: Operation, type: str, id: str, inputs: PropertyMap, outputs: PropertyMap
    ) -> None:
        delete(self._call(operation), type, id, inputs, outputs)

    def _call(self, operation: Operation) -> Call:
        return Call(self.cluster, self.settings, operation)

    def _namespace(self, call: Call, olds: PropertyMap, news: PropertyMap) -> str:
        """The namespace for an object that names none; empty where it needs none. Asks the cluster only if it must."""
        if self.settings.skip_update_unreachable:
            self.cluster.client.request("GET", "/version")
        if at(news, "metadata", "namespace"):
            return ""
        api_version, kind = str(news["apiVersion"]), str(news["kind"])
        known = self.cluster.kinds.known(api_version, kind)
        if not known and olds.get("apiVersion") == api_version and olds.get("kind") == kind:
            return str(at(olds, "metadata", "namespace", default=""))
        namespaced = self.cluster.kinds.are_namespaced(api_version, kind)
        return call.default_namespace() if namespaced else ""
