"""Channels that take one POST with JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from automation.questions.alerts.message import Message, Recipient, Send
from automation.questions.metrics.exchange import Call, Exchange

Payload = Callable[[Message, Recipient], Any]


def json_call(address: str, payload: Any, recipient: Recipient) -> Call:
    return Call.of_json(address, payload, recipient.bearer)


def post(payload: Payload, path: str = "") -> Send:
    """Posts what `payload` says to the recipient's address, which is made to end with `path`."""

    def send(message: Message, recipient: Recipient) -> None:
        address = with_path(recipient.address, path)
        Exchange(recipient.session).ask(json_call(address, payload(message, recipient), recipient))

    return send


def with_path(address: str, end: str) -> str:
    """The address with a path that ends so; its query stays."""
    parts = urlsplit(address)
    if not end or parts.path.endswith(end):
        return address
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + end))
