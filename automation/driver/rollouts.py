"""Argo's Rollouts, as a driver deals with them: their ReplicaSets, and what their `.status` reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from automation.cluster.client import Conflict
from automation.cluster.lending import Lending
from automation.cluster.ports import Copies, Objects
from automation.cluster.recorder import numbers_of, recorded_for
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
from automation.core.upkeep import Date, Demand, Forget, PodSet, Resize, Upkeep, upkeep
from automation.driver.analysis_runs import AnalysisRuns
from automation.driver.marked_pods import MarkedPods
from automation.driver.origins import resize
from automation.driver.restarts import Restarts
from components.handed_over import tested
from components.revision import Revision
from documents.argo import memory, released, report, rollout
from documents.argo.lending import left_to, lender, scale_down
from documents.argo.standing import Standing
from documents.argo.template import by_name
from documents.front import canary_of
from workloads.registry import LENDERS, workload_of


class Rollouts:
    """Rollouts, with the templates of their analyses."""

    kind = ROLLOUT

    def __init__(self, objects: Objects, copies: Copies) -> None:
        self._objects, self._written = objects, copies
        self._copies = Lending(copies)
        self._runs, self._marked = AnalysisRuns(objects, copies), MarkedPods(objects, copies)
        self._restarts = Restarts(objects)

    def status(self, live: Manifest) -> Status:
        return self._runs.heard(live, memory.status(live))

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
        if (known := self._objects.get(REPLICA_SET, canary.namespace, name)) is None:
            made = self._made(canary, live, status, wanted.replicas)
            with suppress(Conflict):  # somebody was quicker
                self._copies.put(REPLICA_SET, self._objects.create(REPLICA_SET, made))
                return
        self._renumber(canary, revision, known)
        resize(self._objects, self._copies, canary, name, wanted.replicas)

    def attend(self, canary: Canary, live: Manifest, status: Status, now: float) -> None:
        """Looks after old ReplicaSets, and reports."""
        sets = [_pod_set(one) for one in self._owned(live)]
        for one in upkeep(status, sets, _demand(canary, live, status), canary.keeping, now):
            self._keep(canary, one)
        at = Standing(live, rollout.parse(live), canary, status, tuple(self._owned(live)), now)
        self._relieve(at)
        self._marked.keep(at)
        at = replace(at, restarted=self._restarts.keep(at))
        self._report(self._counted(replace(at, names=self._runs.keep(at))))

    def _relieve(self, at: Standing) -> None:
        """Takes its own pods from a workload that only lends them: once a revision of it serves, or as pods of that one
        become available."""
        written = self._written.get(ROLLOUT, at.canary.namespace, at.canary.name) or {}
        if (named := lender(written)) is None:
            return
        row = LENDERS[named.kind]
        workload = self._copies.get(row.kind, at.canary.namespace, named.name)
        left = left_to(at, scale_down(written), row.replicas(workload) if workload else 0)
        if workload is not None and left < row.replicas(workload):
            patched = row.scaling(left)
            named_by = (at.canary.namespace, named.name)
            self._objects.patch(row.kind, *named_by, patched.body, subresource=patched.subresource)

    def _counted(self, at: Standing) -> Standing:
        """Says on the Rollout which of its revisions the present one is."""
        number, metadata = at.numbered(at.latest), at.live["metadata"]
        if not number or (metadata.get("annotations") or {}).get(NUMBER) == str(number):
            return at
        said = {"metadata": {"annotations": {NUMBER: str(number)}}}
        written = self._objects.patch(ROLLOUT, metadata["namespace"], metadata["name"], said)
        self._copies.put(ROLLOUT, written)
        return replace(at, live={**at.live, "metadata": written["metadata"]})

    def _renumber(self, canary: Canary, revision: str, known: Manifest | None) -> None:
        """A ReplicaSet of an earlier revision that is released once more says so."""
        recorded = recorded_for(canary.namespace, canary.name, self._copies)
        number = numbers_of(recorded).get(revision, 0)
        if known is None or not number or _marks(known).get(NUMBER) == str(number):
            return
        said = {"metadata": {"annotations": {NUMBER: str(number)}}}
        named = (canary.namespace, known["metadata"]["name"])
        self._copies.put(REPLICA_SET, self._objects.patch(REPLICA_SET, *named, said))

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

    def _made(self, canary: Canary, live: Manifest, status: Status, replicas: int) -> Manifest:
        """The ReplicaSet of the revision under test. Raises LookupError where it is not recorded."""
        revision, stable = status.last_applied_spec, status.in_force.revision if status.in_force else ""
        name = f"{canary.name}-{revision}"
        known = recorded_for(canary.namespace, canary.name, self._copies)
        found = next((one for one in known if one["metadata"]["name"] == name), None)
        if found is None:
            raise LookupError(f"revision {revision} of {canary.full_name} is not recorded")
        data, number = found["data"], int(found["revision"])
        recorded = Revision(revision, data["template"], data.get("spec") or {}, number=number)
        owner = owner_reference(ROLLOUT, canary.name, live["metadata"]["uid"])
        return tested(canary, recorded, replicas, owner, stable)

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


def _marks(live: Manifest) -> Manifest:
    return live["metadata"].get("annotations") or {}


def _pod_set(live: Manifest) -> PodSet:
    metadata, marks = live["metadata"], _marks(live)
    labels = metadata.get("labels") or {}
    number, date = marks.get(NUMBER, ""), marks.get(SCALE_DOWN)
    return PodSet(
        metadata["name"],
        labels.get(POD_HASH, ""),
        int(live["spec"].get("replicas") or 0),
        int(number) if number.isdecimal() else 0,
        unix_seconds(date) if date else None,
        int((live.get("status") or {}).get("availableReplicas") or 0),
    )
