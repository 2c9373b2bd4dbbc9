"""The list of what may differ is the one that people read, and the comparison finds what is not in it."""

from __future__ import annotations

from tests.engine.conformance.allowed import ALLOWED, Allowed
from tests.engine.conformance.cases import CASES
from tests.engine.conformance.comparison import ABSENT, Difference, differences
from tests.engine.conformance.engines import ROOT


def test_the_page_holds_the_list_and_the_number_of_cases() -> None:
    page = " ".join((ROOT / "docs" / "engine.md").read_text().split())

    rows = "".join(f" | {item.title} | {item.reason} |" for item in ALLOWED)
    assert f"| may differ | because | | --- | --- |{rows}" in page
    assert f"{len(CASES)} small programs" in page


def test_names_of_cases_are_unique() -> None:
    names = [case.name for case in CASES]

    assert len(names) == len(set(names))


def test_differences_are_named_as_deep_down_as_they_are() -> None:
    embedded = {"code": 0, "stdout": ["b", "a", "a"], "state": {"one": [{"id": 1}]}}
    official = {"code": 1, "stdout": ["a", "b", "c"], "state": {"one": [{"id": 1, "more": True}]}}

    assert list(differences(embedded, official)) == [
        Difference("/code", 0, 1),
        Difference("/state/one/0/more", ABSENT, True),
        Difference("/stdout", "a", ABSENT),
        Difference("/stdout", ABSENT, "c"),
    ]


def test_what_is_allowed_is_allowed_at_its_place_and_with_its_values_alone() -> None:
    allowed = Allowed("title", "reason", "/code$", official="^1$")

    assert allowed.covers(Difference("/0 up/code", 0, 1))
    assert not allowed.covers(Difference("/0 up/code", 0, 2))
    assert not allowed.covers(Difference("/0 up/stdout", 0, 1))
