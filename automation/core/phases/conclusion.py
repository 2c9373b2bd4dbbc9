"""After a run: its post-rollout hooks are called, each once, and nothing that they answer changes its end."""

from dataclasses import replace

from automation.core import texts
from automation.core.decision import Decision
from automation.core.gates import gate
from automation.core.moves import note
from automation.core.situation import Situation
from automation.core.status import Phase


def concluding(at: Situation) -> Decision | None:
    """The hooks of a run that has ended; None where none are to be called any more.

    Their answers are saved before anything is said of them, so a driver that dies in between calls them again, with the
    same keys. A promotion is said to be completed after them, as the model does.
    """
    if not at.status.post_rollout:
        return None
    hooks = gate(at, "post-rollout")
    if hooks.question is not None:
        return hooks.question
    completed = (texts.promoted(at.canary),) if at.status.phase is Phase.SUCCEEDED else ()
    called = note("the run is concluded", replace(at.status, post_rollout=False), *hooks.events, *completed)
    return replace(called, again=at.seen.now)
