"""Gates: what people have said of one, then its deadline, then its hooks, asked one after the other until one has not
let the run pass."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from automation.core import texts
from automation.core.alerts import Alert, warn
from automation.core.analysis import FREE, GateRule, Webhook
from automation.core.decision import CallHook, Decision, Event
from automation.core.evidence import CheckResult
from automation.core.observation import HookAnswer
from automation.core.revision_hash import run_checksum
from automation.core.situation import Situation
from automation.core.spec import Canary
from automation.core.status import Phase
from automation.core.transitions import RUNNING
from automation.core.words import GATES as NAMES
from automation.core.words import Wait, Word

Tested = tuple[str, Mapping[str, str]]
"""A revision, and the checksums of its configuration."""


@dataclass(frozen=True)
class HookType:
    """One type of hooks: what is said, if anything, of one that fails (with its answer), and of one that passes.

    `opens` is what a hook has to answer so that the next one is asked. `told`: its answers are part of the evidence.
    `phase` is what a hook is told that the Canary is in, None for the phase that it is in. `repeats`: it is asked once
    an interval for as long as the run stands still, and each time anew. `alert` is that of one that fails.
    """

    failed: Callable[[Canary, str, str], Event] | None = None
    passed: Callable[[str], Event] | None = None
    opens: bool = True
    told: bool = False
    phase: Phase | None = None
    repeats: bool = True
    alert: Alert | None = None


@dataclass(frozen=True)
class Passage:
    """What a gate came to. `question` asks the next hook, None once there is none left to ask."""

    passed: bool = True
    results: tuple[CheckResult, ...] = ()
    events: tuple[Event, ...] = ()
    question: Decision | None = None


GATES: Mapping[str, HookType] = {
    "pre-rollout": HookType(
        texts.pre_rollout_failed,
        texts.passed("pre-rollout"),
        told=True,
        phase=Phase.PROGRESSING,
        repeats=False,
    ),
    "rollout": HookType(texts.rollout_failed, phase=Phase.PROGRESSING),
    "confirm-rollout": HookType(
        texts.held("approval"),
        texts.passed("confirm-rollout"),
        told=True,
        alert=warn("Canary is waiting for approval."),
    ),
    **{
        kind: HookType(
            texts.held(f"{what} approval"),
            texts.passed(kind),
            told=True,
            phase=Phase.PROGRESSING,
            alert=warn(f"Canary {what} is waiting for approval."),
        )
        for kind, what in (
            ("confirm-traffic-increase", "traffic increase"),
            ("confirm-promotion", "promotion"),
        )
    },
    "rollback": HookType(passed=texts.rollback_passed, opens=False),
    "post-rollout": HookType(texts.post_rollout_failed, texts.passed("post-rollout"), repeats=False),
}
"""All but events, which nothing is decided by."""
_GATE_OF = {kind: name for name, kind in NAMES.items()}


def gate(at: Situation, kind: str) -> Passage:
    """Whether the gate of the hooks of type `kind` lets the run pass. They are asked in the order of the document."""
    rule, passage = GATES[kind], Passage()
    if (decided := without_hooks(at, kind)) is not None:
        return decided
    for hook in at.canary.analysis.hooks(kind):
        answer = at.seen.hooks.get(hook)
        if answer is None:
            asked = Decision(f"ask {kind} hook {hook.name}", questions=(_call(at, hook),))
            return Passage(question=asked)
        detail = answer.detail if rule.told else ""
        results = (*passage.results, CheckResult(hook.name, "hook", answer.passed, detail=detail))
        events = (*passage.events, *_said(at.canary, hook, answer))
        passage = Passage(answer.passed is rule.opens, results, events)
        if not passage.passed:
            return passage
    return passage


def without_hooks(at: Situation, kind: str) -> Passage | None:
    """What a gate has come to by what people have said, or have still to say; None where its hooks decide."""
    word, rule = word_on(at, kind), rule_at(at, kind)
    given = len(word.approvals) if word is not None else 0
    if word is not None and word.holds:
        return Passage(passed=False, events=(texts.held_by(at.canary, word),))
    if word is not None and (word.now or given >= rule.approvals):
        return Passage()
    if rule.opens and is_over(at, kind):
        opened = texts.opened_late(at.canary, _GATE_OF[kind], rule.deadline or 0.0)
        return Passage(
            results=(CheckResult(_GATE_OF[kind], "hook", True, detail=opened.text),), events=(opened,)
        )
    waits = GATES[kind]
    if given < rule.approvals and waits.failed is not None:
        said = waits.failed(at.canary, f"({given} of {rule.approvals})", "")
        return Passage(passed=False, events=(replace(said, alert=waits.alert),))
    return None


def word_on(at: Situation, kind: str) -> Word | None:
    """What a person has said that counts now of the gate which hooks of this type are asked at."""
    word = at.status.words.get(_GATE_OF.get(kind, ""))
    if word is None or word.holds or word.revision == _asked_about(at, kind)[0]:
        return word
    return None


def approvals(at: Situation) -> tuple[str, ...]:
    """Who has let the revision under test pass its gates, and why."""
    words = {name: word_on(at, kind) for name, kind in NAMES.items()}
    return tuple(f"{name} by {one}" for name, word in words.items() if word for one in word.approvals)


def wait_at(at: Situation, kind: str) -> Wait:
    """The wait at a gate that is closed: the one that goes on, or one that begins now."""
    begins = Wait(_GATE_OF[kind], _asked_about(at, kind)[0], at.seen.now)
    known = at.status.wait
    return known if known is not None and replace(known, since=begins.since) == begins else begins


def rolls_back(at: Situation, kind: str) -> Event | None:
    """What is said of a gate that was not opened in time, and is not to open by itself; None for others."""
    rule = rule_at(at, kind)
    if rule.deadline is None or rule.opens or not is_over(at, kind):
        return None
    return texts.not_opened(at.canary, _GATE_OF[kind], rule.deadline)


def is_over(at: Situation, kind: str) -> bool:
    """Whether a gate has been waited at for as long as the document allows."""
    deadline = rule_at(at, kind).deadline
    return deadline is not None and at.seen.now >= wait_at(at, kind).since + deadline


def rule_at(at: Situation, kind: str) -> GateRule:
    """What the document asks of a gate beside its hooks."""
    return at.canary.analysis.gates.get(_GATE_OF.get(kind, ""), FREE)


def _said(canary: Canary, hook: Webhook, answer: HookAnswer) -> tuple[Event, ...]:
    rule = GATES[hook.type]
    if answer.passed:
        return (rule.passed(hook.name),) if rule.passed else ()
    if rule.failed is None:
        return ()
    said = rule.failed(canary, hook.name, answer.detail)
    return (said if hook.mute_alert else replace(said, alert=rule.alert),)


def _call(at: Situation, webhook: Webhook) -> CallHook:
    canary, rule = at.canary, GATES[webhook.type]
    tested, phase = _asked_about(at, webhook.type), rule.phase or at.status.phase
    where = (canary.namespace, canary.name, tested[0], str(phase), _place(at, rule))
    return CallHook(
        webhook, body(canary, webhook, phase, tested), "/".join((*where, webhook.type, webhook.name))
    )


def body(canary: Canary, webhook: Webhook, phase: Phase, tested: Tested) -> dict[str, Any]:
    """What is posted to a hook."""
    return {
        "name": canary.name,
        "namespace": canary.namespace,
        "phase": str(phase),
        "checksum": run_checksum(*tested),
        "metadata": dict(webhook.metadata),
    }


def _asked_about(at: Situation, kind: str) -> Tested:
    """The revision that a hook is asked about, and its configuration: before a run begins what the target says."""
    if kind == "confirm-rollout" and at.status.phase not in RUNNING and at.seen.target is not None:
        return at.seen.target.revision, at.seen.target.configs
    return at.status.last_applied_spec, at.status.tracked_configs


def _place(at: Situation, rule: HookType) -> str:
    """When the run began, how far it has come since, and in which of its intervals it asks what it asks anew."""
    status = at.status
    begun = int(status.begun_at)
    place = f"{begun}-{status.traffic.canary}-{status.iterations}-{status.failed_checks}"
    if not rule.repeats:
        return place
    return f"{place}-{int((at.seen.now - begun) // at.canary.analysis.interval)}"
