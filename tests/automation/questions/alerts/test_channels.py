"""What each channel is sent, whole, and what of its answers is a failure."""

from __future__ import annotations

import json
from typing import Any

import pytest

from automation.questions.alerts import msteams
from automation.questions.alerts.channels import CHANNELS
from automation.questions.alerts.posting import with_path
from automation.questions.metrics.exchange import Unanswered
from tests.automation.loopback import Answer, Asked, Loopback, loopback
from tests.automation.questions.alerts.messages import message, recipient


def sent(kind: str, severity: str = "info", token: str = "", path: str = "/hook") -> Asked:
    with loopback(lambda asked: Answer(200, "ok")) as server:
        CHANNELS[kind].send(message(severity), recipient(server.url + path, token))
        (asked,) = server.asked
    assert asked.method == "POST"
    assert asked.headers["Content-Type"] == "application/json"
    return asked


def slackish(colour: str) -> dict[str, Any]:
    return {
        "channel": "releases",
        "username": "bot",
        "icon_emoji": ":rocket:",
        "attachments": [
            {
                "color": colour,
                "author_name": "podinfo.test",
                "text": "Well <done>.",
                "mrkdwn_in": ["text"],
                "fields": [
                    {"title": "Cluster", "value": "lab", "short": False},
                    {"title": "Target", "value": "Deployment/podinfo.test", "short": False},
                    {"title": "Progress deadline", "value": "60s", "short": False},
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("kind", "severity", "colour", "path"),
    [
        ("slack", "info", "good", "/hook"),
        ("slack", "warn", "good", "/hook"),
        ("slack", "error", "danger", "/hook"),
        ("rocket", "info", "#0076D7", "/hook"),
        ("rocket", "error", "#FF0000", "/hook"),
        ("discord", "info", "good", "/hook/slack"),
        ("discord", "error", "danger", "/hook/slack"),
    ],
)
def test_slack_and_those_that_take_its_messages(kind: str, severity: str, colour: str, path: str) -> None:
    asked = sent(kind, severity)
    assert (asked.path, json.loads(asked.body)) == (path, slackish(colour))
    assert "Authorization" not in asked.headers


def test_discord_may_be_given_its_whole_address() -> None:
    assert sent("discord", path="/hook/slack").path == "/hook/slack"


@pytest.mark.parametrize("kind", ["slack", "webhook", "alertmanager"])
def test_a_token_goes_along(kind: str) -> None:
    assert sent(kind, token="xoxb-1").headers["Authorization"] == "Bearer xoxb-1"


def test_slacks_web_api_answers_200_to_what_it_refuses() -> None:
    with loopback(lambda asked: Answer(200, {"ok": False, "error": "channel_not_found"})) as server:
        assert answering(server, "slack") == "Slack answered channel_not_found"


def test_google_chat() -> None:
    def paragraph(text: str) -> dict[str, Any]:
        return {"widgets": [{"textParagraph": {"text": text}}]}

    def strong(text: str) -> str:
        return f"<font color=#848484><strong>{text}</strong></font>"

    asked = sent("gchat")
    assert json.loads(asked.body) == {
        "cards": [
            {
                "header": {
                    "title": "Flagger",
                    "subtitle": "podinfo.test",
                    "imageUrl": "https://flagger.app/favicon.png",
                },
                "sections": [
                    paragraph(strong("Well &lt;done&gt;.")),
                    paragraph("Cluster<br>" + strong("lab")),
                    paragraph("Target<br>" + strong("Deployment/podinfo.test")),
                    paragraph("Progress deadline<br>" + strong("60s")),
                ],
            }
        ]
    }


FACTS = [("Cluster", "lab"), ("Target", "Deployment/podinfo.test"), ("Progress deadline", "60s")]


@pytest.mark.parametrize(
    ("severity", "colour"), [("info", "Good"), ("warn", "Warning"), ("error", "Attention")]
)
def test_a_workflow_of_teams_gets_an_adaptive_card(severity: str, colour: str) -> None:
    title = {"type": "TextBlock", "size": "Medium", "weight": "Bolder", "wrap": True, "text": "podinfo.test"}
    assert json.loads(sent("msteams", severity).body) == {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [
                        title,
                        {"type": "TextBlock", "wrap": True, "color": colour, "text": "Well <done>."},
                        {
                            "type": "FactSet",
                            "facts": [{"title": name, "value": value} for name, value in FACTS],
                        },
                    ],
                },
            }
        ],
    }


@pytest.mark.parametrize(("severity", "colour"), [("warn", "0076D7"), ("error", "FF0000")])
@pytest.mark.parametrize("host", ["acme.webhook.office.com", "outlook.office.com"])
def test_a_connector_of_teams_gets_a_message_card(host: str, severity: str, colour: str) -> None:
    payload = msteams.payload(message(severity), recipient(f"https://{host}/webhookb2/x"))
    assert payload == {
        "@type": "MessageCard",
        "@context": "http://schema.org/extensions",
        "themeColor": colour,
        "summary": "podinfo.test",
        "sections": [
            {
                "activityTitle": "Well <done>.",
                "activitySubtitle": "podinfo.test",
                "facts": [{"name": name, "value": value} for name, value in FACTS],
            }
        ],
    }


def test_a_plain_webhook() -> None:
    asked = sent("webhook", "warn")
    assert json.loads(asked.body) == {
        "name": "podinfo",
        "namespace": "test",
        "severity": "warn",
        "message": "Well <done>.",
        "timestamp": "2023-11-14T22:13:20+00:00",
        "metadata": dict(FACTS),
    }
    assert asked.headers["Idempotency-Key"] == "test/podinfo/ops/on-call/1700000000000/warn/fc1071fe"


AT, LATER = "2023-11-14T22:13:20+00:00", "2023-11-15T22:13:20+00:00"


@pytest.mark.parametrize(
    ("severity", "times"),
    [
        ("info", ({"endsAt": AT}, {"endsAt": AT})),
        ("warn", ({"startsAt": AT, "endsAt": LATER}, {"endsAt": AT})),
        ("error", ({"endsAt": AT}, {"startsAt": AT, "endsAt": LATER})),
    ],
)
def test_alertmanager_hears_what_fires_and_what_is_over(
    severity: str, times: tuple[dict[str, str], ...]
) -> None:
    asked = sent("alertmanager", severity, path="/am/")
    assert asked.path == "/am/api/v2/alerts"
    assert json.loads(asked.body) == [
        {
            "labels": {
                "alertname": "CanaryAlert",
                "canary": "podinfo",
                "namespace": "test",
                "severity": fires,
                "cluster": "lab",
            },
            "annotations": {
                "summary": "podinfo.test: Well <done>.",
                "Target": "Deployment/podinfo.test",
                "Progress deadline": "60s",
            },
            **time,
        }
        for fires, time in zip(("warn", "error"), times, strict=True)
    ]


def answering(server: Loopback, kind: str) -> str:
    with pytest.raises(Unanswered) as failed:
        CHANNELS[kind].send(message(), recipient(server.url))
    return failed.value.failed.detail


@pytest.mark.parametrize("kind", [kind for kind in CHANNELS if kind != "email"])
def test_what_is_not_taken_is_a_failure_and_nobody_is_followed_elsewhere(kind: str) -> None:
    with loopback(lambda asked: Answer(503, "later")) as server:
        assert answering(server, kind) == "error response: Status 503 Service Unavailable: later"
    with loopback(lambda asked: Answer(302, "", headers={"Location": "http://else/"})) as server:
        assert "redirects" in answering(server, kind)
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("address", "end", "asked"),
    [
        ("https://x/hooks/1/T", "/slack", "https://x/hooks/1/T/slack"),
        ("https://x/hooks/1/T/", "/slack", "https://x/hooks/1/T/slack"),
        ("https://x/hooks/1/T/slack?thread_id=9", "/slack", "https://x/hooks/1/T/slack?thread_id=9"),
        ("https://x/hooks/1/T?thread_id=9", "/slack", "https://x/hooks/1/T/slack?thread_id=9"),
        ("https://x/hooks?a=1", "", "https://x/hooks?a=1"),
    ],
)
def test_a_path_is_added_before_the_query(address: str, end: str, asked: str) -> None:
    assert with_path(address, end) == asked
