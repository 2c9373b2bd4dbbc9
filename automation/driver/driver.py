"""One tick of one Canary: look, decide, act, record. All decisions are made by `automation.core`.

All state is in the cluster, so the next tick carries on wherever a driver was killed. The status is written with
the version that was read; a driver that loses this race does nothing and looks again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from automation.cluster.client import Conflict
from automation.cluster.events import Announcement
from automation.cluster.observer import TickContext, kinds_by_name
from automation.cluster.recorder import Moved
from automation.core.decide import decide
from automation.core.decision import (
    Action,
    Announce,
    Decision,
    Event,
    Hold,
    MakeLive,
    RecordRevision,
    Save,
    ScalePrimary,
    ScaleTarget,
    normal,
    warning,
)
from automation.core.kinds import CANARY, Kind, Manifest
from automation.core.liveness import is_live
from automation.core.marks import FINALIZER, finalizers, is_deleted, is_held
from automation.core.observation import Drift, Observation
from automation.core.phases.repair import mended, repaired
from automation.core.settle import Veto, abandon
from automation.core.situation import Situation
from automation.core.spec import Canary, Refused
from automation.core.status import Phase, Purpose, Status
from automation.core.texts import deleted, drift_repaired, let_in, released_no_more
from automation.core.transitions import BEGINNING, LEAVING, RESTING
from automation.driver.drift import drift_of, living
from automation.driver.handover import Handover
from automation.driver.memory import Memories, Memory, Served, Unheard, Waiting
from automation.driver.origins import Canaries, Origin, resize
from automation.driver.ports import Ports
from automation.driver.tick import Failing, Obstacle, Refusal, Rival, Stopped, Tick, Trouble
from automation.updates.placer import Postponed
from automation.updates.stacks import PolicyRefused
from workloads.registry import workload_of
from workloads.waking import waking

LAG_SECONDS = 1.0
"""How far a live copy may be behind what an update wrote."""
REMINDER_SECONDS = 600.0
"""After which it is said once more what is waited for."""
ROUNDS = 100
"""How often one tick may ask before a decision counts as never ending."""


@dataclass(frozen=True)
class Scene:
    """A Canary in the middle of a tick: the live object, what it says, and what is so."""

    live: Manifest
    canary: Canary
    status: Status
    observation: Observation
    memory: Memory


class Driver:
    """Ticks the releases of one cluster whose documents are of the kind of `origin`: Canaries, if none is given.

    One Canary must not be ticked from two threads at once.
    """

    def __init__(
        self, ports: Ports, scrape_interval: float, strict: bool = False, origin: Origin | None = None
    ) -> None:
        self._ports, self._scrape_interval, self._strict = ports, scrape_interval, strict
        self._origin = origin or Canaries(ports.objects, ports.copies)
        self.memories = Memories()

    @property
    def kind(self) -> Kind:
        """The kind of the documents whose releases are ticked."""
        return self._origin.kind

    def tick(self, namespace: str, name: str, early: float = 0.0) -> Tick | None:
        """One tick; None when there is no such Canary. Raises the cluster's errors: the caller waits and retries.

        One that comes `early`, by so many seconds, sees all that is new and counts nothing.
        """
        live = self._ports.copies.get(self._origin.kind, namespace, name)
        if live is None:
            self._part(self.memories.forget((namespace, name)))
            if self._origin.kind is CANARY:  # a Rollout of that name has none, and must not forget a Canary's
                self._ports.alerts.owed((namespace, name), ())
            return None
        memory = self.memories.of((namespace, name), live["metadata"].get("uid", ""))
        memory.counts_from = self._ports.clock.now() + early if early else 0.0
        status = Status()
        try:
            status = self._origin.status(live)
            canary = self._origin.read(live, status)
        except Refused as refused:
            return self._refuse(live, status, refused, memory)
        memory.refused = ""
        self._catch_up(live, status, memory)
        scene = self._look(live, canary, status, memory)
        memory.served = served(scene)
        try:
            tick = self._advance(scene)
            self._attend(canary, tick)
            return replace(tick, owed=memory.placed.owed is not None)
        except Conflict:
            self._look_anew(self._origin.kind, namespace, name)
            return outcome(scene, "the Canary changed meanwhile; looking again")
        except Moved:
            self._look_anew(workload_of(canary).kind, namespace, canary.target.name)
            return outcome(scene, "the target changed meanwhile; looking again")

    def _attend(self, canary: Canary, tick: Tick) -> None:
        """What is done beside the release, by whoever drives it."""
        live = self._ports.copies.get(self._origin.kind, canary.namespace, canary.name)
        if live is None or isinstance(tick.trouble, Rival):
            return
        self._origin.attend(canary, live, tick.status, self._ports.clock.now())
        # A tick at rest has no Lease, and nobody is to be alerted by two drivers.
        if tick.status.alerts and not self._ports.leases.hold(canary):
            self._strike_off(live)

    def strike_off(self, namespace: str, name: str) -> None:
        """Takes alerts that were sent from the status of a Canary. Raises the cluster's errors."""
        live = self._ports.copies.get(self._origin.kind, namespace, name)
        if live is not None:
            self._strike_off(live)

    def _strike_off(self, live: Manifest) -> None:
        """Has the alerts in a status sent, and takes from it those that were."""
        status, metadata = self._origin.status(live), live["metadata"]
        owed = self._ports.alerts.owed((metadata["namespace"], metadata["name"]), status.alerts)
        if owed != status.alerts:
            self._origin.save(live, replace(status, alerts=owed))

    def _look(self, live: Manifest, canary: Canary, status: Status, memory: Memory) -> Scene:
        initialising = status.phase in BEGINNING and not canary.skip_analysis
        context = TickContext(
            now=self._ports.clock.now(),
            placed=status.intent.placement if status.intent else status.in_force,
            fresh_attempt=self._ports.fresh_attempt(),
            scrape_interval=self._scrape_interval,
            strict=self._strict,
            providers=self._ports.questions.probe(canary) if initialising and not canary.suspend else None,
            setback=memory.placed.setback,
            drift=self._drift(canary, status, memory),
            mending=memory.mending,
            repairs=memory.repairs,
            held=is_held(live),
            deleted=is_deleted(live),
            counts_from=memory.counts_from,
        )
        return Scene(live, canary, status, self._ports.observer.observe(canary, context), memory)

    def _drift(self, canary: Canary, status: Status, memory: Memory) -> tuple[Drift, ...]:
        """What is not as it would be rendered now. While the copy may still be behind an update of ours, what differs
        is read anew, and counts where others wrote or deleted it."""
        if status.in_force is None or status.intent is not None:
            return ()
        found = drift_of(canary, self._ports.rendered, self._ports.copies)
        quiet = self._ports.clock.elapsed() - memory.placed.updated_at
        if not found or quiet >= LAG_SECONDS:
            return found
        known = kinds_by_name()
        for drift in found:
            self._look_anew(known[drift.kind], canary.namespace, drift.name)
        again = drift_of(canary, self._ports.rendered, self._ports.copies)
        return tuple(drift for drift in again if drift.gone or drift.by)

    def _advance(self, scene: Scene) -> Tick:
        decision = decide(scene.canary, scene.status, scene.observation)
        if scene.memory.placed.owed is None and self._was_said(scene, decision):
            return self._act(scene, decision)
        # The Lease comes first: neither a hook nor a stack must hear from two drivers.
        if rival := self._ports.leases.hold(scene.canary):
            return followed(outcome(scene, f"driven by {rival}"), decision, rival)
        with self._ports.leases.kept(scene.canary):
            for text in self._ports.placer.reconcile(scene.canary, scene.memory.placed):
                self._tell(scene.live, warning(text))
            return self._act(scene, self._decide(scene))

    def _decide(self, scene: Scene) -> Decision:
        observation = scene.observation
        for _ in range(ROUNDS):
            decision = decide(scene.canary, scene.status, observation)
            if not decision.questions:
                return decision
            answered = self._ports.questions.answer(
                scene.canary, observation, decision.questions, scene.memory.asked
            )
            observation = replace(answered, answered_at=self._ports.clock.now())
        raise RuntimeError(f"{scene.canary.full_name}: a decision asked {ROUNDS} rounds of questions")

    def _was_said(self, scene: Scene, decision: Decision) -> bool:
        """Whether all that a tick would do is to say again what it waits for. Events expire: now and then it does."""
        before = scene.memory.waiting
        lately = self._ports.clock.elapsed() < before.at + REMINDER_SECONDS
        return decision.moves_nothing and (
            not decision.actions or (lately and decision.actions == before.actions)
        )

    def _act(self, scene: Scene, decision: Decision) -> Tick:
        if decision.actions and self._was_said(scene, decision):
            return paced(scene, decision)
        said = decision.actions if decision.moves_nothing else ()
        scene.memory.waiting = Waiting(said, self._ports.clock.elapsed())
        actions, memory = self._unsaid(scene.memory, decision.actions), scene.memory
        for place, action in enumerate(actions):
            if isinstance(action, Save):
                memory.unheard += (Unheard(action.status, announced(actions[place:])),)
            if isinstance(action, MakeLive):
                memory.unheard, memory.attempted = (), announced(decision.actions)
                return self._update(scene, action)
            scene = self._take(scene, action)
        if any(isinstance(action, Save) for action in actions):
            memory.unheard = ()
        return paced(scene, decision)

    def _unsaid(self, memory: Memory, actions: Sequence[Action]) -> list[Action]:
        """The actions, without what was said before an attempt that failed and is only made again, or
        late."""
        said = (*memory.late, *(memory.attempted if memory.placed.trouble else ()))
        return [action for action in actions if action not in said]

    def _take(self, scene: Scene, action: Action) -> Scene:
        canary = scene.canary
        match action:
            case RecordRevision(revision=revision):
                scene.memory.asked.forget_pods()
                self._ports.recorder.record(canary, scene.live, revision, scene.status.revisions)
                if told := self._ports.write_back(canary):
                    self._tell(scene.live, normal(told))
            case ScaleTarget():
                self._origin.scale(canary, scene.live, scene.status, action)
            case ScalePrimary(replicas=replicas):
                resize(self._ports.objects, self._ports.copies, canary, canary.primary_name, replicas)
            case Hold(held=held):
                return self._hold(scene, held)
            case Save(status=status):
                return self._save(scene, status)
            case Announce(event=event):
                self._tell(scene.live, event)
        return scene

    def _update(self, scene: Scene, update: MakeLive) -> Tick:
        """Makes an intent live. A forward one that fails moves nothing and is tried again by a later tick."""
        canary = scene.canary
        try:
            for event in self._placed(scene, update):
                self._tell(scene.live, event)
        except PolicyRefused as refused:
            return self._halt(scene, Veto(refused.policy, refused.message))
        except Postponed as postponed:
            text = unfinished(update, str(postponed))
            self._say_trouble(scene, text)
            return outcome(scene, text)
        scene = self._look(scene.live, canary, scene.status, scene.memory)
        if not is_live(update.intent, scene.observation):
            return outcome(scene, f"{update.message}: not live yet")
        return replace(self._act(scene, self._decide(scene)), reason=update.message)

    def _placed(self, scene: Scene, update: MakeLive) -> list[Event]:
        """Makes it live, and remembers of a repair that it was tried. What there is to say then."""
        self._take_over(scene, update.intent.kind)
        if update.intent.kind is not Purpose.REPAIR:
            return self._made_live(scene, update)
        before, failed = self._living(scene), True
        try:
            said = self._made_live(scene, update)
            failed = False
            return [*said, *self._besides(scene, before)]
        finally:
            self._remember(scene, failed)

    def _made_live(self, scene: Scene, update: MakeLive) -> list[Event]:
        said = self._ports.placer.place(scene.canary, update, scene.memory.placed)
        return [*update.done, *map(warning, said)]

    def _living(self, scene: Scene) -> dict[Drift, str]:
        return living(scene.canary, self._ports.rendered, self._ports.copies)

    def _besides(self, scene: Scene, before: Mapping[Drift, str]) -> list[Event]:
        """What a repair made again that was deleted after the look that led to it: who deletes several objects does so
        one after the other."""
        canary, known = scene.canary, kinds_by_name()
        for drift in before:
            self._look_anew(known[drift.kind], canary.namespace, drift.name)
        seen = {(drift.kind, drift.name) for drift in scene.observation.drift if drift.gone}
        made = [
            drift
            for drift, uid in self._living(scene).items()
            if uid not in ("", before.get(drift))
            and (before.get(drift) or drift.part == "other")  # what else is not there was told
            and (drift.kind, drift.name) not in seen
        ]
        return [warning(drift_repaired(canary, drift).text) for drift in made]

    def _remember(self, scene: Scene, failed: bool) -> None:
        """What came of a repair, whose update went through unless it `failed`."""
        at, now = Situation(scene.canary, scene.status, scene.observation), self._ports.clock.now()
        took = not failed and self._took(scene)
        scene.memory.mending = None if took else mended(at, now, failed)
        if not failed:
            scene.memory.repairs = repaired(at, now)

    def _took(self, scene: Scene) -> bool:
        """Whether what a repair was to put back is so now, as the API server has it. Of the route its attempt tells."""
        canary, copies = scene.canary, self._ports.copies
        known = kinds_by_name()
        before = {(drift.kind, drift.name) for drift in scene.observation.drift if drift.part != "route"}
        for kind, name in before:
            self._look_anew(known[kind], canary.namespace, name)
        still = {(drift.kind, drift.name) for drift in drift_of(canary, self._ports.rendered, copies)}
        return not before & still

    def _take_over(self, scene: Scene, purpose: Purpose) -> None:
        """What others added to generated objects, which no update would take away."""
        handover = Handover(self._ports.objects, self._ports.copies)
        if purpose in (Purpose.PROMOTE, Purpose.RESTORE):
            handover.primary(scene.canary)
        added = [drift for drift in scene.observation.drift if drift.added]
        if purpose is Purpose.REPAIR and added and (generated := self._ports.rendered(scene.canary)):
            handover.put_back(scene.canary, generated, added)

    def _halt(self, scene: Scene, refusal: Veto) -> Tick:
        """A policy said no: nothing moved, the intent is dropped, and the next tick tries again."""
        dropped = abandon(scene.canary, scene.status, refusal)
        scene = self._save(scene, dropped.status)
        (refused,) = dropped.events
        self._say_trouble(scene, refused.text)
        return outcome(scene, refused.text, Stopped(refused.text))

    def _say_trouble(self, scene: Scene, text: str) -> None:
        """Says why an attempt could not be made, unless the last one failed for the same."""
        if scene.memory.placed.trouble != text:
            scene.memory.placed.trouble = text
            self._tell(scene.live, warning(text))

    def _look_anew(self, kind: Kind, namespace: str, name: str) -> None:
        """What the watch may not have heard of yet: the next look must not rest on what was so before."""
        thing = self._ports.objects.get(kind, namespace, name)
        if thing is not None:
            self._ports.copies.put(kind, thing)

    def _hold(self, scene: Scene, held: bool) -> Scene:
        metadata = scene.live["metadata"]
        others = [name for name in finalizers(scene.live) if name != FINALIZER]
        wanted = [*others, *([FINALIZER] if held else [])]
        body = {"metadata": {"resourceVersion": metadata["resourceVersion"], "finalizers": wanted}}
        key = (metadata["namespace"], metadata["name"])
        kept = self._ports.objects.patch(self._origin.kind, *key, body)
        if is_deleted(kept):
            scene.memory.served = None  # its users are back on the target
        else:
            self._ports.copies.put(self._origin.kind, kept)
        return replace(scene, live=kept)

    def _part(self, memory: Memory | None) -> None:
        """Says of a Canary that went without giving its traffic back what becomes of its users."""
        if memory is None or memory.served is None:
            return
        left = memory.served
        leave = self._ports.command("retire", (left.canary.namespace, left.canary.name))
        self._tell(left.live, deleted(left.canary, waking(left.canary, left.pods), leave))

    def _save(self, scene: Scene, status: Status) -> Scene:
        return replace(scene, live=self._origin.save(scene.live, status), status=status)

    def _catch_up(self, live: Manifest, status: Status, memory: Memory) -> None:
        """Says what belongs to a status that was written by a tick which failed before it could say so."""
        written = [one for one in memory.unheard if one.status == status]
        memory.late = tuple(told for one in written for told in one.said)
        if written:
            memory.unheard = ()
        for told in memory.late:
            self._tell(live, told.event)

    def _tell(self, live: Manifest, event: Event) -> None:
        metadata = live["metadata"]
        key = (metadata["namespace"], metadata["name"])
        self._ports.announce(Announcement(*key, event.type, event.text, self._ports.clock.now()), live)

    def _refuse(self, live: Manifest, status: Status, refused: Refused, memory: Memory) -> Tick:
        """Says once for each version of the document what is wrong with it; what runs keeps running."""
        text = "; ".join(str(problem) for problem in refused.problems)
        if is_deleted(live) and is_held(live):
            text += f"; it was deleted and stays until it is mended, or let go by taking {FINALIZER} off it"
        if memory.refused != text:
            memory.refused = text
            self._tell(live, warning(text))
            self._origin.refused(live, text, self._ports.clock.now())
        return Tick(status, "the document is refused", Refusal(text))


def unfinished(update: MakeLive, trouble: str) -> str:
    """Why an update could not be made, and what of a repair waits for it."""
    waiting = "; ".join(event.text for event in update.done)
    return f"{trouble}; not done yet: {waiting}" if waiting else trouble


def announced(actions: Sequence[Action]) -> tuple[Announce, ...]:
    return tuple(action for action in actions if isinstance(action, Announce))


def outcome(scene: Scene, reason: str, trouble: Trouble | None = None) -> Tick:
    """What a tick came to, from where it left off. What keeps a run from beginning is found here, unless something
    else is wrong."""
    status, seen = scene.status, scene.observation
    resting = status.phase in RESTING and status.intent is None and status.request is None
    released = seen.target is not None and seen.target.revision in (
        status.last_applied_spec,
        status.last_promoted_spec,
    )
    not_begun = status.phase in (*BEGINNING, Phase.WAITING, Phase.TERMINATING, *RESTING)
    obstacle = obstacle_to(scene) if not_begun else ""
    if not_begun and not released:
        obstacle = obstacle or closed_to(scene)
    done = resting and released and not obstacle and not status.post_rollout
    trouble = trouble or (Obstacle(obstacle) if obstacle else None if done else failing(scene))
    return Tick(status, reason, trouble, done)


def paced(scene: Scene, decision: Decision) -> Tick:
    """The tick of a decision that was carried out, with when it is worth repeating."""
    pause = None if decision.again is None else decision.again - scene.observation.now
    return replace(waiting(outcome(scene, decision.reason), decision), pause=pause)


def waiting(tick: Tick, decision: Decision) -> Tick:
    """The tick, with what is waited for, and what of it people have to mend before a run can begin."""
    told = replace(tick, waits=decision.waits)
    return replace(told, trouble=Obstacle(decision.obstacle), done=False) if decision.obstacle else told


def followed(tick: Tick, decision: Decision, rival: str) -> Tick:
    """The tick of a Canary that somebody else drives, who waits for what we would: only what people have to mend comes
    before that."""
    told = waiting(tick, decision)
    return told if isinstance(told.trouble, Obstacle) else replace(told, trouble=Rival(rival))


def failing(scene: Scene) -> Failing | None:
    """The update that fails, where no traffic moves before one succeeds, or all of it is back already."""
    placed, route = scene.memory.placed, scene.observation.route
    idle = (route.traffic if route else scene.status.traffic).on_primary
    return Failing(placed.trouble) if placed.setback is not None and idle else None


def served(scene: Scene) -> Served | None:
    """The Canary, where its users are lost if it goes: primary serves them, and goes with it."""
    primary, placed = scene.observation.primary, scene.status.in_force
    if placed is None or placed.apex != "primary" or scene.canary.hands_over:
        return None
    return Served(scene.canary, primary.replicas if primary and primary.replicas else 1, scene.live)


def obstacle_to(scene: Scene) -> str:
    """Why a run can't begin, as far as people have to mend it; empty when it can."""
    if scene.observation.target is None:
        return f"{scene.canary.target.kind} {scene.canary.target_full_name} not found"
    return "; ".join(scene.observation.problems)


def closed_to(scene: Scene) -> str:
    """Why nothing new is let in, though nothing is wrong; empty when it is."""
    if scene.canary.suspend:
        return let_in(scene.canary)
    if scene.status.phase in LEAVING:
        return released_no_more(scene.canary)
    return ""
