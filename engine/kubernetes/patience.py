"""How long an API server is waited for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """In seconds. client-go gives a handshake ten, and waits for an answer as long as the connection lives.

    `connect` is how long one connection may take to be opened, its handshake included. `answer` is beyond what any
    API server takes, which gives a request up itself after a minute unless it is told otherwise.
    """

    connect: float = 10.0
    answer: float = 300.0
