"""Events: written, counted up where they repeat, and never in the way of what they tell of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automation.cluster.events import Announcement, EventLog
from automation.core.kinds import EVENT
from cli.assembly import announcer
from cli.display import Lines
from tests.automation.api import Api, api
from tests.automation.loopback import Answer

CANARY = {"metadata": {"namespace": "test", "name": "podinfo", "uid": "u"}}
SAID = Announcement("test", "podinfo", "Normal", "Initialization done! podinfo.test", 1700000000.0)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Api]:
    with api(tmp_path) as server:
        yield server


def events(served: Api) -> list[dict[str, Any]]:
    return [served.get(EVENT, name) for name in served.names(EVENT)]


def test_an_event_is_written_on_its_canary(served: Api) -> None:
    EventLog(served.cluster).write(SAID, CANARY)
    (event,) = events(served)
    assert (event["reason"], event["message"], event["count"]) == ("Synced", SAID.text, 1)
    assert event["lastTimestamp"] == "2023-11-14T22:13:20Z"
    assert event["involvedObject"]["uid"] == "u"


def test_a_repeat_is_counted_up_with_one_request(served: Api) -> None:
    log = EventLog(served.cluster)
    for _ in range(3):
        log.write(SAID, CANARY)
    assert [event["count"] for event in events(served)] == [3]
    assert [asked.method for asked in served.asked] == ["POST", "PATCH", "PATCH"]


def test_a_driver_that_was_started_again_counts_on_and_never_back(served: Api) -> None:
    first = EventLog(served.cluster)
    for _ in range(5):
        first.write(SAID, CANARY)
    second = EventLog(served.cluster)
    counts = []
    for _ in range(2):
        second.write(SAID, CANARY)
        counts += [event["count"] for event in events(served)]
    assert counts == [6, 7]


def test_an_event_that_expired_begins_anew(served: Api) -> None:
    log = EventLog(served.cluster)
    for _ in range(3):
        log.write(SAID, CANARY)
    served.cluster.delete(EVENT, "test", served.names(EVENT)[0])
    counts = []
    for _ in range(2):
        log.write(SAID, CANARY)
        counts += [event["count"] for event in events(served)]
    assert counts == [1, 2]


def test_an_event_that_can_not_be_written_is_said_and_holds_up_nothing(
    served: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    served.refuse = lambda asked: Answer(403, {"message": "events are forbidden"})
    announcer(Lines(), EventLog(served.cluster), lambda said, canary: None)(SAID, CANARY)
    told = capsys.readouterr().out
    assert SAID.text in told
    assert "an Event was not written" in told
    assert "events are forbidden" in told
