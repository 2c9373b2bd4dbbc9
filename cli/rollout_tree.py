"""A Rollout as a tree: its revisions with their ReplicaSets and pods, and its AnalysisRuns. The signs are Argo's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from automation.core.durations import shown
from automation.core.kinds import Manifest
from automation.core.marks import NUMBER, POD_HASH, SCALE_DOWN
from automation.core.moments import unix_seconds

COLUMNS = ("NAME", "KIND", "STATUS", "AGE", "INFO")
KINDS: Mapping[str, str] = {
    "Rollout": "⟳",
    "ReplicaSet": "⧉",
    "Pod": "□",
    "AnalysisRun": "\N{GREEK SMALL LETTER ALPHA}",
    "Revision": "#",
}
STATES: Mapping[str, str] = {
    "Healthy": "✔",
    "Running": "✔",
    "Successful": "✔",
    "Progressing": "◌",
    "Pending": "◌",
    "Paused": "॥",
    "ScaledDown": "•",
    "Degraded": "✖",
    "Failed": "✖",
    "Error": "⚠",
    "Inconclusive": "?",
}


@dataclass(frozen=True)
class Surroundings:
    """A Rollout and what it owns, as it is at `now` (unix seconds)."""

    rollout: Manifest
    sets: Sequence[Manifest]
    pods: Sequence[Manifest]
    runs: Sequence[Manifest]
    now: float


@dataclass(frozen=True)
class Branch:
    """A line of the tree, and what hangs from it."""

    kind: str
    name: str
    state: str = ""
    age: str = ""
    info: str = ""
    branches: tuple[Branch, ...] = field(default=())


def lines(at: Surroundings) -> list[str]:
    """The whole view: what the Rollout says, and the tree."""
    rows = [COLUMNS, *_rows(_root(at), "", "")]
    widths = [max(len(row[place]) for row in rows) for place in range(len(COLUMNS))]
    table = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return [*_head(at), "", *table]


def _head(at: Surroundings) -> Iterator[str]:
    metadata, said, spec = at.rollout["metadata"], at.rollout.get("status") or {}, at.rollout["spec"]
    message = said.get("message")
    told = [
        ("Name:", metadata["name"]),
        ("Namespace:", metadata["namespace"]),
        ("Status:", _signed(str(said.get("phase") or "Progressing"))),
        *([("Message:", message)] if message else ()),
        ("Strategy:", "BlueGreen" if "blueGreen" in (spec.get("strategy") or {}) else "Canary"),
        *_steps(at.rollout),
        *((("" if index else "Images:"), image) for index, image in enumerate(_images(at))),
        ("Replicas:", ""),
        ("  Desired:", spec.get("replicas", 1)),
        ("  Current:", said.get("replicas", 0)),
        ("  Updated:", said.get("updatedReplicas", 0)),
        ("  Ready:", said.get("readyReplicas", 0)),
        ("  Available:", said.get("availableReplicas", 0)),
    ]
    yield from (f"{label:<17}{value}".rstrip() for label, value in told)


def _steps(rollout: Manifest) -> list[tuple[str, Any]]:
    said = rollout.get("status") or {}
    steps = (((rollout["spec"].get("strategy") or {}).get("canary")) or {}).get("steps") or []
    if not steps:
        return []
    index, weights = int(said.get("currentStepIndex") or 0), (said.get("canary") or {}).get("weights") or {}
    set_ = next((one["setWeight"] for one in reversed(steps[: index + 1]) if "setWeight" in one), 0)
    actual = (weights.get("canary") or {}).get("weight", 0)
    wanted = 100 if index >= len(steps) else set_
    return [("  Step:", f"{index}/{len(steps)}"), ("  SetWeight:", wanted), ("  ActualWeight:", actual)]


def _images(at: Surroundings) -> Iterator[str]:
    for one in _by_number(at.sets):
        if role := _role(at, one):
            for container in one["spec"]["template"]["spec"]["containers"]:
                if _pods_wanted(one):
                    yield f"{container.get('image')} ({role})"


def _root(at: Surroundings) -> Branch:
    metadata, said = at.rollout["metadata"], at.rollout.get("status") or {}
    revisions: dict[int, list[Manifest]] = {}
    for one in _by_number(at.sets):
        revisions.setdefault(_number(one), []).append(one)
    branches = tuple(_revision(at, number, sets) for number, sets in revisions.items())
    state = str(said.get("phase") or "Progressing")
    return Branch("Rollout", metadata["name"], state, _age(at, at.rollout), branches=branches)


def _revision(at: Surroundings, number: int, sets: list[Manifest]) -> Branch:
    runs = [one for one in at.runs if _number(one) == number]
    found = (*(_set(at, one) for one in sets), *(_run(at, one) for one in runs))
    return Branch("Revision", f"revision:{number or '?'}", branches=found)


def _set(at: Surroundings, one: Manifest) -> Branch:
    uid, wanted = one["metadata"].get("uid"), _pods_wanted(one)
    ready = int((one.get("status") or {}).get("availableReplicas") or 0)
    state = "ScaledDown" if not wanted else "Healthy" if ready >= wanted else "Progressing"
    pods = tuple(_pod(at, pod) for pod in at.pods if _owned_by(pod, uid))
    info = ",".join(filter(None, (_role(at, one), _delay(at, one))))
    return Branch("ReplicaSet", one["metadata"]["name"], state, _age(at, one), info, pods)


def _pod(at: Surroundings, pod: Manifest) -> Branch:
    status = pod.get("status") or {}
    containers = status.get("containerStatuses") or ()
    ready = sum(bool(one.get("ready")) for one in containers)
    restarts = sum(int(one.get("restartCount") or 0) for one in containers)
    states = (one.get("state") or {} for one in containers)
    waits: Manifest = next((state["waiting"] for state in states if state.get("waiting")), {})
    state = (
        "Terminating"
        if "deletionTimestamp" in pod["metadata"]
        else waits.get("reason") or status.get("phase", "")
    )
    total = len(pod["spec"].get("containers") or ())
    info = f"ready:{ready}/{total}" + (f",restarts:{restarts}" if restarts else "")
    return Branch("Pod", pod["metadata"]["name"], str(state), _age(at, pod), info)


def _run(at: Surroundings, run: Manifest) -> Branch:
    status = run.get("status") or {}
    counts = {"✔": "successful", "✖": "failed", "?": "inconclusive", "⚠": "error"}
    results = status.get("metricResults") or ()
    totals = {sign: sum(int(one.get(field) or 0) for one in results) for sign, field in counts.items()}
    info = ",".join(f"{sign} {total}" for sign, total in totals.items() if total)
    return Branch("AnalysisRun", run["metadata"]["name"], str(status.get("phase", "")), _age(at, run), info)


def _rows(branch: Branch, before: str, below: str) -> Iterator[tuple[str, ...]]:
    kind = "" if branch.kind == "Revision" else branch.kind
    name = f"{before}{KINDS[branch.kind]} {branch.name}"
    yield name, kind, _signed(branch.state, branch.kind), branch.age, branch.info
    for index, one in enumerate(branch.branches):
        last = index == len(branch.branches) - 1
        yield from _rows(one, f"{below}{'└──' if last else '├──'}", f"{below}{'   ' if last else '│  '}")


def _signed(state: str, kind: str = "") -> str:
    """A pod that runs is as it should be; an analysis that does has yet to come to something."""
    sign = "◌" if (state, kind) == ("Running", "AnalysisRun") else STATES.get(state, "◌")
    return f"{sign} {state}" if state else ""


def _role(at: Surroundings, one: Manifest) -> str:
    said, hash = at.rollout.get("status") or {}, (one["metadata"].get("labels") or {}).get(POD_HASH)
    if hash == said.get("stableRS"):
        return "stable"
    return "canary" if hash == said.get("currentPodHash") and _pods_wanted(one) else ""


def _delay(at: Surroundings, one: Manifest) -> str:
    date = (one["metadata"].get("annotations") or {}).get(SCALE_DOWN)
    left = unix_seconds(date) - at.now if date else 0.0
    return f"delay:{shown(round(left) * 1000)}" if left > 0 else ""


def _pods_wanted(one: Manifest) -> int:
    return int(one["spec"].get("replicas") or 0)


def _by_number(sets: Sequence[Manifest]) -> list[Manifest]:
    """The newest first."""
    return sorted(sets, key=_number, reverse=True)


def _number(one: Manifest) -> int:
    text = (one["metadata"].get("annotations") or {}).get(NUMBER, "")
    return int(text) if text.isdecimal() else 0


def _owned_by(thing: Manifest, uid: Any) -> bool:
    return any(owner.get("uid") == uid for owner in thing["metadata"].get("ownerReferences") or ())


def _age(at: Surroundings, thing: Manifest) -> str:
    made = thing["metadata"].get("creationTimestamp")
    if not made:
        return ""
    seconds = max(0, round(at.now - unix_seconds(made)))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
