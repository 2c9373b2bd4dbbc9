"""What a pod's status says about its containers."""

from typing import Any

import pytest

from lab.node.status import (
    ContainerSnapshot,
    PodSnapshot,
    Running,
    Terminated,
    Waiting,
    phase_of,
    pod_status,
    resumed,
)

BEGUN, NOW = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"
UP = ContainerSnapshot("c", "i", state=Running(BEGUN), started=True, ready=True)
UNREADY = ContainerSnapshot("c", "i", state=Running(BEGUN), started=True)
WELL = ContainerSnapshot("c", "i", state=Terminated(0, BEGUN, NOW))
BADLY = ContainerSnapshot("c", "i", state=Terminated(1, BEGUN, NOW))
CREATED = ContainerSnapshot("c", "i")
CRASHING = ContainerSnapshot("c", "i", state=Waiting("CrashLoopBackOff"), last=Terminated(1, BEGUN, NOW))


def pod(policy: str = "Always", **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "spec": {"restartPolicy": policy}, "status": status}


PHASES = {
    "nothing runs yet": ("Always", (), (CREATED,), False, "Pending"),
    "all run": ("Always", (), (UP, UP), False, "Running"),
    "one runs": ("Always", (), (UP, CREATED), False, "Running"),
    "one crashes": ("Always", (), (CRASHING,), False, "Running"),
    "ended, to be restarted": ("Always", (), (WELL,), False, "Running"),
    "ended well for good": ("OnFailure", (), (WELL, WELL), False, "Succeeded"),
    "ended badly, to be restarted": ("OnFailure", (), (BADLY,), False, "Running"),
    "ended badly for good": ("Never", (), (WELL, BADLY), False, "Failed"),
    "one has ended": ("Never", (), (WELL, UP), False, "Running"),
    "ended by deletion": ("Always", (), (BADLY,), True, "Failed"),
    "an init container failed for good": ("Never", (BADLY,), (CREATED,), False, "Failed"),
    "an init container is tried again": ("OnFailure", (BADLY,), (CREATED,), False, "Pending"),
}


@pytest.mark.parametrize(("policy", "init", "containers", "ending", "phase"), PHASES.values(), ids=PHASES)
def test_phases(policy: str, init: Any, containers: Any, ending: bool, phase: str) -> None:
    assert phase_of(pod(policy), PodSnapshot(init, containers, terminating=ending)) == phase


def conditions(document: dict[str, Any], moment: PodSnapshot) -> dict[str, str]:
    return {entry["type"]: entry["status"] for entry in pod_status(document, moment, NOW)["conditions"]}


def test_a_pod_is_ready_when_all_its_containers_are() -> None:
    ready = conditions(pod(), PodSnapshot((), (UP, UP), address="10.244.0.2"))
    unready = conditions(pod(), PodSnapshot((), (UP, UNREADY), address="10.244.0.2"))
    assert (ready["Ready"], ready["ContainersReady"]) == ("True", "True")
    assert (unready["Ready"], unready["ContainersReady"], unready["Initialized"]) == (
        "False",
        "False",
        "True",
    )


def test_a_readiness_gate_holds_a_pod_back() -> None:
    document = pod()
    document["spec"]["readinessGates"] = [{"conditionType": "example.com/gate"}]
    held = conditions(document, PodSnapshot((), (UP,)))
    document["status"]["conditions"] = [
        {"type": "example.com/gate", "status": "True", "lastTransitionTime": BEGUN}
    ]
    open_ = conditions(document, PodSnapshot((), (UP,)))
    assert (held["ContainersReady"], held["Ready"], open_["Ready"]) == ("True", "False", "True")


def test_times_of_transition_stay_where_nothing_has_changed() -> None:
    known = [
        {"type": "Ready", "status": "True", "lastTransitionTime": BEGUN},
        {"type": "Initialized", "status": "False", "lastTransitionTime": BEGUN},
    ]
    status = pod_status(pod(conditions=known), PodSnapshot((), (UP,)), NOW)
    times = {entry["type"]: entry["lastTransitionTime"] for entry in status["conditions"]}
    assert (times["Ready"], times["Initialized"]) == (BEGUN, NOW)


def test_a_container_that_ended_says_how() -> None:
    ended = Terminated(1, BEGUN, NOW, "lab://1", message="bye")
    expected = {
        "exitCode": 1,
        "reason": "Error",
        "message": "bye",
        "startedAt": BEGUN,
        "finishedAt": NOW,
        "containerID": "lab://1",
    }
    assert ended.document() == {"terminated": expected}
    assert Terminated.parse(expected) == Terminated(1, BEGUN, NOW, "lab://1", "Error", "bye")


SPEC = {"name": "c", "image": "i"}


def test_a_container_that_ran_under_an_earlier_node_has_ended_with_it() -> None:
    before = ContainerSnapshot("c", "i", container_id="lab://1", state=Running(BEGUN), restarts=2).document()
    now = resumed(SPEC, "Always", before, NOW)
    assert (now.restarts, now.last) == (3, Terminated(137, BEGUN, NOW, "lab://1"))
    assert now.state == Waiting()


def test_a_container_at_rest_stays_so_under_the_next_node() -> None:
    assert resumed(SPEC, "OnFailure", WELL.document(), NOW).succeeded
    assert resumed(SPEC, "OnFailure", BADLY.document(), NOW).restarts == 1
    assert resumed(SPEC, "Always", CREATED.document(), NOW) == CREATED
