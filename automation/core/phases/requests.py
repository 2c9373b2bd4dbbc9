"""What people ask for: abort a run, hold it or let it go on, try a failed one again, or retire."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from automation.core import kubectl, texts
from automation.core.decision import Decision
from automation.core.moves import note
from automation.core.observation import Target
from automation.core.phases.approving import WORDS, ask_permission, keep, not_sayable
from automation.core.phases.giving_up import give_up
from automation.core.phases.retiring import retire
from automation.core.phases.start import start
from automation.core.phases.stepping import finish, promote
from automation.core.situation import Situation
from automation.core.status import Phase, Request
from automation.core.stepwise import Stepwise
from automation.core.transitions import IDLE, RUNNING

_PROMOTIONS: Mapping[str, Callable[[Situation, Stepwise], Decision]] = {
    "promote": promote,
    "promote-full": finish,
}
"""What of a run by steps is left: the present step, or all of them."""


def answer(at: Situation, request: Request) -> Decision:
    if why := refusal(at, request):
        return _nothing(at, request.verb, why)
    if request.verb in WORDS and not at.canary.analysis.stepwise:
        return ask_permission(at, request) or keep(at, request)
    target = at.seen.target
    if request.verb == "retry" and target is not None:
        return start(
            at, target, texts.retrying(at.canary, request.by)
        )  # the request stays until a run can begin
    if request.verb == "retire":
        return retire(at, texts.retiring(at.canary))
    if request.verb in _PROMOTIONS and at.canary.analysis.stepwise:
        return _PROMOTIONS[request.verb](
            at.having(replace(at.status, request=None)), at.canary.analysis.stepwise
        )
    return give_up(at, "Aborted", texts.aborting(at.canary, request.by))


def refusal(at: Situation, request: Request) -> str:
    """Why nothing is done about a request for that; empty where it is answered, now or once nothing is in its way."""
    if at.seen.deleted and at.seen.held:
        return "it was deleted, and goes"
    if at.status.phase is Phase.TERMINATED:
        return "it is retired already" if request.verb == "retire" else texts.released_no_more(at.canary)
    match request.verb:
        case "approve" | "hold" | "resume":
            return not_sayable(at, request)
        case "abort":
            return _not_abortable(at)
        case "retry":
            return _not_retriable(at)
        case "retire":
            return _not_retirable(at)
        case "promote" | "promote-full" if at.canary.analysis.stepwise:
            return "" if at.status.phase is Phase.PROGRESSING else "no run is under way"
        case "promote":
            return not_sayable(at, request)
        case _:
            more = "promote-full, " if at.canary.analysis.stepwise else ""
            return f"only abort, approve, hold, promote, {more}resume, retry and retire are known"


def _not_abortable(at: Situation) -> str:
    if at.status.phase not in (Phase.WAITING, *RUNNING):
        return "no run is under way"
    return "its run is being given up already" if at.status.ending else ""


def _not_retriable(at: Situation) -> str:
    target = at.seen.target
    if at.status.phase is not Phase.FAILED:
        return "the last run has not failed"
    if target is None:
        return f"{at.canary.target.kind} {at.canary.target_full_name} is not there"
    return "the target is at the promoted revision" if target.revision == at.status.last_promoted_spec else ""


def _not_retirable(at: Situation) -> str:
    target = at.seen.target
    if at.status.phase is Phase.TERMINATING:
        return ""  # what was begun goes on
    if at.status.phase not in IDLE:
        return "it is not at rest"
    if target is not None and target.revision != at.status.last_promoted_spec:
        return (
            f"the target is not at the revision that primary runs; set it back first{_way_back(at, target)}"
        )
    return ""


def _way_back(at: Situation, target: Target) -> str:
    """The command that gives the target primary's image, where it has another one."""
    primary = at.seen.primary
    if primary is None or primary.image == target.workload.image:
        return ""
    return f": {kubectl.set_image(at.canary, primary.container, primary.image)}"


def _nothing(at: Situation, verb: str, why: str) -> Decision:
    status = replace(at.status, request=None)
    return note(f"nothing to {verb}", status, texts.nothing_to(at.canary, verb, why))
