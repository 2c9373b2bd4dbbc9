"""What others added to generated objects, taken away.

Server-side apply leaves alone what it never asked for, such as a variable that somebody gave primary's container; nor
does a stack's state know of it. It has to be ours first, and goes when the object is applied again.
"""

from __future__ import annotations

from collections.abc import Iterable

from automation.cluster.observer import kinds_by_name
from automation.cluster.ports import Copies, Objects
from automation.core.kinds import CONFIG_KINDS, CONTENT, Kind, Manifest
from automation.core.managed_fields import handed_over
from automation.core.marks import FIELD_MANAGER
from automation.core.observation import Drift
from automation.core.spec import Canary
from automation.driver.drift import REPLICAS, SPEC, misleading
from components.generated import Generated
from workloads.registry import workload_of


class Handover:
    """Writes under the field manager of the release's stack. All raise `Conflict` when an object has changed."""

    def __init__(self, objects: Objects, copies: Copies) -> None:
        self._objects, self._copies = objects, copies

    def put_back(self, canary: Canary, generated: Generated, drifts: Iterable[Drift]) -> None:
        """Applies each object that somebody added to as it is rendered."""
        added = {(drift.kind, drift.name) for drift in drifts if drift.added}
        known = kinds_by_name()
        for manifest in generated.objects:
            kind, part = known[manifest["kind"]], generated.part(manifest)
            if (kind.kind, manifest["metadata"]["name"]) not in added:
                continue
            if kind in CONFIG_KINDS.values():
                self._strip(kind, manifest)
            else:
                if part == "route" and not generated.route_is_foreign:
                    self._unmark(canary, kind, manifest)
                self._apply(kind, manifest, foreign=generated.is_foreign(manifest))

    def primary(self, canary: Canary) -> None:
        """Before primary is to run another revision: then it is what was analysed, and nothing besides."""
        if canary.hands_over:
            return  # it was the canary, with all that it was analysed with
        kind = workload_of(canary).kind
        live = self._copies.get(kind, canary.namespace, canary.primary_name)
        if live is not None:
            self._take(kind, live)

    def _apply(self, kind: Kind, manifest: Manifest, foreign: bool) -> None:
        metadata = manifest["metadata"]
        live = self._copies.get(kind, metadata["namespace"], metadata["name"])
        if live is None:
            return
        if not foreign:
            self._take(kind, live)
        self._copies.put(kind, self._objects.apply(kind, with_pods_of(live, manifest)))

    def _strip(self, kind: Kind, config: Manifest) -> None:
        """Takes away the keys that somebody added to configuration, whoever it was: pods get all that is in there."""
        namespace, name = config["metadata"]["namespace"], config["metadata"]["name"]
        live = self._objects.get(kind, namespace, name)
        added = {
            field: keys for field in CONTENT if live and (keys := _keys(live, field) - _keys(config, field))
        }
        if live and added:
            gone = {field: dict.fromkeys(keys) for field, keys in added.items()}
            body = {"metadata": {"resourceVersion": live["metadata"]["resourceVersion"]}, **gone}
            self._copies.put(kind, self._objects.patch(kind, namespace, name, body))

    def _unmark(self, canary: Canary, kind: Kind, route: Manifest) -> None:
        """Takes away annotations by which somebody leads traffic elsewhere."""
        live = self._copies.get(kind, canary.namespace, canary.route_name)
        names = misleading(canary, route, live) if live else ()
        if live and names:
            version = live["metadata"]["resourceVersion"]
            body = {"metadata": {"resourceVersion": version, "annotations": dict.fromkeys(names)}}
            self._copies.put(kind, self._objects.patch(kind, canary.namespace, canary.route_name, body))

    def _take(self, kind: Kind, live: Manifest) -> None:
        metadata, entries = live["metadata"], handed_over(live, FIELD_MANAGER, SPEC, but=REPLICAS)
        if entries is not None:
            body = {"metadata": {"resourceVersion": metadata["resourceVersion"], "managedFields": entries}}
            self._copies.put(kind, self._objects.patch(kind, metadata["namespace"], metadata["name"], body))


def _keys(config: Manifest, field: str) -> frozenset[str]:
    return frozenset(config.get(field) or ())


def with_pods_of(live: Manifest, manifest: Manifest) -> Manifest:
    """The object as it is rendered, with as many pods as somebody gave it: to leave that out would take them away."""
    spec = manifest.get("spec") or {}
    pods = {field: live["spec"][field] for field in ("replicas",) if field in spec and field in live["spec"]}
    return {**manifest, "spec": {**spec, **pods}}
