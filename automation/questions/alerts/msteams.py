"""Microsoft Teams: adaptive cards, which its workflows take, and the message cards of connectors of old."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from automation.questions.alerts.message import Message, Recipient

_CONNECTORS = (".webhook.office.com", "outlook.office.com")
"""The hosts of connectors (Microsoft Learn, Create incoming webhooks): they take message cards alone."""


def payload(message: Message, recipient: Recipient) -> dict[str, Any]:
    host = urlsplit(recipient.address).hostname or ""
    return message_card(message) if host.endswith(_CONNECTORS) else adaptive_card(message)


def message_card(message: Message) -> dict[str, Any]:
    """Flagger's."""
    return {
        "@type": "MessageCard",
        "@context": "http://schema.org/extensions",
        "themeColor": "FF0000" if message.failed else "0076D7",
        "summary": message.full_name,
        "sections": [
            {
                "activityTitle": message.text,
                "activitySubtitle": message.full_name,
                "facts": [{"name": name, "value": value} for name, value in message.fields],
            }
        ],
    }


def adaptive_card(message: Message) -> dict[str, Any]:
    """In the envelope that a workflow's trigger "When a Teams webhook request is received" takes."""
    colour = {"error": "Attention", "warn": "Warning", "info": "Good"}[message.notice.severity]
    title = {"type": "TextBlock", "size": "Medium", "weight": "Bolder", "wrap": True}
    body: list[dict[str, Any]] = [
        {**title, "text": message.full_name},
        {"type": "TextBlock", "wrap": True, "color": colour, "text": message.text},
    ]
    if message.fields:
        facts = [{"title": name, "value": value} for name, value in message.fields]
        body.append({"type": "FactSet", "facts": facts})
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    card = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [card]}
