"""Turns what a phase wants into a decision: a status to save, events, and at most one stack update."""

from dataclasses import replace

from automation.core.decision import Action, Announce, Decision, Event, MakeLive, Save
from automation.core.evidence import CheckResult, Evidence
from automation.core.gates import approvals
from automation.core.moments import timestamp
from automation.core.situation import Situation
from automation.core.status import TOWARDS_PRIMARY, Intent, Placement, Purpose, Status
from automation.core.traffic import ALL_ON_PRIMARY, Traffic

_ALWAYS_FORWARD = (Purpose.INITIALISE, Purpose.APEX, Purpose.PROMOTE)


def stay(reason: str, *events: Event) -> Decision:
    """A decision that does nothing and gives the reason; `events` say what is waited for."""
    told = "; ".join(event.text for event in events)
    return Decision(reason, tuple(Announce(event) for event in events), waits=told)


def blocked(reason: str, *events: Event) -> Decision:
    """A decision that says what somebody has to mend before a run can begin."""
    waiting = stay(reason, *events)
    return replace(waiting, obstacle=waiting.waits)


def note(reason: str, status: Status, *events: Event) -> Decision:
    """A change of status and of nothing else."""
    return Decision(reason, (Save(status), *(Announce(event) for event in events)))


def attempt(
    at: Situation,
    kind: Purpose,
    wanted: Placement,
    *events: Event,
    checks: tuple[CheckResult, ...] = (),
    iterations: int | None = None,
) -> Decision:
    """A stack update towards `wanted`, under a fresh attempt id and with its evidence. What is said of a repair says
    that it is done."""
    approved = approvals(at) if kind in (Purpose.ADVANCE, Purpose.PROMOTE) else ()
    evidence = Evidence(at.status.traffic, wanted.traffic, checks, approved, timestamp(at.seen.now))
    led = replace(wanted, canary=_canary(at, kind, wanted)) if at.canary.hands_over else wanted
    placement = replace(led, attempt=at.seen.fresh_attempt, evidence=evidence)
    intent = Intent(kind, placement, _message(at, kind, evidence), iterations)
    before, done = ((), events) if kind is Purpose.REPAIR else (events, ())
    actions: tuple[Action, ...] = (
        Save(replace(at.status, intent=intent)),
        *(Announce(event) for event in before),
        MakeLive(intent, _forward(at, kind, placement), done),
    )
    return Decision(intent.message, actions)


def _canary(at: Situation, kind: Purpose, wanted: Placement) -> str:
    """Whom the canary's Service selects: the revision under test, until nobody is to reach it any more. One that was
    primary's until now goes on selecting what it does."""
    if wanted.turned != at.in_force_turned:
        return at.in_force.revision
    if kind in (Purpose.ADVANCE, Purpose.PROMOTE):
        return at.status.last_applied_spec
    return "" if kind in TOWARDS_PRIMARY and wanted.traffic.on_primary else wanted.canary


def _forward(at: Situation, kind: Purpose, placement: Placement) -> bool:
    """Whether the policy pack is asked: where the canary gets more traffic or primary is made of something else."""
    if kind in _ALWAYS_FORWARD:
        return True
    live = at.seen.route.traffic if at.seen.route else ALL_ON_PRIMARY
    return kind not in TOWARDS_PRIMARY and placement.traffic.exposes_more_than(live)


def _moved(before: Traffic, after: Traffic) -> str:
    """What of the traffic changes, in a line of a history."""
    if after.match != before.match:
        rules = after.match or before.match
        return f"{len(rules)} rules {'to the canary' if after.match else 'withdrawn'}"
    if after.managed != before.managed and after.canary == before.canary:
        return f"{before} -> {after}"
    if after.mirror != before.mirror and after.canary == before.canary:
        return f"mirrored {before.mirror} % -> {after.mirror} %"
    return f"weight {before.canary} -> {after.canary}"


def _message(at: Situation, kind: Purpose, evidence: Evidence) -> str:
    parts = [f"{at.canary.full_name}: {kind}"] if kind is not Purpose.ADVANCE else [f"{at.canary.full_name}:"]
    if evidence.from_ != evidence.to:
        parts.append(_moved(evidence.from_, evidence.to))
    elif kind is Purpose.ADVANCE:
        parts.append(f"{at.canary.turned(at.in_force_turned).sides[1]} leads to the canary")
    told = " ".join(parts)
    metrics = [check for check in evidence.checks if check.kind in ("metric", "analysis")]
    if not metrics:
        return told
    return f"{told}, {sum(check.passed for check in metrics)} of {len(metrics)} checks passed"
