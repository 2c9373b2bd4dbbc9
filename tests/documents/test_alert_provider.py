"""AlertProviders, and what Canaries say of them: what is read and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.alerts import Severity, Subscription
from automation.core.refusal import Refused
from automation.questions.alerts.channels import CHANNELS
from documents.alert_provider import TYPES, AlertProvider, parse, read
from documents.front import canary_of
from tests.core.documents import alert_provider, document

ADDRESS = "https://hooks.example.com/services/T0/B0/x"


def test_a_provider_has_flaggers_defaults() -> None:
    found = parse(alert_provider(address=ADDRESS))
    assert found == AlertProvider("on-call", "ops", "slack", ADDRESS, "", "general", "flagger", "")


def test_a_provider_may_say_it_all() -> None:
    said = {"channel": "c", "username": "u", "proxy": "http://proxy:3128", "secretRef": {"name": "s"}}
    assert parse(alert_provider(**said)) == AlertProvider(
        "on-call", "ops", "slack", "", "s", "c", "u", "http://proxy:3128"
    )


def test_each_type_that_is_read_can_be_sent_to() -> None:
    assert tuple(CHANNELS) == TYPES


MAIL = {"type": "email", "channel": "a@x.org", "username": "b@x.org"}


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({}, ["spec.address is missing"]),
        ({"address": "hooks.example.com"}, ["spec.address 'hooks.example.com' is not a web address"]),
        ({"address": ADDRESS, "secretRef": {"name": "s"}}, ["spec.secretRef stands beside an address"]),
        ({"address": ADDRESS, "type": "slak"}, ["spec.type 'slak' is not known"]),
        ({"address": ADDRESS, "chanel": "x"}, ["spec.chanel is not a field of an AlertProvider"]),
        ({"secretRef": {"name": "S_1"}}, ["spec.secretRef.name 'S_1' is not a DNS subdomain"]),
        ({"secretRef": {"name": "s", "key": "x"}}, ["spec.secretRef.key is not a field of an AlertProvider"]),
        ({"address": ADDRESS, "channel": 5}, ["spec.channel is a number, not text"]),
        ({**MAIL, "address": "https://mail.example.com"}, ["spec.address is not that of a mail server"]),
        ({**MAIL, "address": "smtp://"}, ["spec.address is not that of a mail server"]),
        ({**MAIL, "address": "smtp://mail:25", "proxy": "http://p"}, ["spec.proxy leads no mail"]),
        (
            {"type": "email", "address": "smtp://mail:25"},
            ["spec.channel holds no address of mail", "spec.username holds no address of mail"],
        ),
    ],
)
def test_a_provider_that_can_not_work_is_refused(spec: dict[str, Any], told: list[str]) -> None:
    _, problems = read(alert_provider(**spec))
    assert [f"{one.path} {one.problem}" for one in problems] == told


def subscriptions(*alerts: Any) -> tuple[Subscription, ...]:
    return canary_of(document({"spec.analysis.alerts": list(alerts)})).analysis.alerts


def test_who_is_alerted() -> None:
    told = subscriptions(
        {"name": "a", "providerRef": {"name": "slack"}},
        {"name": "b", "severity": "", "providerRef": {"name": "slack", "namespace": "ops"}},
        {"name": "c", "severity": "error", "providerRef": {"name": "pager"}},
    )
    assert told == (
        Subscription("slack", "test"),
        Subscription("slack", "ops"),
        Subscription("pager", "test", Severity.ERROR),
    )


@pytest.mark.parametrize(
    ("alert", "told"),
    [
        ({"name": "a"}, "providerRef is missing"),
        ({"providerRef": {"name": "slack"}}, "name is missing"),
        (
            {"name": "a", "providerRef": {"name": "slack"}, "severity": "fatal"},
            "severity 'fatal' is not known",
        ),
        (
            {"name": "a", "provider": "x", "providerRef": {"name": "slack"}},
            "provider is not a field of a Canary",
        ),
        ({"name": "a", "providerRef": {"name": "slack", "kind": "x"}}, "providerRef.kind is not a field"),
        ({"name": "a", "providerRef": {"name": "Slack"}}, "providerRef.name 'Slack' is not a DNS subdomain"),
    ],
)
def test_an_alert_that_reaches_nobody_is_refused(alert: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused) as refused:
        subscriptions(alert)
    (problem,) = refused.value.problems
    assert f"{problem.path} {problem.problem}".startswith(f"spec.analysis.alerts[0].{told}")
