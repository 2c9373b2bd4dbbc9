"""What people say of gates: approve, hold, resume, and promote without waiting for anything."""

from dataclasses import replace

from automation.core import texts
from automation.core.analysis import FREE, GateRule
from automation.core.decision import AskPermission, Decision
from automation.core.moments import timestamp
from automation.core.moves import note
from automation.core.observation import Permission
from automation.core.situation import Situation
from automation.core.status import Phase, Request
from automation.core.transitions import JUDGED
from automation.core.words import GATES, Word

WORDS = ("approve", "hold", "resume", "promote")
_PROMOTION = "promotion"


def ask_permission(at: Situation, request: Request) -> Decision | None:
    """Whether the cluster lets the person open that gate, where the document leaves it to the cluster. A hold is
    everybody's."""
    if request.verb == "hold" or not rule_of(at, request).authorized or at.seen.permission is not None:
        return None
    question = AskPermission(gate_of(request), request.by, request.groups)
    return Decision(f"ask whether {request.by} may {request.verb}", questions=(question,))


def keep(at: Situation, request: Request) -> Decision:
    """Keeps what a person says of a gate. An approval is one of the revision that is under test, or waits to be."""
    gate = gate_of(request)
    word = Word(request.by, timestamp(at.seen.now), request.reason)
    if request.verb in ("approve", "promote"):
        revision = _revision(at, gate)
        word = replace(word, revision=revision, earlier=_others(at, gate, revision, request.by))
        word = replace(word, now=request.verb == "promote")
    others = {name: known for name, known in at.status.words.items() if name != gate}
    words = others if request.verb == "resume" else {**others, gate: word}
    status = replace(at.status, request=None, words=words)
    kept = note(f"{request.verb} {gate}", status, texts.said(at.canary, request.verb, gate, word))
    return replace(kept, again=at.seen.now)


def not_sayable(at: Situation, request: Request) -> str:
    """Why nothing can be said of a gate now; empty where it can."""
    gate, permission = gate_of(request), at.seen.permission or Permission(granted=True)
    known = at.status.words.get(gate)
    if at.canary.hands_over:
        return f"a {at.canary.origin.kind} has no such gates"
    if gate not in GATES:
        return f"it has no gate {gate or 'without a name'}; known: {', '.join(GATES)}"
    if not permission.granted:
        return permission.why
    match request.verb:
        case "resume":
            return "" if known is not None and known.holds else f"nobody holds its gate {gate}"
        case "approve":
            return _not_approvable(at, gate, request.by)
        case "promote":
            return _not_promotable(at, known)
    return ""


def gate_of(request: Request) -> str:
    return _PROMOTION if request.verb == "promote" else request.gate


def rule_of(at: Situation, request: Request) -> GateRule:
    """What the document asks of the gate that a request is about."""
    return at.canary.analysis.gates.get(gate_of(request), FREE)


def _not_approvable(at: Situation, gate: str, by: str) -> str:
    if at.status.phase is not Phase.WAITING and (at.status.phase not in JUDGED or gate == "rollout"):
        return f"nothing waits at its gate {gate}"
    given = _approvals(at, gate, _revision(at, gate))
    return f"{by} has approved that already" if by in (one.by for one in given) else ""


def _not_promotable(at: Situation, known: Word | None) -> str:
    if at.status.phase not in JUDGED:
        return "no run is under way"
    if at.status.ending:
        return "its run is being given up already"
    return f"its gate {_PROMOTION} is held by {known}" if known is not None and known.holds else ""


def _others(at: Situation, gate: str, revision: str, by: str) -> tuple[Word, ...]:
    return tuple(one for one in _approvals(at, gate, revision) if one.by != by)


def _approvals(at: Situation, gate: str, revision: str) -> tuple[Word, ...]:
    known = at.status.words.get(gate)
    return known.approvals if known is not None and known.revision == revision else ()


def _revision(at: Situation, gate: str) -> str:
    if at.status.phase is Phase.WAITING and at.seen.target is not None:
        return at.seen.target.revision
    return at.status.last_applied_spec
