"""A document at another pace."""

from __future__ import annotations

import copy

import pytest

from documents.pace import paced
from tests.components.documents import canary_document


@pytest.mark.parametrize(
    ("interval", "scrapes", "windows"),
    [
        ("10s", "5s", ["1m", "30s"]),
        ("2s", "1s", ["12s", "6s"]),
        ("1s", "1s", ["6s", "4s"]),
        ("2s", "5s", ["20s", "20s"]),
        ("20s", "5s", ["1m", "30s"]),
        ("2s", "1m", ["60s", "30s"]),
    ],
    ids=[
        "its own",
        "quicker",
        "four scrapes at least",
        "slow scrapes",
        "slower",
        "never longer than declared",
    ],
)
def test_windows_shrink_with_the_interval(interval: str, scrapes: str, windows: list[str]) -> None:
    analysis = paced(canary_document(), interval, scrapes)["spec"]["analysis"]
    assert analysis["interval"] == interval
    assert [check["interval"] for check in analysis["metrics"]] == windows


def test_without_a_pace_of_its_own_an_environment_takes_the_document_s() -> None:
    assert paced(canary_document(), None, "5s") == canary_document()


def test_the_document_itself_stays_as_it_is() -> None:
    document = canary_document()
    before = copy.deepcopy(document)
    paced(document, "2s", "1s")
    assert document == before


@pytest.mark.parametrize("interval", ["ten", "0s", None])
def test_an_interval_that_cannot_be_read_is_left_to_whoever_refuses_it(interval: str | None) -> None:
    document = canary_document()
    document["spec"]["analysis"]["interval"] = interval
    assert paced(document, "2s", "1s") == document
