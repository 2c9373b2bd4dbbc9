"""What a driver did, tick by tick: a display that only remembers."""

import time
from dataclasses import dataclass, field

import requests
from requests.adapters import HTTPAdapter

from automation.cluster.events import Announcement
from automation.core.analysis import MetricCheck
from automation.core.observation import Answer, Measured
from automation.core.spec import Canary
from automation.driver.tick import Tick
from cli.display import within


class Counter(HTTPAdapter):
    """Counts requests to the API server as they leave, but for watches, what it only hands on to a service, and
    the heartbeat of Leases, which comes every ten seconds whatever ticks there are."""

    def __init__(self) -> None:
        super().__init__(pool_connections=4, pool_maxsize=64)
        self.calls = 0

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:  # type: ignore[override]
        if not any(part in (request.url or "") for part in ("watch=true", "/proxy/", "/leases/")):
            self.calls += 1
        return super().send(request, **options)  # type: ignore[arg-type]


@dataclass
class Diary:
    """The ticks of one run. `still` holds the API calls of each tick that made no step; times are monotonic seconds."""

    counter: Counter = field(default_factory=Counter)
    still: list[int] = field(default_factory=list)
    first_failure: float = 0.0
    _attempt: str = ""
    _counted: int = 0

    def announce(self, announcement: Announcement) -> None:
        pass

    def measured(self, canary: Canary, check: MetricCheck, answer: Answer) -> None:
        failed = isinstance(answer, Measured) and not within(check, answer.value)
        if failed and not self.first_failure:
            self.first_failure = time.monotonic()

    def ticked(self, tick: Tick) -> None:
        attempt = tick.status.in_force.attempt if tick.status.in_force else ""
        if attempt == self._attempt:
            self.still.append(self.counter.calls - self._counted)
        self._attempt, self._counted = attempt, self.counter.calls

    def troubled(self, name: str, trouble: str) -> None:
        raise RuntimeError(f"{name}: {trouble}")

    def close(self) -> None:
        pass
