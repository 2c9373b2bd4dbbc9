"""Users outside: steady requests from this machine, and what became of them second by second."""

import asyncio
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import TracebackType
from typing import Any, Self

import aiohttp

ANSWER_SECONDS = 5.0  # nobody waits longer
SERVER_ERROR = 500


@dataclass
class Count:
    """Requests: `failed` had a 5xx or no answer, `slow` had one that took longer than the limit; both may hold."""

    sent: int = 0
    ok: int = 0
    failed: int = 0
    slow: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Count)))


class Traffic:
    """Requests at a steady `rate` a second, from the beginning of a `with` block to its end.

    They go to `url` with the Host header `host`, each on its own account: one that hangs holds up no other. After
    `seconds` they cease by themselves. `slow_after` is in seconds. Over TLS, `trust` says whose certificates for `host`
    are believed.
    """

    def __init__(
        self,
        url: str,
        host: str,
        rate: float,
        seconds: float = 3600,
        slow_after: float = 1.0,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._url = url
        self._host = host
        self._rate = rate
        self._most = int(rate * seconds)
        self._slow_after = slow_after
        self._secured: dict[str, Any] = {"ssl": trust, "server_hostname": host} if trust else {}
        self._seconds: dict[int, Count] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._send()), name="traffic", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def by_second(self) -> Mapping[int, Count]:
        """Unix time in whole seconds -> requests sent in that second, as far as they are answered."""
        return dict(self._seconds)

    @property
    def total(self) -> Count:
        """All so far."""
        return sum(self.by_second.values(), Count())

    async def _send(self) -> None:
        begun = time.monotonic()
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(
                timeout=timeout, connector=connector, headers={"Host": self._host}
            ) as session,
            asyncio.TaskGroup() as requests,
        ):
            for number in range(self._most):
                if self._stop.is_set():
                    return
                requests.create_task(self._one(session))
                await asyncio.sleep(max(0.0, begun + (number + 1) / self._rate - time.monotonic()))

    async def _one(self, session: aiohttp.ClientSession) -> None:
        count = self._seconds.setdefault(int(time.time()), Count())
        count.sent += 1
        begun = time.monotonic()
        if await self._answered(session):
            count.ok += 1
        else:
            count.failed += 1
        if time.monotonic() - begun > self._slow_after:
            count.slow += 1

    async def _answered(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(self._url, **self._secured) as response:
                await response.read()
                return response.status < SERVER_ERROR
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False
