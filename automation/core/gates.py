"""Gates: the hooks of one type, asked one after the other until all have passed or one has not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from automation.core import texts
from automation.core.analysis import Webhook
from automation.core.decision import CallHook, Decision, Event, warning
from automation.core.evidence import CheckResult
from automation.core.revision_hash import run_checksum
from automation.core.situation import Situation
from automation.core.spec import Canary


@dataclass(frozen=True)
class HookType:
    """One type of hooks: what is said of one that fails (with its answer), and of one that passes, if anything is.

    `told`: its answers are part of the evidence. `waits`: it may be asked again and again until somebody opens it.
    """

    failed: Callable[[Canary, str, str], str]
    passed: Callable[[str], Event] | None = None
    told: bool = False
    waits: bool = False


@dataclass(frozen=True)
class Passage:
    """What a gate came to. `question` asks the next hook, None once there is none left to ask."""

    passed: bool = True
    results: tuple[CheckResult, ...] = ()
    events: tuple[Event, ...] = ()
    question: Decision | None = None


GATES: Mapping[str, HookType] = {
    "pre-rollout": HookType(texts.pre_rollout_failed, texts.passed("pre-rollout"), told=True),
    "rollout": HookType(texts.rollout_failed),
    **{
        kind: HookType(texts.held(what), texts.passed(kind), told=True, waits=True)
        for kind, what in (
            ("confirm-rollout", "approval"),
            ("confirm-traffic-increase", "traffic increase approval"),
            ("confirm-promotion", "promotion approval"),
        )
    },
}


def gate(at: Situation, kind: str) -> Passage:
    """Whether the hooks of type `kind` let the run pass. They are asked in the order of the document."""
    rule, passage = GATES[kind], Passage()
    for hook in at.canary.analysis.hooks(kind):
        answer = at.seen.hooks.get(hook)
        if answer is None:
            asked = Decision(f"ask {kind} hook {hook.name}", questions=(_call(at, hook),))
            return Passage(question=asked)
        detail = answer.detail if rule.told else ""
        results = (*passage.results, CheckResult(hook.name, "hook", answer.passed, detail=detail))
        if not answer.passed:
            said = warning(rule.failed(at.canary, hook.name, answer.detail))
            return Passage(False, results, (*passage.events, said))
        said_passed = (rule.passed(hook.name),) if rule.passed else ()
        passage = Passage(True, results, (*passage.events, *said_passed))
    return passage


def called_back(at: Situation) -> Passage:
    """Whether a rollback hook, asked in the order of the document, calls the run back: then it has not passed."""
    for hook in at.canary.analysis.hooks("rollback"):
        answer = at.seen.hooks.get(hook)
        if answer is None:
            return Passage(question=Decision(f"ask rollback hook {hook.name}", questions=(_call(at, hook),)))
        if answer.passed:
            return Passage(False, events=texts.called_back(at.canary, hook.name))
    return Passage()


def _call(at: Situation, webhook: Webhook) -> CallHook:
    canary, status = at.canary, at.status
    payload = {
        "name": canary.name,
        "namespace": canary.namespace,
        "phase": str(status.phase),
        "checksum": run_checksum(status.last_applied_spec, status.tracked_configs),
        "metadata": dict(webhook.metadata),
    }
    step = f"{status.traffic.canary}-{status.failed_checks}"
    asked_anew = webhook.type == "rollback" or GATES[webhook.type].waits
    step += f"-{at.seen.now:.0f}" if asked_anew else ""
    where = (canary.namespace, canary.name, status.last_applied_spec, str(status.phase), step)
    return CallHook(webhook, payload, "/".join((*where, webhook.type, webhook.name)))
