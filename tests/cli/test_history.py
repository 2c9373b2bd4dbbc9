"""The steps of a Canary's releases as they are listed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from automation.core.kinds import Kind
from cli import history

BEGAN = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    message: str
    result: str = "succeeded"
    start_time: datetime = BEGAN
    end_time: datetime = BEGAN


class Opened:
    """An environment whose one stack had three updates."""

    @property
    def stacks(self) -> Opened:
        return self

    def find(self, name: str, namespace: str | None, kinds: tuple[Kind, ...]) -> tuple[str, str]:
        return "test", name

    def stack_of(self, namespace: str, name: str) -> str:
        return f"dev.{namespace}.{name}"

    def program(self, stack: str) -> None:
        return None

    def history(self, stack: str, program: None) -> list[Any]:
        return [Entry("third"), Entry("second"), Entry("first")]


def test_a_step_keeps_its_number_however_few_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "open_environment", lambda environment, where: Opened())
    done = CliRunner().invoke(history.history, ["podinfo", "--env", "dev", "--limit", "2", "-o", "json"])
    assert [(step["number"], step["message"]) for step in json.loads(done.output)] == [
        (2, "second"),
        (3, "third"),
    ]
