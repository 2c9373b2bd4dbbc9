"""Which pods go next where somebody asks for a restart."""

from __future__ import annotations

import pytest

from automation.core.restarting import Pod, outdated, to_restart

OLD = [Pod(f"old-{index}", 10.0) for index in range(3)]
NEW = Pod("new", 30.0)


@pytest.mark.parametrize(
    ("pods", "unavailable", "names"),
    [
        (OLD, 0, ["old-0"]),
        (OLD, 2, ["old-0", "old-1"]),
        ([*OLD[:2], Pod("old-2", 10.0, available=False)], 1, []),
        ([Pod("old-0", 10.0, going=True), *OLD[1:]], 1, []),
        ([Pod("old-0", 10.0, going=True), *OLD[1:], NEW], 1, []),
        ([*OLD[1:], NEW], 1, ["old-1"]),
        ([NEW, NEW, NEW], 3, []),
    ],
    ids=[
        "always one",
        "as many as may",
        "one is missing",
        "one goes",
        "one goes and one came",
        "the next",
        "done",
    ],
)
def test_old_pods_go_while_enough_are_available(pods: list[Pod], unavailable: int, names: list[str]) -> None:
    assert [pod.name for pod in to_restart(pods, 20.0, 3, unavailable)] == names


def test_it_is_done_once_none_is_older() -> None:
    assert outdated([NEW], 20.0) == []
    assert outdated([NEW, *OLD], 20.0) == OLD
