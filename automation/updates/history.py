"""The steps of releases, read back from the history of their stack."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from automation.core.traffic import Traffic


@dataclass(frozen=True)
class HistoryEntry:
    """One stack update. `number` counts from the first; `seconds` is how long it took.

    `by`, `kind`, `split` ("90/10"), `checks` and `approvals` (who let it pass a gate, and why) are empty for
    updates that were not made by a driver.
    """

    number: int
    at: str
    result: str
    seconds: float
    message: str
    by: str = ""
    kind: str = ""
    before: str = ""
    after: str = ""
    checks: tuple[Mapping[str, Any], ...] = field(default=())
    approvals: tuple[str, ...] = ()


def steps(entries: Iterable[Any]) -> list[HistoryEntry]:
    """The steps of a stack's history (newest first, as the Automation API gives it), oldest first."""
    oldest_first = list(entries)[::-1]
    return [_step(number, entry) for number, entry in enumerate(oldest_first, start=1)]


def _step(number: int, entry: Any) -> HistoryEntry:
    line, record = split_message(entry.message or "")
    evidence = record.get("evidence") or {}
    ended = entry.end_time or entry.start_time
    return HistoryEntry(
        number=number,
        at=_text(entry.start_time),
        result=entry.result,
        seconds=(ended - entry.start_time).total_seconds(),
        message=line,
        by=record.get("by", ""),
        kind=record.get("kind", ""),
        before=_split(evidence.get("from")),
        after=_split(evidence.get("to") or record.get("split")),
        checks=tuple(evidence.get("checks") or ()),
        approvals=tuple(evidence.get("approvals") or ()),
    )


def split_message(message: str) -> tuple[str, Mapping[str, Any]]:
    """The line for people, and the record below it where a driver wrote the message."""
    line, _, rest = message.partition("\n")
    try:
        record = json.loads(rest) if rest.strip() else {}
    except ValueError:
        return message, {}
    return line, record if isinstance(record, dict) else {}


def _split(split: Mapping[str, Any] | None) -> str:
    return str(Traffic.parse(split)) if split else ""


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
