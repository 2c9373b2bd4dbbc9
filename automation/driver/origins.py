"""What a driver does with documents of one kind beside their releases: it reads them, and writes where these stand."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from automation.cluster.ports import Copies, Objects
from automation.cluster.watches import Key
from automation.core.alerts import Subscription
from automation.core.decision import ScaleTarget
from automation.core.kinds import CANARY, Kind, Manifest
from automation.core.spec import Canary
from automation.core.status import Status
from automation.errors import ClusterRefused
from documents.front import canary_of, status_of
from gateways.registry import DEFAULT
from workloads.registry import scaler_of, workload_of
from workloads.workload import Scaling


class Origin(Protocol):
    """A kind of document. Whatever writes raises `Conflict` when the object has changed, and the cluster's errors."""

    @property
    def kind(self) -> Kind: ...

    def status(self, live: Manifest) -> Status:
        """Where its release stands. Raises Refused where that can't be read."""
        ...

    def read(self, live: Manifest, status: Status) -> Canary:
        """The release. Raises Refused with every problem of the document."""
        ...

    def save(self, live: Manifest, status: Status) -> Manifest:
        """Writes where the release stands; the object as it is then."""
        ...

    def refused(self, live: Manifest, why: str, now: float) -> None:
        """Says in the document's own place why it is refused."""
        ...

    def scale(self, canary: Canary, live: Manifest, status: Status, wanted: ScaleTarget) -> None:
        """Gives the target so many pods."""
        ...

    def attend(self, canary: Canary, live: Manifest, status: Status, now: float) -> None:
        """What is done after each tick (at unix seconds `now`) of a release that is driven here."""
        ...


class Canaries:
    """Flagger's Canaries; those that name no gateway have `provider`, and those that say nobody to be alerted `alerts`.
    Their status is their own."""

    kind = CANARY

    def __init__(
        self,
        objects: Objects,
        copies: Copies,
        provider: str = DEFAULT,
        alerts: tuple[Subscription, ...] = (),
    ) -> None:
        self._objects, self._copies, self._provider, self._alerts = objects, copies, provider, alerts

    def status(self, live: Manifest) -> Status:
        return status_of(live)

    def read(self, live: Manifest, status: Status) -> Canary:
        canary = canary_of(live, self._provider)
        if canary.analysis.alerts or not self._alerts:
            return canary
        return replace(canary, analysis=replace(canary.analysis, alerts=self._alerts))

    def save(self, live: Manifest, status: Status) -> Manifest:
        saved = self._objects.replace_status(CANARY, {**live, "status": status.document()})
        refuse_forgetful(saved, status)
        self._copies.put(CANARY, saved)
        return saved

    def refused(self, live: Manifest, why: str, now: float) -> None:
        """A Canary has no place for it: an Event says so."""

    def scale(self, canary: Canary, live: Manifest, status: Status, wanted: ScaleTarget) -> None:
        """Its autoscaler is paused before it goes to zero, and on again before it leaves it."""
        pause(self._objects, self._copies, canary, wanted.replicas == 0)
        resize(self._objects, self._copies, canary, canary.target.name, wanted.replicas)

    def attend(self, canary: Canary, live: Manifest, status: Status, now: float) -> None:
        """There is nothing else."""


def pause(objects: Objects, copies: Copies, canary: Canary, paused: bool) -> None:
    """Keeps the target's autoscaler from scaling it, or lets it. One that isn't there scales nothing."""
    scaler = scaler_of(canary)
    body = scaler.pausing(paused) if scaler else None
    if scaler and canary.autoscaler and body is not None:
        _patch(objects, copies, scaler.kind, (canary.namespace, canary.autoscaler.name), Scaling(body))


def resize(objects: Objects, copies: Copies, canary: Canary, name: str, replicas: int) -> None:
    """Gives what runs pods so many of them. One that isn't there has none: a run must still come to its end."""
    workload = workload_of(canary)
    _patch(objects, copies, workload.pods, (canary.namespace, name), workload.scaling(replicas))


def _patch(objects: Objects, copies: Copies, kind: Kind, named: Key, scaling: Scaling) -> None:
    try:
        objects.patch(kind, *named, scaling.body, subresource=scaling.subresource)
    except ClusterRefused:
        if objects.get(kind, *named) is not None:
            raise
        return
    # The watch may not have heard of it yet, and the next look must not rest on what was so before.
    if (found := objects.get(kind, *named)) is not None:
        copies.put(kind, found)


def refuse_forgetful(saved: Manifest, status: Status) -> None:
    """Raises ClusterRefused where the API server dropped fields of ours: a run could never go on from there."""
    kept = saved.get("status") or {}
    lost = [name for name in ("inForce", "intent") if name in status.document() and name not in kept]
    if lost:
        raise ClusterRefused(
            f"the cluster's definition of Canary has no status.{lost[0]}: it is not the one that Sluice declares",
            "let the platform stack declare it (platform.definitions); documents and other fields stay as they are",
        )
