"""Writes the AnalysisRuns of Rollouts."""

from __future__ import annotations

from contextlib import suppress

from automation.cluster.client import Conflict
from automation.cluster.ports import Copies, Objects
from automation.core.kinds import ANALYSIS_RUN, Manifest
from automation.core.status import Status
from documents.argo import runs
from documents.argo.standing import Standing


class AnalysisRuns:
    """Objects for people to look at. A cluster that has no such kind gets none."""

    def __init__(self, objects: Objects, copies: Copies) -> None:
        self._objects, self._copies = objects, copies

    def keep(self, at: Standing) -> dict[str, str]:
        """Writes what is measured, ends what nobody goes on with, and forgets old ones. The names of those of the
        present run, by what they are for."""
        if self._copies.lacks(ANALYSIS_RUN):
            return {}
        known = self._known(at.live)
        names = {}
        for what, wanted in runs.analysis_runs(at):
            names[what] = name = runs.name_for(wanted, known)
            self._write(known.get(name), {**wanted, "metadata": {**wanted["metadata"], "name": name}})
        earlier = [one for name, one in known.items() if name not in names.values()]
        for one in earlier:
            if not runs.is_over(one):
                self._tell(one, runs.stopped(at.now)["status"])
        for name in runs.superfluous(earlier, runs.limits(at.live)):
            self._objects.delete(ANALYSIS_RUN, at.canary.namespace, name)
            self._copies.drop(ANALYSIS_RUN, at.canary.namespace, name)
        return names

    def heard(self, live: Manifest, status: Status) -> Status:
        """The status of a Rollout, with what somebody has asked of its AnalysisRuns."""
        if status.steps is None or self._copies.lacks(ANALYSIS_RUN):
            return status
        return runs.stopped_by_people(self._known(live).values(), status)

    def _known(self, live: Manifest) -> dict[str, Manifest]:
        """Those of a Rollout by their names."""
        namespace, uid = live["metadata"]["namespace"], live["metadata"]["uid"]
        return {
            one["metadata"]["name"]: one
            for one in self._copies.all(ANALYSIS_RUN)
            if one["metadata"].get("namespace") == namespace
            and any(owner.get("uid") == uid for owner in one["metadata"].get("ownerReferences") or ())
        }

    def _write(self, live: Manifest | None, wanted: Manifest) -> None:
        if live is None:
            with suppress(Conflict):  # somebody was quicker
                live = self._objects.create(ANALYSIS_RUN, wanted)
                self._copies.put(ANALYSIS_RUN, live)
        if live is not None and not runs.is_over(live):
            self._tell(live, wanted["status"])

    def _tell(self, live: Manifest, status: Manifest) -> None:
        """Argo's definition has no subresource for the status; where one has, a patch of the object leaves it out."""
        if live.get("status") == status:
            return
        named = (live["metadata"]["namespace"], live["metadata"]["name"])
        written = self._objects.patch(ANALYSIS_RUN, *named, {"status": status})
        if "status" not in written:
            written = self._objects.patch(ANALYSIS_RUN, *named, {"status": status}, subresource="status")
        self._copies.put(ANALYSIS_RUN, written)
