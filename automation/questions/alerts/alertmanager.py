"""Alertmanager, over version 2 of its API: what goes wrong fires, and what goes well again resolves it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from automation.core.alerts import Severity
from automation.questions.alerts.message import Message, Recipient

PATH = "/api/v2/alerts"
NAME = "CanaryAlert"
OPEN = timedelta(days=1)
"""How long one fires that nothing resolves: Alertmanager would resolve one without an end after five minutes."""
_FIRING = (Severity.WARN, Severity.ERROR)


def payload(message: Message, recipient: Recipient) -> list[dict[str, Any]]:
    """One alert for each severity that fires. The message's own begins now; the other, or both, have ended."""
    return [_alert(message, severity) for severity in _FIRING]


def _alert(message: Message, severity: Severity) -> dict[str, Any]:
    """Its labels tell it from others, so that the next message about the same Canary ends it."""
    labels = {
        "alertname": NAME,
        "canary": message.name,
        "namespace": message.namespace,
        "severity": str(severity),
    }
    alert: dict[str, Any] = {
        "labels": labels | ({"cluster": message.cluster} if message.cluster else {}),
        "annotations": {"summary": f"{message.full_name}: {message.text}"} | dict(message.notice.fields),
    }
    if severity is message.notice.severity:
        return alert | {"startsAt": message.time.isoformat(), "endsAt": (message.time + OPEN).isoformat()}
    return alert | {"endsAt": message.time.isoformat()}
