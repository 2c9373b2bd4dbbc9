"""Alerts that are kept in memory."""

from __future__ import annotations

from automation.core.alerts import Notice


class MemoryAlerts:
    """`sent` is what was taken; while it is `away` nothing is."""

    def __init__(self) -> None:
        self.sent: list[Notice] = []
        self.away = False

    def owed(self, canary: tuple[str, str], notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
        if self.away:
            return notices
        self.sent += notices
        return ()
