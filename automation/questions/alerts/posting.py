"""Channels that take one POST with JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from automation.questions.alerts.message import Message, Recipient, Send
from automation.questions.metrics.exchange import Call, Exchange

Payload = Callable[[Message, Recipient], Any]


def json_call(address: str, payload: Any, recipient: Recipient) -> Call:
    return Call.of_json(address, payload, recipient.bearer)


def post(payload: Payload, path: str = "") -> Send:
    """Posts what `payload` says to the recipient's address, which is made to end with `path`."""

    def send(message: Message, recipient: Recipient) -> None:
        address = recipient.address
        if not address.endswith(path):
            address = address.rstrip("/") + path
        Exchange(recipient.session).ask(json_call(address, payload(message, recipient), recipient))

    return send
