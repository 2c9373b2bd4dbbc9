"""What people ask for: abort a run, try a failed one again, or retire."""

from dataclasses import replace

from automation.core import texts
from automation.core.decision import Decision
from automation.core.moves import note
from automation.core.phases.giving_up import give_up
from automation.core.phases.retiring import retire
from automation.core.phases.start import start
from automation.core.situation import Situation
from automation.core.status import Phase, Request
from automation.core.transitions import IDLE, RUNNING


def answer(at: Situation, request: Request) -> Decision:
    match request.verb:
        case "abort":
            return _abort(at, request)
        case "retry":
            return _retry(at, request)
        case "retire":
            return _retire(at)
        case verb:
            return _nothing(at, verb, "only abort, retry and retire are known")


def _abort(at: Situation, request: Request) -> Decision:
    if at.status.phase not in RUNNING:
        return _nothing(at, "abort", "no run is under way")
    return give_up(at, "Aborted", texts.aborting(at.canary, request.by))


def _retry(at: Situation, request: Request) -> Decision:
    """Run the same revision again. The request stays until primary is fit for a run."""
    target = at.seen.target
    if at.status.phase is not Phase.FAILED or target is None:
        return _nothing(at, "retry", "the last run has not failed")
    if target.revision == at.status.last_promoted_spec:
        return _nothing(at, "retry", "the target is at the promoted revision")
    return start(at, target, texts.retrying(at.canary, request.by))


def _retire(at: Situation) -> Decision:
    target = at.seen.target
    if at.status.phase not in IDLE:
        return _nothing(at, "retire", "it is not at rest")
    if target is not None and target.revision != at.status.last_promoted_spec:
        return _nothing(
            at, "retire", "the target is not at the revision that primary runs; set it back first"
        )
    return retire(at, texts.retiring(at.canary))


def _nothing(at: Situation, verb: str, why: str) -> Decision:
    status = replace(at.status, request=None)
    return note(f"nothing to {verb}", status, texts.nothing_to(at.canary, verb, why))
