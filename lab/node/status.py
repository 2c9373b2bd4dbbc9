"""What a pod's status says, worked out from what its containers are doing. Values in, values out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Spec = Mapping[str, Any]
Document = dict[str, Any]


@dataclass(frozen=True)
class Waiting:
    """Not running, and why."""

    reason: str = "ContainerCreating"
    message: str = ""

    def document(self) -> Document:
        """As a container status says it."""
        return {"waiting": _without_blanks({"reason": self.reason, "message": self.message})}


@dataclass(frozen=True)
class Running:
    """Running since `started`, a time as the API writes it."""

    started: str

    def document(self) -> Document:
        """As a container status says it."""
        return {"running": {"startedAt": self.started}}


@dataclass(frozen=True)
class Terminated:
    """Ended, with what and when."""

    exit_code: int
    started: str
    finished: str
    container_id: str = ""
    reason: str = ""
    message: str = ""

    def document(self) -> Document:
        """As a container status says it."""
        reason = self.reason or ("Completed" if self.exit_code == 0 else "Error")
        fields = {
            "exitCode": self.exit_code,
            "reason": reason,
            "message": self.message,
            "startedAt": self.started,
            "finishedAt": self.finished,
            "containerID": self.container_id,
        }
        return {"terminated": _without_blanks(fields)}

    @classmethod
    def parse(cls, document: Spec) -> "Terminated":
        """The reverse of `document`, of what stands below `terminated`."""
        return cls(
            document["exitCode"],
            document.get("startedAt", ""),
            document.get("finishedAt", ""),
            document.get("containerID", ""),
            document.get("reason", ""),
            document.get("message", ""),
        )


State = Waiting | Running | Terminated


@dataclass(frozen=True)
class ContainerSnapshot:
    """One container at one moment."""

    name: str
    image: str
    image_id: str = ""
    container_id: str = ""
    state: State = Waiting()
    last: Terminated | None = None
    restarts: int = 0
    started: bool = False  # running, and its startup probe has passed
    ready: bool = False
    sidecar: bool = False  # an init container that keeps running

    @property
    def succeeded(self) -> bool:
        """Ended as it should."""
        return isinstance(self.state, Terminated) and self.state.exit_code == 0

    def document(self) -> Document:
        """The container's entry in the pod's status."""
        return {
            "name": self.name,
            "image": self.image,
            "imageID": self.image_id,
            "state": self.state.document(),
            "lastState": self.last.document() if self.last else {},
            "restartCount": self.restarts,
            "started": self.started,
            "ready": self.ready,
            **({"containerID": self.container_id} if self.container_id else {}),
        }


@dataclass(frozen=True)
class PodSnapshot:
    """A pod at one moment."""

    init: tuple[ContainerSnapshot, ...]
    containers: tuple[ContainerSnapshot, ...]
    address: str = ""
    host: str = ""
    terminating: bool = False


def pod_status(pod: Spec, snapshot: PodSnapshot, now: str) -> Document:
    """The status as a strategic merge patch; transition times stay where nothing has changed."""
    phase = phase_of(pod, snapshot)
    known = {entry["type"]: entry for entry in pod.get("status", {}).get("conditions", ())}
    status: Document = {
        "phase": phase,
        "conditions": [
            _condition(known.get(kind), kind, said, now) for kind, said in _conditions(pod, phase, snapshot)
        ],
        "containerStatuses": [container.document() for container in snapshot.containers],
        "hostIP": snapshot.host,
        "hostIPs": [_REPLACED, {"ip": snapshot.host}],
        "startTime": pod.get("status", {}).get("startTime", now),
        "qosClass": pod.get("status", {}).get("qosClass", "BestEffort"),
        "observedGeneration": pod["metadata"].get("generation", 1),
    }
    if snapshot.init:
        status["initContainerStatuses"] = [container.document() for container in snapshot.init]
    if snapshot.address:
        status |= {"podIP": snapshot.address, "podIPs": [_REPLACED, {"ip": snapshot.address}]}
    return status


def phase_of(pod: Spec, snapshot: PodSnapshot) -> str:
    """Pending, Running, Succeeded or Failed."""
    policy = pod["spec"].get("restartPolicy", "Always")
    failed_init = [
        c for c in snapshot.init if not c.sidecar and isinstance(c.state, Terminated) and not c.succeeded
    ]
    if failed_init and policy == "Never":
        return "Failed"
    ended = [isinstance(container.state, Terminated) for container in snapshot.containers]
    if all(ended) and (policy != "Always" or snapshot.terminating):
        well = all(container.succeeded for container in snapshot.containers)
        if well or policy == "Never" or snapshot.terminating:
            return "Succeeded" if well else "Failed"
    begun = any(ended) or any(isinstance(c.state, Running) or c.last for c in snapshot.containers)
    return "Running" if begun else "Pending"


# A strategic merge patch would add to the addresses of an earlier run.
_REPLACED = {"$patch": "replace"}
_Said = tuple[bool, str, str]  # status, reason, message


def _conditions(pod: Spec, phase: str, snapshot: PodSnapshot) -> Iterable[tuple[str, _Said]]:
    done = phase == "Succeeded"
    initialised = _initialised(snapshot.init)
    together = _readiness(snapshot.containers, done)
    yield "PodReadyToStartContainers", (bool(snapshot.address), "", "")
    yield "Initialized", (True, "PodCompleted", "") if done else initialised
    yield "ContainersReady", together
    yield "Ready", _gated(pod, together)
    yield "PodScheduled", (True, "", "")


def _initialised(init: Sequence[ContainerSnapshot]) -> _Said:
    waiting = [c.name for c in init if not (c.succeeded or (c.sidecar and c.started))]
    if not waiting:
        return True, "", ""
    return False, "ContainersNotInitialized", f"containers with incomplete status: [{' '.join(waiting)}]"


def _readiness(containers: Sequence[ContainerSnapshot], done: bool) -> _Said:
    unready = [container.name for container in containers if not container.ready]
    if not unready:
        return True, "", ""
    if done:
        return False, "PodCompleted", ""
    return False, "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]"


def _gated(pod: Spec, together: _Said) -> _Said:
    gates = [gate["conditionType"] for gate in pod["spec"].get("readinessGates", ())]
    held = {
        entry["type"] for entry in pod.get("status", {}).get("conditions", ()) if entry["status"] == "True"
    }
    missing = [gate for gate in gates if gate not in held]
    if not together[0] or not missing:
        return together
    return (
        False,
        "ReadinessGatesNotReady",
        f'corresponding condition of pod readiness gate "{missing[0]}" is not "True".',
    )


def _condition(known: Spec | None, kind: str, said: _Said, now: str) -> Document:
    holds, reason, message = said
    status = "True" if holds else "False"
    since = known["lastTransitionTime"] if known and known["status"] == status else now
    return {
        "type": kind,
        "status": status,
        "lastTransitionTime": since,
        "lastProbeTime": None,
        "reason": reason or None,
        "message": message or None,
    }


def _without_blanks(fields: Document) -> Document:
    return {name: value for name, value in fields.items() if value != ""}


def resumed(spec: Spec, policy: str, before: Spec | None, now: str) -> ContainerSnapshot:
    """A container's condition when the node begins with it. `before`: its status, if an earlier node ran it.

    Whatever ran under the earlier node has ended with it; what was at rest stays so.
    """
    fresh = ContainerSnapshot(
        spec["name"], spec["image"], sidecar=policy == "Always" and spec.get("restartPolicy") == "Always"
    )
    if not before:
        return fresh
    state, last = before.get("state", {}), before.get("lastState", {}).get("terminated")
    past = replace(
        fresh, restarts=before.get("restartCount", 0), last=Terminated.parse(last) if last else None
    )
    if "running" in state:
        ended = Terminated(137, state["running"].get("startedAt", now), now, before.get("containerID", ""))
        return replace(past, restarts=past.restarts + 1, last=ended)
    if "terminated" in state:
        ended = Terminated.parse(state["terminated"])
        if rests(policy, ended.exit_code):
            return replace(
                past, state=ended, container_id=ended.container_id, image_id=before.get("imageID", "")
            )
        return replace(past, restarts=past.restarts + 1, last=ended)
    return replace(past, restarts=past.restarts + 1) if last else past


def rests(policy: str, exit_code: int) -> bool:
    """Whether a container that ended is not started again."""
    return policy == "Never" or (policy == "OnFailure" and exit_code == 0)
