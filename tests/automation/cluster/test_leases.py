"""Who drives a Canary: taken, kept up, given back, and taken over from whoever is gone, whatever the clocks say."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from automation.clock import SystemClock
from automation.cluster.leases import Holder, Identity, Keeper, Leases, began, drivers_of, holder_of, machine
from automation.core.kinds import LEASE, Scope
from tests.automation.api import Api, api
from tests.automation.cluster.test_observer import canary
from tests.automation.loopback import Answer

NOW = 1_700_000_000.0
NAME = "sluice-podinfo"
HERE, THERE = Identity("here", 1, "5"), Identity("there", 1, "5")


class Machine:
    """A driver's machine: its clock may be wrong, the seconds that pass on it may not."""

    def __init__(self, served: Api, identity: Identity, skew: float = 0.0) -> None:
        self.passed, self._skew = 0.0, skew
        self.leases = Leases(served.cluster, identity, self)

    def now(self) -> float:
        return NOW + self.passed + self._skew

    def elapsed(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds

    def hold(self) -> str:
        return self.leases.hold(canary())


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Api]:
    with api(tmp_path) as server:
        yield server


def holder(served: Api) -> str:
    return str(served.get(LEASE, NAME)["spec"]["holderIdentity"])


def test_a_lease_is_taken_once_and_renewed_every_ten_seconds(served: Api) -> None:
    here = Machine(served, HERE)
    assert here.hold() == ""
    asked = len(served.asked)
    here.passed = 9
    assert here.hold() == ""
    assert len(served.asked) == asked
    here.passed = 11
    assert here.hold() == ""
    renewed = datetime.fromtimestamp(NOW + 11, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert served.get(LEASE, NAME)["spec"]["renewTime"] == renewed


def test_a_rival_is_named_and_left_alone(served: Api) -> None:
    here, there = Machine(served, HERE), Machine(served, THERE)
    assert here.hold() == ""
    assert there.hold() == "here/1/5"
    there.leases.give_back_all()
    assert holder(served) == "here/1/5"


@pytest.mark.parametrize("skew", [-50.0, 0.0, 50.0, 3600.0 * -24])
def test_a_driver_that_renews_is_not_succeeded_by_a_machine_with_another_clock(
    served: Api, skew: float
) -> None:
    here, there = Machine(served, HERE), Machine(served, THERE, skew)
    for second in range(0, 120, 11):
        here.passed = there.passed = second
        assert here.hold() == ""
        assert there.hold() == "here/1/5"


@pytest.mark.parametrize("skew", [-50.0, 0.0, 50.0])
def test_a_driver_that_stopped_is_succeeded_once_its_lease_ran_out(served: Api, skew: float) -> None:
    here, there = Machine(served, HERE), Machine(served, THERE, skew)
    here.hold()
    there.hold()
    there.passed = 29
    assert there.hold() == "here/1/5"
    there.passed = 31
    assert there.hold() == ""
    assert holder(served) == "there/1/5"


def test_a_lease_that_ran_out_long_ago_is_taken_at_once(served: Api) -> None:
    Machine(served, HERE).hold()
    there = Machine(served, THERE)
    there.passed = 3600
    assert there.hold() == ""


def test_one_who_lost_his_lease_gives_nothing_back(served: Api) -> None:
    here, there = Machine(served, HERE), Machine(served, THERE)
    here.hold()
    there.passed = here.passed = 3600
    there.hold()
    assert here.hold() == "there/1/5"
    here.leases.give_back_all()
    assert holder(served) == "there/1/5"


def test_giving_back_lets_the_next_begin_at_once(served: Api) -> None:
    here, there = Machine(served, HERE), Machine(served, THERE)
    here.hold()
    here.leases.give_back_all()
    assert there.hold() == ""


def test_a_cluster_that_is_away_does_not_keep_a_driver_from_ending(served: Api) -> None:
    here = Machine(served, HERE)
    here.hold()
    served.refuse = lambda asked: Answer(503, {"message": "away"})
    here.leases.give_back_all()
    assert holder(served) == "here/1/5"


def test_a_lease_without_a_time_is_vacant(served: Api) -> None:
    served.put(LEASE, {"metadata": {"namespace": "test", "name": NAME}, "spec": {"holderIdentity": "x"}})
    assert Machine(served, HERE).hold() == ""


def test_a_process_of_this_machine_that_is_gone_is_succeeded_at_once(served: Api) -> None:
    Machine(served, Identity(machine(), 2**22 + 1, "5")).hold()
    assert Machine(served, HERE).hold() == ""


def test_a_container_of_the_same_host_name_is_no_process_of_this_one() -> None:
    other = Identity(machine() + "-elsewhere", os.getpid(), "5")
    assert not other.is_gone()
    assert not Identity.of_this_process().is_gone()
    assert Identity(machine(), os.getpid(), began(os.getpid()) + "0").is_gone()
    assert Identity.parse(str(other)) == other


def test_a_long_tick_keeps_its_lease(served: Api) -> None:
    here = Machine(served, HERE)
    here.hold()
    begun = served.get(LEASE, NAME)["spec"]["renewTime"]
    with here.leases.kept(canary()):
        here.passed = 11
        here.leases.keep_up()
        assert served.get(LEASE, NAME)["spec"]["renewTime"] > begun
    here.passed = 22
    asked = len(served.asked)
    here.leases.keep_up()
    assert (holder(served), len(served.asked)) == ("here/1/5", asked)


def test_one_thread_keeps_up_all_leases_until_it_is_stopped(served: Api) -> None:
    renewed = threading.Event()

    class Noticed(Leases):
        def keep_up(self) -> None:
            renewed.set()

    keeper = Keeper(Noticed(served.cluster, HERE, SystemClock()), seconds=0.01)
    keeper.start()
    assert renewed.wait(5)
    keeper.stop()
    assert "leases" not in {thread.name for thread in threading.enumerate()}


PID = os.getpid()


@pytest.mark.parametrize(
    ("identity", "ago", "expected"),
    [
        pytest.param(Identity("there", 7, "5"), 20, Holder("process 7 on there", True), id="renewed lately"),
        pytest.param(Identity("there", 7, "5"), 900, Holder("process 7 on there", False), id="at rest"),
        pytest.param(
            Identity(machine(), PID, began(PID)),
            900,
            Holder(f"process {PID} on {machine()}", True),
            id="at rest on this machine",
        ),
        pytest.param(Identity(machine(), PID, "0"), 20, None, id="gone from this machine"),
    ],
)
def test_who_drives_a_canary_is_known_as_far_as_it_can_be(
    served: Api, identity: Identity, ago: float, expected: Holder | None
) -> None:
    Machine(served, identity).hold()
    assert holder_of(served.cluster, ("test", "podinfo"), NOW + ago) == expected


def test_nobody_drives_what_was_given_back_or_never_taken(served: Api) -> None:
    assert holder_of(served.cluster, ("test", "podinfo"), NOW) is None
    here = Machine(served, HERE)
    here.hold()
    here.leases.give_back_all()
    assert holder_of(served.cluster, ("test", "podinfo"), NOW) is None


def test_drivers_are_told_that_run_for_certain_and_how_much_each_drives(served: Api) -> None:
    here, there = Identity(machine(), PID, began(PID)), Identity("there", 7, "5")
    for name, held_by in (("one", here), ("two", here), ("three", there)):
        Machine(served, held_by).leases.hold(replace(canary(), name=name))
    foreign = {"metadata": {"name": "other-lock", "namespace": "test"}, "spec": {"holderIdentity": "them"}}
    served.put(LEASE, foreign)
    leases = served.cluster.select(LEASE, Scope("test"))
    assert drivers_of(leases, NOW + 20) == {str(here): 2, str(there): 1}
    assert drivers_of(leases, NOW + 900) == {str(here): 2}
