"""Alerts on their way: beside the ticks, in order, again until they are taken, and never twice."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from automation.core.alerts import Notice, Severity
from automation.inmemory.clock import MemoryClock
from automation.questions.alerts.courier import LASTING_SECONDS, Courier
from automation.questions.alerts.message import Message
from automation.questions.alerts.sender import Undelivered

LONG = 30.0
KEY = ("test", "podinfo")


def notice(text: str, to: str = "ops/chat") -> Notice:
    return Notice(to, Severity.INFO, text, 1000.0)


class Office:
    """A courier whose channels answer as `answer` says, without pauses; `told` are its messages, `sent` what it
    sent."""

    def __init__(self, answer: Callable[[Message], None] = lambda message: None) -> None:
        self.sent: list[str] = []
        self.told: list[str] = []
        self.clock = MemoryClock(1000.0)
        self._answer = answer
        self.courier = Courier(
            self._send, lambda canary, text: self.told.append(text), self.clock, "", self.pause
        )

    def pause(self, tries: int) -> float:
        return 0.0

    def _send(self, message: Message) -> None:
        self._answer(message)
        self.sent.append(message.text)

    def finished(self, *notices: Notice) -> None:
        """Waits until nothing of these is owed any more."""
        self.courier.close(LONG)
        assert self.courier.owed(KEY, notices) == ()


def test_what_was_sent_is_not_owed_any_more_and_not_sent_again() -> None:
    office, both = Office(), (notice("a"), notice("b"))
    office.courier.owed(KEY, both)
    office.courier.owed(KEY, both)
    office.finished(*both)
    assert office.sent == ["a", "b"]


def test_a_canary_that_has_fewer_to_send_is_told_of_at_the_end() -> None:
    office = Office()
    office.courier.owed(KEY, (notice("a"),))
    assert list(office.courier.close(LONG)) == [KEY]
    office.courier.owed(KEY, ())
    assert list(office.courier.close(LONG)) == []


def test_one_provider_that_does_not_answer_holds_up_no_other_and_nobody_who_asks() -> None:
    held, other = threading.Event(), threading.Event()

    def answer(message: Message) -> None:
        if message.notice.to == "ops/slow":
            held.wait(LONG)
        else:
            other.set()

    office = Office(answer)
    notices = (notice("a", "ops/slow"), notice("b", "ops/slow"), notice("c", "ops/fast"))
    assert office.courier.owed(KEY, notices) == notices
    assert other.wait(LONG)
    held.set()
    office.finished(*notices)
    assert [text for text in office.sent if text != "c"] == ["a", "b"]


def failing(times: int, trouble: Undelivered) -> Callable[[Message], None]:
    left = [trouble] * times

    def answer(message: Message) -> None:
        if left:
            raise left.pop()

    return answer


def test_who_is_away_is_told_again_until_it_answers_and_that_is_said_once() -> None:
    taken = threading.Event()
    left = [Undelivered("away")] * 5

    def answer(message: Message) -> None:
        if left:
            raise left.pop()
        if message.text == "b":
            taken.set()

    office, both = Office(answer), (notice("a"), notice("b"))
    office.courier.owed(KEY, both)
    assert taken.wait(LONG)
    office.finished(*both)
    assert office.sent == ["a", "b"]
    assert office.told == ["alert provider chat.ops was not told 'a': away; it is sent again"]


def test_a_message_that_is_unfit_is_lost_and_those_after_it_are_sent() -> None:
    office, both = Office(failing(1, Undelivered("Status 400", final=True))), (notice("a"), notice("b"))
    office.courier.owed(KEY, both)
    office.finished(*both)
    assert office.sent == ["b"]
    assert office.told == ["alert provider chat.ops was not told 'a': Status 400; it is lost"]


def test_an_alert_that_is_a_day_old_is_given_up() -> None:
    office = Office(failing(1, Undelivered("away")))
    office.clock.at += LASTING_SECONDS + 1
    office.courier.owed(KEY, (notice("a"),))
    office.finished(notice("a"))
    assert office.told == ["alert provider chat.ops was not told 'a': away; it is lost"]


def test_whatever_goes_wrong_the_next_one_is_sent() -> None:
    def answer(message: Message) -> None:
        if message.text == "a":
            raise ZeroDivisionError("address")

    office, both = Office(answer), (notice("a"), notice("b"))
    office.courier.owed(KEY, both)
    office.finished(*both)
    assert office.sent == ["b"]
    assert office.told == ["alert provider chat.ops was not told 'a': ZeroDivisionError; it is lost"]


def test_an_end_waits_for_nobody_who_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(failing(99, Undelivered("away")))
    monkeypatch.setattr(office.courier, "_pauses", lambda tries: LONG)
    office.courier.owed(KEY, (notice("a"), notice("b")))
    assert list(office.courier.close(LONG)) == []
    assert office.courier.owed(KEY, (notice("a"), notice("b"))) == (notice("a"), notice("b"))
    assert office.sent == []
