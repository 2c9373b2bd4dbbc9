"""What a command that waits for a Canary says of it."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.kinds import CANARY, DEPLOYMENT, POD, Manifest
from automation.core.status import Phase, Status
from automation.driver.tick import Obstacle, Rival, Tick, Trouble
from automation.errors import ClusterAway, DocumentRefused, TimedOut
from automation.inmemory.cluster import MemoryCluster
from cli import release
from cli.display import Lines
from cli.release import Drive
from cli.waiting import Following, StandingBy, cause, complaints
from tests.core.documents import document

KEY = ("test", "podinfo")
UNREADY = "podinfo-primary.test not ready: 0 of 2"
PULL = {"reason": "ErrImagePull", "message": "image podinfo:9 not found"}


def tick(trouble: Trouble | None = None, waits: str = "") -> Tick:
    return Tick(Status(Phase.PROGRESSING), "told", trouble, waits=waits)


def test_what_another_driver_waits_for_is_told_once_a_change() -> None:
    following, rival = Following(), Rival("bob/7")
    looks = [
        tick(rival),
        tick(rival),
        tick(rival, UNREADY),
        tick(rival, UNREADY),
        tick(),
        tick(rival, UNREADY),
    ]
    assert [following.news(look) for look in looks] == [
        "driven by process 7 on bob: following what it does",
        "",
        f"driven by process 7 on bob: {UNREADY}",
        "",
        "",
        f"driven by process 7 on bob: {UNREADY}",
    ]


def test_a_driver_that_stands_by_says_once_for_whom() -> None:
    standing_by = StandingBy()
    looks = [tick(Rival("there/7/5")), tick(), tick(Rival("there/7/5")), tick(Rival("elsewhere/7/5"))]
    first, none, again, other = [standing_by.news(look) for look in looks]
    assert (none, again) == ("", "")
    assert first == (
        "driven by process 7 on there: this driver stands by, here and wherever that one drives, "
        "and takes over when it ends"
    )
    assert other.startswith("driven by process 7 on elsewhere: ")


def test_a_driver_that_is_known_from_the_start_is_told_once_with_how_much_it_drives() -> None:
    standing_by = StandingBy()
    assert standing_by.found({"there/7/5": 3}) == [
        "process 7 on there drives 3 of the releases here: this driver stands by for what that one drives, and takes "
        "over when it ends"
    ]
    assert standing_by.news(tick(Rival("there/7/5"))) == ""


def waiting(**why: str) -> Manifest:
    return {"containerStatuses": [{"state": {"waiting": why}}]}


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        pytest.param([waiting(**PULL)] * 2, ["ErrImagePull: image podinfo:9 not found"], id="both alike"),
        pytest.param([waiting(reason="CrashLoopBackOff")], ["CrashLoopBackOff"], id="without a message"),
        pytest.param(
            [{"initContainerStatuses": [{"state": {"waiting": PULL}}]}],
            ["ErrImagePull: image podinfo:9 not found"],
            id="an init container",
        ),
        pytest.param([waiting(reason="ContainerCreating")], [], id="it is only beginning"),
        pytest.param([{"containerStatuses": [{"state": {"running": {}}}]}], [], id="it runs"),
        pytest.param(
            [
                {
                    "conditions": [
                        {
                            "type": "PodScheduled",
                            "status": "False",
                            "reason": "Unschedulable",
                            "message": "0/3 nodes",
                        }
                    ]
                }
            ],
            ["Unschedulable: 0/3 nodes"],
            id="no node takes it",
        ),
        pytest.param([{}], [], id="nothing is known of it"),
    ],
)
def test_pods_say_what_keeps_them_from_being_ready(statuses: list[Manifest], said: list[str]) -> None:
    assert complaints([{"status": status} for status in statuses]) == said


def cluster(available: int = 0) -> MemoryCluster:
    """A Canary whose primary asks for two pods with an image that is not there."""
    made, labels = MemoryCluster(), {"app": "podinfo-primary"}
    made.put(CANARY, document())
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "podinfo:9"}]}}
    primary = {
        "kind": "Deployment",
        "metadata": {"name": "podinfo-primary", "namespace": "test"},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": template},
        "status": {"replicas": 2, "availableReplicas": available},
    }
    made.put(DEPLOYMENT, primary)
    pod = {"metadata": {"name": "podinfo-primary-1", "namespace": "test", "labels": labels}}
    made.put(POD, {**pod, "status": waiting(**PULL)})
    return made


SHORT = "podinfo-primary has 0 of 2 ready pods: ErrImagePull: image podinfo:9 not found"


@pytest.mark.parametrize(
    ("look", "available", "said"),
    [
        pytest.param(tick(waits=UNREADY), 0, f"{UNREADY}; {SHORT}", id="driven here"),
        pytest.param(
            tick(Rival("bob/7"), UNREADY),
            0,
            f"driven by process 7 on bob: {UNREADY}; {SHORT}",
            id="driven by another",
        ),
        pytest.param(tick(), 2, "told", id="nothing is in the way"),
    ],
)
def test_a_cause_names_the_pods_that_do_not_get_ready(look: Tick, available: int, said: str) -> None:
    assert cause(cluster(available), KEY, look) == said


def test_pods_that_can_not_be_read_hide_nothing() -> None:
    class Away(MemoryCluster):
        def select(self, *arguments: Any) -> list[Manifest]:
            raise ClusterAway("no route to host")

    away = Away()
    away._objects = cluster()._objects
    assert cause(away, KEY, tick(waits=UNREADY)) == UNREADY


class Opened:
    def __init__(self) -> None:
        self.cluster = cluster()

    def command(self, verb: str, key: tuple[str, str]) -> str:
        return f"sluice {verb} {key[1]} --env dev -n {key[0]}"


class Ticking:
    """A driver whose every tick comes to the same."""

    def __init__(self, look: Tick) -> None:
        self._look, self.watches = look, MemoryCluster()

    def tick(self, namespace: str, name: str) -> Tick:
        return self._look


def drive(look: Tick, timeout: float | None) -> Drive:
    opened: Any = Opened()
    assembly: Any = Ticking(look)
    return Drive(opened, assembly, Lines(), KEY, timeout)


def test_a_release_that_is_out_of_time_names_what_another_driver_waits_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(TimedOut) as late:
        drive(tick(Rival("bob/7"), UNREADY), timeout=-1.0).to_the_end()
    assert late.value.problem.endswith(f"driven by process 7 on bob: {UNREADY}; {SHORT}")
    assert "sluice release podinfo --env dev -n test" in late.value.remedy
    assert capsys.readouterr().out.count(f"podinfo.test: driven by process 7 on bob: {UNREADY}") == 1


def test_a_release_with_something_to_mend_ends_with_it_and_with_the_pods(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(release, "interval_of", lambda canary: 0.0)
    with pytest.raises(DocumentRefused, match=UNREADY) as refused:
        drive(tick(Obstacle(UNREADY), UNREADY), timeout=None).to_the_end()
    assert refused.value.problem == f"{UNREADY}; {SHORT}"
