"""Where the release of a live Rollout stands, and what somebody has asked for meanwhile.

What drivers remember is in an annotation, because the definition of Rollouts is Argo's: the API server drops fields of
`.status` that it does not name. There the model's own fields are reported, and there its command line writes what
people ask for, so that `kubectl argo rollouts promote`, `abort` and `retry` work on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from automation.core.kinds import Manifest
from automation.core.marks import STATUS
from automation.core.refusal import Refused
from automation.core.status import Phase, Request, Status
from automation.core.transitions import RUNNING
from documents.argo import rollout
from documents.argo.places import written_index
from documents.standing import status_at


def status(document: Mapping[str, Any]) -> Status:
    """Where its release stands. Raises Refused where somebody has made nonsense of what was remembered."""
    text = ((document.get("metadata") or {}).get("annotations") or {}).get(STATUS)
    if not text:
        return Status()
    remedy = (
        "take the annotation away: the release begins anew, with what the Rollout's template says as stable"
    )
    known = status_at(f"metadata.annotations.{STATUS}", _remembered(text), remedy)
    verb = "" if known.request else _asked(document, known)
    return replace(known, request=Request(verb)) if verb else known


def _remembered(text: str) -> Any:
    """What the annotation says, itself where it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def remembering(live: Manifest, known: Status) -> Manifest:
    """A merge patch that writes where its release stands; it fails where the Rollout has changed meanwhile."""
    text = json.dumps(known.document(), separators=(",", ":"), sort_keys=True)
    version = live["metadata"]["resourceVersion"]
    return {"metadata": {"resourceVersion": version, "annotations": {STATUS: text}}}


def _asked(document: Mapping[str, Any], known: Status) -> str:
    """What somebody wrote into `.status` since it was reported: the verb of a request, "" for nothing."""
    said = document.get("status") or {}
    if known.phase is Phase.FAILED:
        return "retry" if said.get("abortedAt") and not said.get("abort") else ""
    if known.phase in RUNNING and not known.ending and said.get("abort") and not said.get("abortedAt"):
        return "abort"
    if known.phase is not Phase.PROGRESSING:
        return ""
    if said.get("promoteFull"):
        return "promote-full"
    return "promote" if _let_go(document, said, known) else ""


def _let_go(document: Mapping[str, Any], said: Mapping[str, Any], known: Status) -> bool:
    """Whether somebody took away what the present step waits for, or counted it himself. What was reported of another
    step, of another list or of another revision says nothing of this one."""
    steps = (said.get("currentPodHash"), said.get("currentStepHash"))
    if known.steps is None or steps != (known.last_applied_spec, known.steps.checksum):
        return False
    try:
        present = written_index(rollout.parse(document), known.iterations)
    except Refused:
        return False
    index = said.get("currentStepIndex", present)  # blue/green has no steps that people have written
    paused = bool(said.get("controllerPause")) and not said.get("pauseConditions")
    return isinstance(index, int) and (index > present or (paused and index == present))
