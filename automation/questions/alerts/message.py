"""What a channel is told, and how it is reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import requests

from automation.core.alerts import Field, Notice, Severity


@dataclass(frozen=True)
class Message:
    """A notice about one Canary. `cluster` is the name of the cluster that it is in, "" where that has none."""

    name: str
    namespace: str
    notice: Notice
    cluster: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.name}.{self.namespace}"

    @property
    def text(self) -> str:
        return self.notice.message

    @property
    def key(self) -> str:
        """The same for a message that is sent again, and no other's."""
        return f"{self.namespace}/{self.name}/{self.notice.key}"

    @property
    def failed(self) -> bool:
        return self.notice.severity is Severity.ERROR

    @property
    def fields(self) -> tuple[Field, ...]:
        cluster: tuple[Field, ...] = (("Cluster", self.cluster),) if self.cluster else ()
        return (*cluster, *self.notice.fields)

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self.notice.at, UTC)


@dataclass(frozen=True)
class Recipient:
    """A channel as its AlertProvider describes it. What `address` and `token` hold is told to nobody."""

    address: str = field(repr=False)
    session: requests.Session = field(repr=False)
    token: str = field(default="", repr=False)
    channel: str = "general"
    username: str = "flagger"

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


Send = Callable[[Message, Recipient], None]
"""Tells a channel. Raises Unanswered, of which the text may name the address."""


@dataclass(frozen=True)
class Channel:
    """A product that takes alerts. One that `resolves` keeps alerts open until it hears that they are over."""

    send: Send
    resolves: bool = False
