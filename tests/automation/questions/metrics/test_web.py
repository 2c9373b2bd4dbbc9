"""Plain HTTP and JSON against a loopback server."""

from __future__ import annotations

import pytest
import requests

from automation.core.observation import Measured, NothingMeasured, QueryFailed
from automation.questions.metrics.access import Access
from automation.questions.metrics.web import Web
from tests.automation.loopback import Answer
from tests.automation.questions.metrics.asking import AT, MINUTE, measured, probed

BODY = {"data": {"rates": [0.5, "0.7"], "none": None}}


@pytest.mark.parametrize(
    ("query", "asked_for", "number"),
    [
        ("/errors?service=podinfo\n{$.data.rates[0]}", "/errors?service=podinfo", 0.5),
        ("errors\n  $.data.rates[1]\n", "/errors", 0.7),
        ("?x=1\n{$.data.rates[0]}", "/?x=1", 0.5),
        ("{$.data.rates[0]}", "/", 0.5),
    ],
)
def test_a_query_is_what_follows_the_address_and_the_path_to_the_number(
    query: str, asked_for: str, number: float
) -> None:
    found, asked = measured("web", Answer(body=BODY), query, headers={"X-Scope": "shop"})
    assert found == Measured(number, AT)
    assert (asked.method, asked.path, asked.body) == ("GET", asked_for, "")
    assert (asked.headers["Authorization"], asked.headers["X-Scope"]) == ("Bearer t0ken", "shop")


def test_without_a_path_the_answer_is_the_number() -> None:
    assert measured("web", Answer(body="0.25"), "/rate")[0] == Measured(0.25, AT)


@pytest.mark.parametrize("place", ["{$.data.none}", "{$.data.absent}", "{$.data.rates[7]}"])
def test_a_path_that_leads_to_nothing_is_no_data(place: str) -> None:
    assert measured("web", Answer(body=BODY), place)[0] == NothingMeasured()


def test_what_is_no_number_is_a_failure() -> None:
    found, _ = measured("web", Answer(body=BODY), "{$.data.rates}")
    assert found == QueryFailed("error unmarshaling result: {$.data.rates} is a list, not a number")


def test_a_path_that_is_none_is_told() -> None:
    found = Web(requests.Session(), Access("http://127.0.0.1:1")).measure("{$..x}", AT, MINUTE)
    assert found == QueryFailed(
        "its path {$..x} is not supported: character 1 of '..x' begins no name and no index"
    )


def test_a_user_authenticates_himself() -> None:
    _, asked = measured("web", Answer(body="1"), secret={"username": "ann", "password": "pw"})
    assert asked.headers["Authorization"] == "Basic YW5uOnB3"


@pytest.mark.parametrize("status", [200, 302, 401, 404])
def test_whoever_answers_at_all_is_there(status: int) -> None:
    assert probed("web", Answer(status, "x"))[0] == ""


def test_the_probe_says_who_is_broken() -> None:
    assert probed("web", Answer(500, "sorry"))[0] == (
        "web not avaiable: error response: Status 500 Internal Server Error: sorry"
    )
