"""Whatever takes an alert as plain JSON."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from automation.questions.alerts.message import Message, Recipient
from automation.questions.envelope import KEY_HEADER
from automation.questions.metrics.exchange import Call, Exchange


def payload(message: Message) -> dict[str, Any]:
    return {
        "name": message.name,
        "namespace": message.namespace,
        "severity": str(message.notice.severity),
        "message": message.text,
        "timestamp": message.time.isoformat(),
        "metadata": dict(message.fields),
    }


def send(message: Message, recipient: Recipient) -> None:
    """With a key by which one that is sent again can be told from others."""
    headers = {**recipient.bearer, KEY_HEADER: quote(message.key)}
    Exchange(recipient.session).ask(Call.of_json(recipient.address, payload(message), headers))
