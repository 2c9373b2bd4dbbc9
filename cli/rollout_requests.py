"""What people ask of a Rollout, written where Argo's plugin writes it: whoever drives the Rollout answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from automation.cluster.ports import Objects
from automation.core.kinds import ROLLOUT, Manifest
from automation.core.status import Phase, Status
from automation.core.transitions import RUNNING
from automation.errors import NothingToDo
from cli.found import full_name, standing_of


def ask(cluster: Objects, live: Manifest, verb: str) -> str:
    """Writes the request, and says what was asked for. Raises NothingToDo where nothing would be done about it."""
    status = standing_of(live)
    if why := _refusal(verb, status):
        phase = (live.get("status") or {}).get("phase") or "new"
        raise NothingToDo(
            f"nothing to {verb} for {full_name(live)} ({phase}): {why}",
            f"where it stands: sluice get {live['metadata']['name']} -n {live['metadata']['namespace']}",
        )
    named = (live["metadata"]["namespace"], live["metadata"]["name"])
    if verb == "promote" and (live.get("spec") or {}).get("paused"):
        cluster.patch(ROLLOUT, *named, {"spec": {"paused": False}})
    cluster.patch(ROLLOUT, *named, {"status": _WRITTEN[verb](live)}, subresource="status")
    return f"asked to {verb} rollout {full_name(live)}; its driver answers"


def _refusal(verb: str, status: Status) -> str:
    match verb:
        case "retry":
            return "" if status.phase is Phase.FAILED else "the last update has not failed"
        case "abort" if status.phase in RUNNING and status.ending:
            return "it is being given up already"
        case "abort":
            return "" if status.phase in RUNNING else "no update is under way"
    return "" if status.phase is Phase.PROGRESSING else "no update is under way"


def _promoted(live: Manifest) -> Mapping[str, Any]:
    """What the present step waits for goes; one that waits for nobody is counted."""
    said = live.get("status") or {}
    if said.get("pauseConditions"):
        return {"pauseConditions": None}
    return {"currentStepIndex": int(said.get("currentStepIndex") or 0) + 1}


_WRITTEN: Mapping[str, Callable[[Manifest], Mapping[str, Any]]] = {
    "promote": _promoted,
    "promote --full": lambda live: {"promoteFull": True},
    "abort": lambda live: {"abort": True, "abortedAt": None},
    "retry": lambda live: {"abort": False},
}
"""What is written into `.status` for each request."""
