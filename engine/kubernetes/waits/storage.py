"""Claims and volumes: bound, or as ready as they get before a pod uses them."""

from __future__ import annotations

from engine.kubernetes.objects import Object, at
from engine.kubernetes.waits.rule import READY, Related, Rule, Verdict, View, waiting

FIVE_MINUTES = 300.0


def judge_claim(view: View) -> Verdict:
    phase = at(view.live, "status", "phase", default="")
    lazy = any(item.get("volumeBindingMode") == "WaitForFirstConsumer" for item in view.all("class"))
    if phase == "Bound" or (phase == "Pending" and lazy):
        return READY
    return waiting(
        "Waiting for PersistentVolumeClaim to be bound",
        f"PersistentVolumeClaim is {phase or 'not seen by its controller'}; no PersistentVolume was bound to it",
    )


def related_to_claim(live: Object) -> tuple[Related, ...]:
    name = at(live, "spec", "storageClassName")
    return (Related("class", "storage.k8s.io/v1", "StorageClass", object_name=name),) if name else ()


def judge_volume(view: View) -> Verdict:
    phase = at(view.live, "status", "phase", default="")
    if phase in ("Available", "Bound"):
        return READY
    return waiting(
        "Waiting for PersistentVolume to be available", f"PersistentVolume is {phase or 'not seen yet'}"
    )


CLAIM = Rule(judge_claim, related_to_claim, timeout=FIVE_MINUTES)
VOLUME = Rule(judge_volume, timeout=FIVE_MINUTES)
