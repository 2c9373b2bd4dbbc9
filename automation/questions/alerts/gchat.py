"""Google Chat, by the webhook of a space: a card, of which each paragraph is a section."""

from __future__ import annotations

from html import escape
from typing import Any

from automation.questions.alerts.message import Message, Recipient


def payload(message: Message, recipient: Recipient) -> dict[str, Any]:
    said = [_strong(message.text), *(f"{name}<br>{_strong(value)}" for name, value in message.fields)]
    header = {
        "title": "Flagger",
        "subtitle": message.full_name,
        "imageUrl": "https://flagger.app/favicon.png",
    }
    sections = [{"widgets": [{"textParagraph": {"text": text}}]} for text in said]
    return {"cards": [{"header": header, "sections": sections}]}


def _strong(text: str) -> str:
    return f"<font color=#848484><strong>{escape(text, quote=False)}</strong></font>"
