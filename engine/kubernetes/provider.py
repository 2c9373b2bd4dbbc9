"""One configured kubernetes provider: objects, Helm releases and functions behind one door."""

from __future__ import annotations

from typing import TypeAlias

from engine.kubernetes import invokes
from engine.kubernetes.call import Call
from engine.kubernetes.cluster import Cluster
from engine.kubernetes.object_provider import ObjectProvider
from engine.kubernetes.recover import recover
from engine.kubernetes.release import RELEASE, ReleaseProvider
from engine.kubernetes.settings import Settings
from engine.provider import Checked, Diff, Operation, ProviderError, Read
from engine.values import PropertyMap

Handler: TypeAlias = ObjectProvider | ReleaseProvider


class KubernetesProvider:
    """Implements `engine.provider.Provider`."""

    def __init__(self, cluster: Cluster, settings: Settings):
        self.cluster = cluster
        self.settings = settings
        self._objects = ObjectProvider(cluster, settings)
        self._releases = ReleaseProvider(cluster, settings)

    def check(
        self, operation: Operation, type: str, olds: PropertyMap, news: PropertyMap, seed: bytes
    ) -> Checked:
        return self._of(type).check(operation, type, olds, news, seed)

    def diff(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> Diff:
        return self._of(type).diff(operation, type, id, old_inputs, old_outputs, news)

    def create(self, operation: Operation, type: str, news: PropertyMap) -> tuple[str, PropertyMap]:
        return self._of(type).create(operation, type, news)

    def update(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> PropertyMap:
        return self._of(type).update(operation, type, id, old_inputs, old_outputs, news)

    def read(
        self,
        operation: Operation,
        type: str,
        id: str,
        inputs: PropertyMap | None,
        outputs: PropertyMap | None,
    ) -> Read:
        return self._of(type).read(operation, type, id, inputs, outputs)

    def delete(
        self, operation: Operation, type: str, id: str, inputs: PropertyMap, outputs: PropertyMap
    ) -> None:
        self._of(type).delete(operation, type, id, inputs, outputs)

    def recover(self, operation: Operation, type: str, inputs: PropertyMap) -> Read:
        """What an interrupted create has left behind. Raises `ProviderError` for a Helm release, maybe half there."""
        if type == RELEASE:
            raise ProviderError(
                "look for the release with `helm list --all`, and uninstall it if it is incomplete"
            )
        return recover(Call(self.cluster, self.settings, operation), type, inputs)

    def invoke(self, operation: Operation, token: str, args: PropertyMap) -> PropertyMap:
        return invokes.invoke(Call(self.cluster, self.settings, operation), token, args)

    def _of(self, type: str) -> Handler:
        return self._releases if type == RELEASE else self._objects
