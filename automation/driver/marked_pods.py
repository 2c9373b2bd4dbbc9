"""Gives live pods of a Rollout the labels and annotations of their part in its release."""

from __future__ import annotations

from automation.cluster.ports import Copies, Objects
from automation.core.kinds import POD, REPLICA_SET, Manifest, Scope
from automation.core.marks import POD_HASH, POD_METADATA, is_deleted
from documents.argo.pod_metadata import change, given, wanted
from documents.argo.standing import Standing


class MarkedPods:
    """New pods get them by their ReplicaSet's template, those that are there one by one."""

    def __init__(self, objects: Objects, copies: Copies) -> None:
        self._objects, self._copies = objects, copies

    def keep(self, at: Standing) -> None:
        for pods in at.sets:
            if given(pods) != wanted(at, pods):
                self._give(at, pods)

    def _give(self, at: Standing, pods: Manifest) -> None:
        """That it was done is written last: whoever is interrupted does it once more."""
        namespace, name = at.canary.namespace, pods["metadata"]["name"]
        metadata, carried = change(given(pods), wanted(at, pods)), wanted(at, pods)
        self._objects.patch(REPLICA_SET, namespace, name, {"spec": {"template": {"metadata": metadata}}})
        selector = f"{POD_HASH}={pods['metadata']['labels'][POD_HASH]}"
        for pod in self._objects.select(POD, Scope(namespace, selector=selector)):
            if not is_deleted(pod):
                self._objects.patch(POD, namespace, pod["metadata"]["name"], {"metadata": metadata})
        said = {"metadata": {"annotations": {POD_METADATA: carried.text if carried else None}}}
        self._copies.put(REPLICA_SET, self._objects.patch(REPLICA_SET, namespace, name, said))
