"""Revisions: a copy of what a run tested. Primary is made of exactly that, even if the target changes later.

A revision is a ControllerRevision (pod template, rollout settings, names of its configuration), its ConfigMaps and
Secrets are kept as immutable objects of their own kinds. All of them belong to the Canary and go with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.cluster.client import Conflict
from automation.cluster.ports import Copies, Objects
from automation.core import revision_hash
from automation.core.kinds import (
    CONFIG_KINDS,
    CONFIG_MAP,
    CONTENT,
    CONTROLLER_REVISION,
    SECRET,
    Kind,
    Manifest,
    Scope,
)
from automation.core.marks import CANARY, owner_reference, replicas_asked
from automation.core.spec import Canary
from workloads.registry import scaler_of, workload_of

KEPT = 5


class Moved(Exception):
    """The target changed between the decision and its recording; the next tick decides anew."""


class Recorder:
    """Writes revisions. Writing one that is there already changes nothing."""

    def __init__(self, cluster: Objects, copies: Copies) -> None:
        self._cluster, self._copies = cluster, copies

    def record(self, canary: Canary, owner: Manifest, wanted: str, keep: frozenset[str]) -> None:
        """Keeps the target's template and configuration as revision `wanted`.

        Raises Moved if the target's hash is no longer `wanted`: a watch may have brought another one since. Keeps the
        last few revisions and those in `keep`, and deletes the others.
        """
        workload = workload_of(canary)
        live = self._copies.get(workload.kind, canary.namespace, canary.target.name)
        if live is None:
            raise Moved
        template = workload.template(live)
        # The pods of a Rollout are not made anew of what they were tested with, and Argo tracks none of it.
        configs = {} if canary.hands_over else self._configs(canary.namespace, template)
        checksums = {key: revision_hash.config_checksum(config) for key, config in configs.items()}
        if revision_hash.revision_hash(template, checksums) != wanted:
            raise Moved
        marks = _marks(canary, owner)
        kept: dict[str, str] = {}
        for key, config in configs.items():
            kept[key] = self._keep(config, checksums[key], marks)
        rollout = {field: live["spec"][field] for field in workload.rollout_fields if field in live["spec"]}
        rollout["replicas"] = self._replicas(canary, live)
        data: Manifest = {"template": template, "spec": rollout, "configs": kept}
        if scaler := self._scaler(canary):
            data["autoscaler"] = scaler
        known = recorded_for(canary.namespace, canary.name, self._copies)
        revision = _revision(f"{canary.name}-{wanted}", marks, data, known)
        self._made_way(canary, revision, known)
        self._create(CONTROLLER_REVISION, revision)
        # One that was there already is not a new one.
        by_name = {one["metadata"]["name"]: one for one in (revision, *known)}
        self._forget(canary, keep | {wanted}, list(by_name.values()))

    def _made_way(self, canary: Canary, wanted: Manifest, known: list[Manifest]) -> None:
        """A Rollout's revision that is released once more is its newest one again, as Argo counts: it is recorded
        anew."""
        name = wanted["metadata"]["name"]
        before = next((one for one in known if one["metadata"]["name"] == name), None)
        newest = max((int(one["revision"]) for one in known), default=0)
        if canary.hands_over and before is not None and int(before["revision"]) < newest:
            self._cluster.delete(CONTROLLER_REVISION, canary.namespace, name)
            self._copies.drop(CONTROLLER_REVISION, canary.namespace, name)
            known.remove(before)

    def _configs(self, namespace: str, template: Mapping[str, Any]) -> dict[str, Manifest]:
        found = {}
        for reference in revision_hash.tracked_references(template):
            config = self._cluster.get(CONFIG_KINDS[reference.kind], namespace, reference.name)
            if config is not None and revision_hash.is_tracked(config):
                found[reference.key] = config
        return found

    def _keep(self, config: Manifest, checksum: str, marks: Manifest) -> str:
        kind = CONFIG_MAP if config["kind"] == "ConfigMap" else SECRET
        name = f"{config['metadata']['name']}-{checksum[:8]}"
        copy: Manifest = {
            "apiVersion": "v1",
            "kind": config["kind"],
            "metadata": {**marks, "name": name},
            "immutable": True,
            **{part: config[part] for part in (*CONTENT, "type") if part in config},
        }
        self._create(kind, copy)
        return name

    def _replicas(self, canary: Canary, live: Manifest) -> int:
        """How many replicas the primary should have. An idle target has none: then its document says, or else the
        running primary."""
        workload = workload_of(canary)
        if wanted := workload.replicas(live) or replicas_asked(live):
            return wanted
        primary = self._copies.get(workload.kind, canary.namespace, canary.primary_name)
        return (workload.replicas(primary) if primary else 0) or 1

    def _scaler(self, canary: Canary) -> Manifest | None:
        scaler = scaler_of(canary)
        if scaler is None or canary.autoscaler is None:
            return None
        live = self._copies.get(scaler.kind, canary.namespace, canary.autoscaler.name)
        return live["spec"] if live else None

    def _create(self, kind: Kind, body: Manifest) -> None:
        try:
            self._copies.put(kind, self._cluster.create(kind, body))
        except Conflict:
            # It is there: revisions and kept configuration carry their content's hash in their name.
            self._own(kind, body)

    def _own(self, kind: Kind, body: Manifest) -> None:
        """Makes this Canary the owner of an object that an earlier one of the same name left. A ControllerRevision is
        made anew: no patch of one is taken."""
        wanted = body["metadata"]
        known = self._cluster.get(kind, wanted["namespace"], wanted["name"])
        owners = (known or {}).get("metadata", {}).get("ownerReferences") or []
        if [owner["uid"] for owner in owners] == [owner["uid"] for owner in wanted["ownerReferences"]]:
            return
        if kind == CONTROLLER_REVISION:
            self._cluster.delete(kind, wanted["namespace"], wanted["name"])
            self._copies.put(kind, self._cluster.create(kind, body))
        else:
            owned = {"metadata": {"ownerReferences": wanted["ownerReferences"]}}
            self._cluster.patch(kind, wanted["namespace"], wanted["name"], owned)

    def _forget(self, canary: Canary, keep: frozenset[str], known: list[Manifest]) -> None:
        """Deletes old revisions first and then the configuration that no revision names any more."""
        by_age = sorted(known, key=lambda one: int(one["revision"]), reverse=True)
        in_use = {f"{canary.name}-{wanted}" for wanted in keep}
        kept = canary.keeping.history if canary.hands_over else KEPT
        stale = [one for one in by_age[kept:] if one["metadata"]["name"] not in in_use]
        for one in stale:
            self._cluster.delete(CONTROLLER_REVISION, canary.namespace, one["metadata"]["name"])
            self._copies.drop(CONTROLLER_REVISION, canary.namespace, one["metadata"]["name"])
        if not stale:
            return
        named = {name for one in by_age if one not in stale for name in one["data"]["configs"].values()}
        for kind in (CONFIG_MAP, SECRET):
            for config in self._cluster.select(
                kind, Scope(canary.namespace, selector=f"{CANARY}={canary.name}")
            ):
                if config.get("immutable") and config["metadata"]["name"] not in named:
                    self._cluster.delete(kind, canary.namespace, config["metadata"]["name"])


def recorded_for(namespace: str, name: str, copies: Copies) -> list[Manifest]:
    """The recorded revisions of a Canary."""
    return [
        one
        for one in copies.all(CONTROLLER_REVISION)
        if one["metadata"].get("namespace") == namespace
        and (one["metadata"].get("labels") or {}).get(CANARY) == name
    ]


def numbers_of(recorded: list[Manifest]) -> dict[str, int]:
    """In which order revisions were recorded, by their hashes."""
    return {
        one["metadata"]["name"].removeprefix(f"{one['metadata']['labels'][CANARY]}-"): int(one["revision"])
        for one in recorded
    }


def _revision(name: str, marks: Manifest, data: Manifest, known: list[Manifest]) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {**marks, "name": name},
        "revision": max((int(one["revision"]) for one in known), default=0) + 1,
        "data": data,
    }


def _marks(canary: Canary, owner: Manifest) -> Manifest:
    return {
        "namespace": canary.namespace,
        "labels": {CANARY: canary.name},
        "ownerReferences": [owner_reference(canary.origin, canary.name, owner["metadata"]["uid"])],
    }
