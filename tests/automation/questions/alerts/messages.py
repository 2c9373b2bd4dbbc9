"""A message about podinfo, and a recipient of it."""

from __future__ import annotations

import requests

from automation.core.alerts import Notice, Severity
from automation.questions.alerts.message import Message, Recipient

AT = 1_700_000_000.0
FIELDS = (("Target", "Deployment/podinfo.test"), ("Progress deadline", "60s"))


def message(severity: str = "info", text: str = "Well <done>.", **changes: object) -> Message:
    notice = Notice("ops/on-call", Severity(severity), text, AT, FIELDS, **changes)  # type: ignore[arg-type]
    return Message("podinfo", "test", notice, "lab")


def recipient(address: str, token: str = "") -> Recipient:
    return Recipient(address, requests.Session(), token, "releases", "bot")
