"""What live pods of a Rollout carry for their part in a release: `canaryMetadata`, `stableMetadata` and their like.

It is no part of the pod template, so that a change of it starts no pods.
"""

from __future__ import annotations

from collections.abc import Mapping

from automation.core.keeping import NO_METADATA, PodMetadata
from automation.core.kinds import Manifest
from automation.core.marks import POD_HASH, POD_METADATA
from documents.argo.standing import Standing


def wanted(at: Standing, pods: Manifest) -> PodMetadata:
    """What the pods of a ReplicaSet are to carry: those of the stable revision, of the present template, or neither."""
    revision = pods["metadata"].get("labels", {}).get(POD_HASH)
    if revision == (at.stable or at.latest):
        return at.canary.keeping.stable
    return at.canary.keeping.tested if revision == at.latest else NO_METADATA


def given(pods: Manifest) -> PodMetadata:
    """What the pods of a ReplicaSet were given."""
    return PodMetadata.parse((pods["metadata"].get("annotations") or {}).get(POD_METADATA, "{}"))


def change(before: PodMetadata, after: PodMetadata) -> Manifest:
    """A merge patch of metadata: what was given and is not wanted any more goes, and nothing else does."""
    return {
        "labels": _change(before.labels, after.labels),
        "annotations": _change(before.annotations, after.annotations),
    }


def _change(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str | None]:
    return {**dict.fromkeys(before, None), **after}
