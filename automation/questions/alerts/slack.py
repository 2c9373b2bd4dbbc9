"""Slack, by an incoming webhook or, where there is a token, by `chat.postMessage` of its Web API; and those that take
the same messages."""

from __future__ import annotations

import json
from typing import Any

from automation.questions.alerts.message import Message, Recipient
from automation.questions.alerts.posting import Payload, json_call
from automation.questions.metrics.exchange import Exchange, unanswered


def attachments(good: str, bad: str) -> Payload:
    """Flagger's message, with a colour for what has failed and one for the rest."""

    def payload(message: Message, recipient: Recipient) -> dict[str, Any]:
        return {
            "channel": recipient.channel,
            "username": recipient.username,
            "icon_emoji": ":rocket:",
            "attachments": [
                {
                    "color": bad if message.failed else good,
                    "author_name": message.full_name,
                    "text": message.text,
                    "mrkdwn_in": ["text"],
                    "fields": [
                        {"title": title, "value": value, "short": False} for title, value in message.fields
                    ],
                }
            ],
        }

    return payload


_PAYLOAD = attachments("good", "danger")


def send(message: Message, recipient: Recipient) -> None:
    """The Web API answers 200 to what it does not take, too, and says why (Slack, Web API: Evaluating responses)."""
    call = json_call(recipient.address, _PAYLOAD(message, recipient), recipient)
    answer = Exchange(recipient.session).ask(call)
    if why := _refusal(answer):
        raise unanswered(f"Slack answered {why}")


def _refusal(answer: str) -> str:
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return ""
    return str(said.get("error") or "not ok") if isinstance(said, dict) and said.get("ok") is False else ""
