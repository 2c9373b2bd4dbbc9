"""One tick of one Canary: look, decide, act, record. All decisions are made by `automation.core`.

All state is in the cluster, so the next tick carries on wherever a driver was killed. The status is written with
the version that was read; a driver that loses this race does nothing and looks again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from automation.cluster.client import Cluster, Conflict
from automation.cluster.events import Announcement
from automation.cluster.leases import Leases
from automation.cluster.observer import Observer, TickContext
from automation.cluster.recorder import Moved, Recorder
from automation.cluster.watches import Watches
from automation.core.decide import decide
from automation.core.decision import (
    Action,
    Announce,
    Decision,
    Event,
    MakeLive,
    RecordRevision,
    Save,
    ScaleTarget,
    normal,
    warning,
)
from automation.core.kinds import CANARY, Kind, Manifest
from automation.core.liveness import is_live
from automation.core.observation import Observation
from automation.core.settle import Veto, abandon
from automation.core.spec import Canary, Refused
from automation.core.status import Phase, Status
from automation.core.traffic import ALL_ON_PRIMARY
from automation.errors import ClusterRefused, UpdateFailed
from automation.questions.asker import Asker
from automation.updates.placer import Placer, Postponed
from automation.updates.stacks import PolicyRefused
from documents.front import canary_of
from workloads.registry import workload_of

Announcer = Callable[[Announcement, Manifest], None]
RESTING = (Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED, Phase.TERMINATED)
ROUNDS = 100
"""How often one tick may ask before a decision counts as never ending."""


@dataclass(frozen=True)
class Tick:
    """What a tick came to: the status after it, and why.

    `refused` says what is wrong with the document, `policy` which policy stopped the step, `rival` who drives the
    Canary instead of us, `obstacle` what keeps a run from beginning, `failing` how the update fails without which none
    can begin; each is empty otherwise. `done`: at rest, and nothing that is new waits to be released. `owed`: the stack
    could not take an update yet, and its route was patched directly.
    """

    status: Status
    reason: str
    refused: str = ""
    policy: str = ""
    rival: str = ""
    obstacle: str = ""
    failing: str = ""
    done: bool = False
    owed: bool = False


@dataclass
class Ports:
    """All that a driver acts through."""

    cluster: Cluster
    watches: Watches
    observer: Observer
    asker: Asker
    recorder: Recorder
    placer: Placer
    leases: Leases
    announce: Announcer
    clock: Callable[[], float] = time.time
    write_back: Callable[[Canary], str] = field(default=lambda canary: "")
    fresh_attempt: Callable[[], str] = field(default=lambda: "")


@dataclass(frozen=True)
class Scene:
    """A Canary in the middle of a tick: the live object, what it says, and what is so."""

    live: Manifest
    canary: Canary
    status: Status
    observation: Observation


class Driver:
    """Ticks the Canaries of one cluster. One Canary must not be ticked from two threads at once."""

    def __init__(self, ports: Ports, scrape_interval: float, strict: bool = False) -> None:
        self._ports, self._scrape_interval, self._strict = ports, scrape_interval, strict
        self._told: dict[tuple[str, str], str] = {}

    def tick(self, namespace: str, name: str) -> Tick | None:
        """One tick; None when there is no such Canary. Raises the cluster's errors: the caller waits and retries."""
        live = self._ports.watches.get(CANARY, namespace, name)
        if live is None:
            return None
        status = Status.parse(live.get("status") or {})
        try:
            canary = canary_of(live)
        except Refused as refused:
            return self._refuse(live, status, refused)
        scene = self._look(live, canary, status)
        try:
            return replace(self._advance(scene), owed=self._ports.placer.owes(canary))
        except Conflict:
            self._look_anew(CANARY, namespace, name)
            return outcome(scene, "the Canary changed meanwhile; looking again")
        except Moved:
            self._look_anew(workload_of(canary).kind, namespace, canary.target.name)
            return outcome(scene, "the target changed meanwhile; looking again")

    def _look(self, live: Manifest, canary: Canary, status: Status) -> Scene:
        initialising = status.phase in (Phase.NONE, Phase.INITIALIZING) and not canary.skip_analysis
        context = TickContext(
            now=self._ports.clock(),
            fresh_attempt=self._ports.fresh_attempt(),
            scrape_interval=self._scrape_interval,
            strict=self._strict,
            providers=self._ports.asker.probe(canary) if initialising and not canary.suspend else None,
        )
        return Scene(live, canary, status, self._ports.observer.observe(canary, context))

    def _advance(self, scene: Scene) -> Tick:
        for text in self._ports.placer.reconcile(scene.canary):
            self._announce(scene, warning(text))
        decision = decide(scene.canary, scene.status, scene.observation)
        if not decision.actions and not decision.questions:
            return outcome(scene, decision.reason)
        # The Lease comes before the first question: a hook must not be called by two drivers.
        if rival := self._ports.leases.hold(scene.canary):
            return outcome(scene, f"driven by {rival}", rival=rival)
        with self._ports.leases.kept(scene.canary):
            return self._act(scene, self._decide(scene))

    def _decide(self, scene: Scene) -> Decision:
        observation = scene.observation
        for _ in range(ROUNDS):
            decision = decide(scene.canary, scene.status, observation)
            if not decision.questions:
                return decision
            observation = self._ports.asker.answer(scene.canary, observation, decision.questions)
        raise RuntimeError(f"{scene.canary.full_name}: a decision asked {ROUNDS} rounds of questions")

    def _act(self, scene: Scene, decision: Decision) -> Tick:
        for action in decision.actions:
            if isinstance(action, MakeLive):
                return self._update(scene, action)
            scene = self._take(scene, action)
        tick = outcome(scene, decision.reason)
        return replace(tick, obstacle=decision.obstacle, done=False) if decision.obstacle else tick

    def _take(self, scene: Scene, action: Action) -> Scene:
        canary = scene.canary
        match action:
            case RecordRevision(revision=revision):
                self._ports.asker.forget(canary)
                self._ports.recorder.record(canary, scene.live, revision, _in_use(scene.status))
                if told := self._ports.write_back(canary):
                    self._announce(scene, normal(told))
            case ScaleTarget(replicas=replicas):
                self._scale(canary, replicas)
            case Save(status=status):
                return self._save(scene, status)
            case Announce(event=event):
                self._announce(scene, event)
        return scene

    def _update(self, scene: Scene, update: MakeLive) -> Tick:
        """Makes an intent live. A forward one that fails moves nothing and is tried again by a later tick."""
        canary = scene.canary
        try:
            for text in self._ports.placer.place(canary, update):
                self._announce(scene, warning(text))
        except PolicyRefused as refused:
            return self._halt(scene, Veto(refused.policy, refused.message))
        except Postponed as postponed:
            self._announce(scene, warning(str(postponed)))
            idle = scene.status.traffic == ALL_ON_PRIMARY
            failing = str(postponed) if idle and isinstance(postponed.__cause__, UpdateFailed) else ""
            return replace(outcome(scene, str(postponed)), failing=failing)
        scene = self._look(scene.live, canary, scene.status)
        if not is_live(update.intent, scene.observation):
            return outcome(scene, f"{update.message}: not live yet")
        return replace(self._act(scene, self._decide(scene)), reason=update.message)

    def _halt(self, scene: Scene, refusal: Veto) -> Tick:
        """A policy said no: nothing moved, the intent is dropped, and the next tick tries again."""
        dropped = abandon(scene.canary, scene.status, refusal)
        scene = self._save(scene, dropped.status)
        for event in dropped.events:
            self._announce(scene, event)
        text = dropped.events[0].text
        return outcome(scene, text, policy=text)

    def _scale(self, canary: Canary, replicas: int) -> None:
        workload, target = workload_of(canary), (canary.namespace, canary.target.name)
        scaling = workload.scaling(replicas)
        self._ports.cluster.patch(workload.kind, *target, scaling.body, subresource=scaling.subresource)
        self._look_anew(workload.kind, *target)

    def _look_anew(self, kind: Kind, namespace: str, name: str) -> None:
        """Reads an object whose change the watch may not have seen yet: the next look must not rest on the old one."""
        thing = self._ports.cluster.get(kind, namespace, name)
        if thing is not None:
            self._ports.watches.put(kind, thing)

    def _save(self, scene: Scene, status: Status) -> Scene:
        saved = self._ports.cluster.replace_status(CANARY, {**scene.live, "status": status.document()})
        refuse_forgetful(saved, status)
        self._ports.watches.put(CANARY, saved)
        return Scene(saved, scene.canary, status, scene.observation)

    def _announce(self, scene: Scene, event: Event) -> None:
        canary = scene.canary
        announcement = Announcement(
            canary.namespace, canary.name, event.type, event.text, self._ports.clock()
        )
        self._ports.announce(announcement, scene.live)

    def _refuse(self, live: Manifest, status: Status, refused: Refused) -> Tick:
        """Says once for each version of the document what is wrong with it; what runs keeps running."""
        metadata = live["metadata"]
        key = (metadata["namespace"], metadata["name"])
        text = "; ".join(str(problem) for problem in refused.problems)
        if self._told.get(key) != text:
            self._told[key] = text
            announcement = Announcement(*key, "Warning", text, self._ports.clock())
            self._ports.announce(announcement, live)
        return Tick(status, "the document is refused", refused=text)


def outcome(scene: Scene, reason: str, *, policy: str = "", rival: str = "") -> Tick:
    """What a tick came to, from where it left off."""
    status, seen = scene.status, scene.observation
    resting = status.phase in RESTING and status.intent is None and status.request is None
    released = seen.target is not None and seen.target.revision in (
        status.last_applied_spec,
        status.last_promoted_spec,
    )
    not_begun = status.phase in (Phase.NONE, Phase.INITIALIZING, Phase.TERMINATING, *RESTING)
    obstacle = obstacle_to(scene) if not_begun else ""
    if not_begun and not released:
        obstacle = obstacle or closed_to(scene)
    done = resting and released and not obstacle
    return Tick(status, reason, policy=policy, rival=rival, obstacle=obstacle, done=done)


def obstacle_to(scene: Scene) -> str:
    """Why a run can't begin, as far as people have to mend it; empty when it can."""
    if scene.observation.target is None:
        return f"{scene.canary.target.kind} {scene.canary.target_full_name} not found"
    return "; ".join(scene.observation.problems)


def closed_to(scene: Scene) -> str:
    """Why nothing new is let in, though nothing is wrong; empty when it is."""
    if scene.canary.suspend:
        return f"{scene.canary.full_name} is suspended: set spec.suspend to false"
    if scene.status.phase in (Phase.TERMINATING, Phase.TERMINATED):
        return (
            f"{scene.canary.full_name} is retired: delete the Canary and apply it again to have it released"
        )
    return ""


def refuse_forgetful(saved: Manifest, status: Status) -> None:
    """Raises ClusterRefused where the API server dropped fields of ours: a run could never go on from there."""
    kept = saved.get("status") or {}
    lost = [name for name in ("inForce", "intent") if name in status.document() and name not in kept]
    if lost:
        raise ClusterRefused(
            f"the cluster's definition of Canary has no status.{lost[0]}: it is not the one that Sluice declares",
            "let the platform stack declare it (platform.definitions); documents and other fields stay as they are",
        )


def _in_use(status: Status) -> frozenset[str]:
    """Revisions that something may still be rendered from."""
    named: list[Any] = [status.last_applied_spec, status.last_promoted_spec]
    named += [
        placed.revision for placed in (status.in_force, status.intent and status.intent.placement) if placed
    ]
    return frozenset(name for name in named if name)
