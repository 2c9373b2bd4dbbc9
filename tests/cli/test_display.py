"""What a driver says reaches the screen whole."""

from __future__ import annotations

import pytest
from rich.console import Console, Group

from automation.cluster.events import Announcement
from cli.display import Lines, fitting

LIST = "update of stack s failed: 2 errors occurred:\n\t* the Service is invalid\n\t* the quota is exceeded"


def said(text: str, type: str = "Warning") -> Announcement:
    return Announcement("test", "podinfo", type, text, 0.0)


def printed(events: list[Announcement], rows: int) -> str:
    console = Console(width=40)
    with console.capture() as captured:
        console.print(Group(*fitting(events, console, rows)))
    return captured.get()


def test_an_event_is_printed_with_its_list_of_causes(capsys: pytest.CaptureFixture[str]) -> None:
    Lines().announce(said(LIST))
    assert capsys.readouterr().out == f"00:00:00 ! {LIST}\n"


def test_of_many_canaries_each_line_names_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    Lines(many=True).announce(said("Routing all traffic to primary", "Normal"))
    Lines(many=True).announce(said("Promotion completed! Scaling down podinfo.test", "Normal"))
    assert capsys.readouterr().out.splitlines() == [
        "00:00:00   Routing all traffic to primary (podinfo.test)",
        "00:00:00   Promotion completed! Scaling down podinfo.test",
    ]


def test_a_warning_is_wrapped_and_not_cut_off() -> None:
    told = " ".join(printed([said(LIST)], rows=10).split())
    assert told == f"00:00:00 {' '.join(LIST.split())}"


def test_anything_else_takes_one_line() -> None:
    assert printed([said("word " * 20, "Normal")], rows=10).count("\n") == 1


def test_where_room_is_short_the_newest_events_are_shown() -> None:
    events = [said("first", "Normal"), said("second", "Normal"), said("third", "Normal")]
    assert printed(events, rows=2) == "00:00:00 second\n00:00:00 third\n"
    assert printed(events, rows=0) == "00:00:00 third\n"
