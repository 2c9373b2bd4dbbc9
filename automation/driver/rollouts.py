"""Argo's Rollouts, as a driver deals with them: their ReplicaSets, and what their `.status` reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from automation.cluster.client import Conflict
from automation.cluster.lending import Lending
from automation.cluster.ports import Copies, Objects
from automation.cluster.recorder import recorded_for
from automation.core.decision import ScaleTarget
from automation.core.kinds import (
    ANALYSIS_TEMPLATE,
    CANARY,
    CLUSTER_ANALYSIS_TEMPLATE,
    REPLICA_SET,
    ROLLOUT,
    Manifest,
)
from automation.core.marks import NUMBER, POD_HASH, SCALE_DOWN, owner_reference
from automation.core.moments import timestamp, unix_seconds
from automation.core.refusal import Problem, Refused
from automation.core.revision_hash import pod_template_hash
from automation.core.spec import Canary
from automation.core.status import Phase, Status
from automation.core.transitions import IDLE
from automation.core.upkeep import Date, Demand, Forget, PodSet, Resize, Upkeep, upkeep
from automation.driver.analysis_runs import AnalysisRuns
from automation.driver.marked_pods import MarkedPods
from automation.driver.origins import resize
from components.handed_over import tested
from components.revision import Revision
from documents.argo import memory, released, report, rollout
from documents.argo.lending import lender, scale_down
from documents.argo.standing import Standing
from documents.argo.template import by_name
from documents.front import canary_of
from workloads.registry import WORKLOADS, workload_of


class Rollouts:
    """Rollouts, with the templates of their analyses."""

    kind = ROLLOUT

    def __init__(self, objects: Objects, copies: Copies) -> None:
        self._objects, self._written = objects, copies
        self._copies = Lending(copies)
        self._runs, self._marked = AnalysisRuns(objects, copies), MarkedPods(objects, copies)

    def status(self, live: Manifest) -> Status:
        return memory.status(live)

    def read(self, live: Manifest, status: Status) -> Canary:
        canary = canary_of(live)
        if problem := self._claimed(canary, live, status):
            raise Refused((problem,))
        stable = status.in_force.revision if status.in_force else ""
        hashes = released.Hashes(stable, pod_template_hash(live["spec"]["template"]))
        return released.with_analyses(canary, live, by_name(self._templates(canary.namespace)), hashes)

    def save(self, live: Manifest, status: Status) -> Manifest:
        metadata = live["metadata"]
        patch = memory.remembering(live, status)
        saved = self._objects.patch(ROLLOUT, metadata["namespace"], metadata["name"], patch)
        self._copies.put(ROLLOUT, saved)
        return saved

    def refused(self, live: Manifest, why: str, now: float) -> None:
        told = {**live, "status": report.invalid(live, why, now)}
        with suppress(Conflict):  # somebody mends it just now
            self._copies.put(ROLLOUT, self._objects.replace_status(ROLLOUT, told))

    def scale(self, canary: Canary, live: Manifest, status: Status, wanted: ScaleTarget) -> None:
        """Pods that serve nobody any more go after a delay (`attend`). A new revision needs its ReplicaSet."""
        revision = status.last_applied_spec
        stable = status.in_force is not None and status.in_force.revision == revision
        if wanted.replicas == 0 or stable:
            return
        name = workload_of(canary).canary_name(canary, revision)
        if self._objects.get(REPLICA_SET, canary.namespace, name) is None:
            made = self._made(canary, live, revision, wanted.replicas)
            with suppress(Conflict):  # somebody was quicker
                self._copies.put(REPLICA_SET, self._objects.create(REPLICA_SET, made))
                return
        resize(self._objects, self._copies, canary, name, wanted.replicas)

    def attend(self, canary: Canary, live: Manifest, status: Status, now: float) -> None:
        """Looks after old ReplicaSets, and reports."""
        sets = [_pod_set(one) for one in self._owned(live)]
        for one in upkeep(status, sets, _demand(canary, live, status), canary.keeping, now):
            self._keep(canary, one)
        self._relieve(canary, status)
        at = Standing(live, rollout.parse(live), canary, status, tuple(self._owned(live)), now)
        self._marked.keep(at)
        self._report(replace(at, names=self._runs.keep(at)))

    def _relieve(self, canary: Canary, status: Status) -> None:
        """Takes its own pods from a workload that only lends them, once a revision of it serves."""
        live = self._written.get(ROLLOUT, canary.namespace, canary.name) or {}
        named = lender(live)
        serves = status.in_force is not None and status.in_force.apex == "primary" and status.phase in IDLE
        if named is None or scale_down(live) != "onsuccess" or not serves:
            return
        row = WORKLOADS[named.kind]
        workload = self._copies.get(row.kind, canary.namespace, named.name)
        if workload is not None and row.replicas(workload):
            patched = row.scaling(0)
            named_by = (canary.namespace, named.name)
            self._objects.patch(row.kind, *named_by, patched.body, subresource=patched.subresource)

    def _report(self, standing: Standing) -> None:
        told = report.reported(standing)
        if told != (standing.live.get("status") or {}):
            saved = self._objects.replace_status(ROLLOUT, {**standing.live, "status": told})
            self._copies.put(ROLLOUT, saved)

    def _claimed(self, canary: Canary, live: Manifest, status: Status) -> Problem | None:
        """Why another release, or another controller, comes first."""
        if self._copies.get(CANARY, canary.namespace, canary.name) is not None:
            told = f"is the name of a Canary in namespace {canary.namespace}, too"
            return Problem("metadata.name", told, "give one of them another name")
        said = live.get("status") or {}
        between = said.get("stableRS") and said.get("stableRS") != said.get("currentPodHash")
        if status == Status() and between:
            told = "says that another controller is in the middle of an update"
            return Problem("status", told, "let that one promote it, or set the template back, first")
        return None

    def _templates(self, namespace: str) -> Iterator[Manifest]:
        yield from self._copies.all(CLUSTER_ANALYSIS_TEMPLATE)
        for one in self._copies.all(ANALYSIS_TEMPLATE):
            if one["metadata"].get("namespace") == namespace:
                yield one

    def _made(self, canary: Canary, live: Manifest, revision: str, replicas: int) -> Manifest:
        """The ReplicaSet of a recorded revision. Raises LookupError where it is not recorded."""
        name = f"{canary.name}-{revision}"
        known = recorded_for(canary.namespace, canary.name, self._copies)
        found = next((one for one in known if one["metadata"]["name"] == name), None)
        if found is None:
            raise LookupError(f"revision {revision} of {canary.full_name} is not recorded")
        data, number = found["data"], int(found["revision"])
        recorded = Revision(revision, data["template"], data.get("spec") or {}, number=number)
        owner = owner_reference(ROLLOUT, canary.name, live["metadata"]["uid"])
        return tested(canary, recorded, replicas, owner)

    def _owned(self, live: Manifest) -> list[Manifest]:
        """The ReplicaSets of a Rollout, whoever has made them."""
        metadata = live["metadata"]
        return [
            one
            for one in self._copies.all(REPLICA_SET)
            if one["metadata"].get("namespace") == metadata["namespace"]
            and any(
                owner.get("uid") == metadata["uid"] for owner in one["metadata"].get("ownerReferences") or ()
            )
        ]

    def _keep(self, canary: Canary, one: Upkeep) -> None:
        named = (canary.namespace, one.name)
        match one:
            case Resize(replicas=replicas):
                resize(self._objects, self._copies, canary, one.name, replicas)
            case Date(goes_at=goes_at):
                text = None if goes_at is None else timestamp(goes_at)
                patch = {"metadata": {"annotations": {SCALE_DOWN: text}}}
                self._copies.put(REPLICA_SET, self._objects.patch(REPLICA_SET, *named, patch))
            case Forget():
                self._objects.delete(REPLICA_SET, *named)
                self._copies.drop(REPLICA_SET, *named)


def _demand(canary: Canary, live: Manifest, status: Status) -> Demand:
    """What the present step asks for, where the present template is on its way."""
    asked, stepwise = workload_of(canary).replicas(live), canary.analysis.stepwise
    latest = pod_template_hash(live["spec"]["template"])
    running = status.phase is Phase.PROGRESSING and not status.ending and status.last_applied_spec == latest
    if stepwise is None or not running:
        return Demand(asked)
    return Demand(asked, stepwise.pods(status.iterations, asked), stepwise.weight(status.iterations))


def _pod_set(live: Manifest) -> PodSet:
    metadata = live["metadata"]
    marks, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
    number, date = marks.get(NUMBER, ""), marks.get(SCALE_DOWN)
    return PodSet(
        metadata["name"],
        labels.get(POD_HASH, ""),
        int(live["spec"].get("replicas") or 0),
        int(number) if number.isdecimal() else 0,
        unix_seconds(date) if date else None,
        int((live.get("status") or {}).get("availableReplicas") or 0),
    )
