"""What a driver already knows of its releases; a step's program that gets it need not read the cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from automation.cluster.ports import Copies, Objects
from automation.cluster.recorder import numbers_of, recorded_for
from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from automation.core.spec import Canary
from automation.core.status import Status
from automation.errors import RivalDriver
from components.generate import generate
from components.generated import Generated
from documents.front import front_of, status_of
from stacks import canary_state, rivals
from stacks.canary_state import CanaryState, Live
from stacks.release import View, inputs_of


class Known:
    """The rollouts of one cluster: live objects from the copy that ticks look at, recorded ones as they were read.

    A revision never changes, so what is recorded is read again only when the status names a revision that is new:
    once or twice in a run.
    """

    def __init__(self, cluster: Objects, copies: Copies) -> None:
        self._cluster, self._copies = cluster, copies
        self._recorded: dict[tuple[str, str], CanaryState] = {}

    def rollout(self, canary: Canary) -> CanaryState | None:
        """Where a Canary stands; None where there is none. Raises ClusterAway, ClusterRefused or RivalDriver."""
        return self._rollout(canary, anew=_uncovered)

    def _rollout(self, canary: Canary, anew: Callable[[CanaryState, Status], bool]) -> CanaryState | None:
        """Where a Canary stands; what is recorded is read where it isn't known, or where `anew` says so."""
        document = self._copies.get(canary.origin, canary.namespace, canary.name)
        if document is None:
            self._recorded.pop((canary.namespace, canary.name), None)
            return None
        status = status_of(document)
        recorded = self._recorded.get((canary.namespace, canary.name))
        if recorded is None or not _same(recorded.document, document) or anew(recorded, status):
            recorded = self._read(document)
        numbers = numbers_of(recorded_for(canary.namespace, canary.name, self._copies))
        live = self._live(canary, status)
        return replace(recorded, document=document, status=status, live=live, numbers=numbers)

    def rendered(self, canary: Canary) -> Generated | None:
        """What the release's program declares for what is in force. Raises as `rollout`, and `Refused`."""
        # What was recorded and is gone is asked for by updates; to ask on every look would keep a core busy.
        rollout = self._rollout(canary, anew=_moved_on)
        if rollout is None or rollout.live is None or rollout.status.in_force is None:
            return None
        placement = rollout.status.in_force
        view = View(
            canary, rollout.document, rollout.live, rollout, placement, None, rollout.cluster, rollout.mesh
        )
        return generate(canary, inputs_of(view))

    def _read(self, document: Manifest) -> CanaryState:
        try:
            rivals.refuse_rivals(self._cluster, front_of(document).kind)
        except Refused as refused:
            raise RivalDriver(str(refused)) from refused
        key = (document["metadata"]["namespace"], document["metadata"]["name"])
        revisions = recorded_for(*key, self._copies)
        recorded = canary_state.recorded_of(self._cluster, document, revisions)
        identity, mesh = self._identities
        found = replace(recorded, cluster=identity, mesh=mesh)
        self._recorded[key] = found
        return found

    @cached_property
    def _identities(self) -> tuple[str, str]:
        """A driver works on the same cluster, and that of its mesh, for as long as it runs."""
        return self._cluster.identity(), self._cluster.mesh_identity()

    def _live(self, canary: Canary, status: Status) -> Live:
        asked = canary_state.asked_of(canary, status)
        found = {(kind, name): self._copies.get(kind, canary.namespace, name) for kind, name in asked}
        return canary_state.live_of(canary, status, found)


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both are the same Canary, not one that was made anew under the same name."""
    return bool(one["metadata"]["uid"] == other["metadata"]["uid"])


def _uncovered(recorded: CanaryState, status: Status) -> bool:
    """Whether the status names a revision that is not among the recorded ones."""
    return not status.revisions <= recorded.revisions.keys()


def _moved_on(recorded: CanaryState, status: Status) -> bool:
    """Whether that revision is one that the status did not name when they were read."""
    return not status.revisions <= recorded.revisions.keys() | recorded.status.revisions
