"""The time of one step: from the decision until the route is in the API server."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise

from automation.cluster.client import Cluster
from automation.core.decision import MakeLive
from automation.core.evidence import CheckResult, Evidence
from automation.core.kinds import CANARY, Manifest, Scope
from automation.core.marks import ATTEMPT
from automation.core.spec import Canary
from automation.core.status import Intent, Placement, Purpose, Status
from automation.core.traffic import Traffic
from automation.updates.placer import Placed
from bench.diary import Diary
from bench.ground import KEY, driver
from cli.assembly import Assembly, fresh_attempt
from cli.environment import Environment
from documents.front import canary_of
from gateways.apisix import ROUTE

DEADLINE = 10.0


@dataclass
class Sightings:
    """When each attempt was first seen on the route, by a watch of its own; monotonic seconds."""

    cluster: Cluster
    seen: dict[str, float] = field(default_factory=dict)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def follow(self, route: str) -> None:
        scope = Scope(KEY[0], route)
        _, since = self.cluster.list_page(ROUTE, scope)
        threading.Thread(target=self._follow, args=(scope, since), daemon=True).start()

    def of(self, attempt: str) -> float:
        """Raises TimeoutError."""
        with self._news:
            if not self._news.wait_for(lambda: attempt in self.seen, DEADLINE):
                raise TimeoutError(f"attempt {attempt} was not on the route after {DEADLINE:g} s")
            return self.seen[attempt]

    def _follow(self, scope: Scope, since: str) -> None:
        with suppress(OSError):  # the lab goes down under the watch
            for _, route in self.cluster.watch(ROUTE, scope, since):
                self._note((route["metadata"].get("annotations") or {}).get(ATTEMPT, ""), time.monotonic())

    def _note(self, attempt: str, now: float) -> None:
        with self._news:
            self.seen.setdefault(attempt, now)
            self._news.notify_all()


@dataclass(frozen=True)
class Steps:
    """Makes steps as a driver does: saves the intent, then has it placed."""

    assembly: Assembly
    sightings: Sightings

    def climb(self) -> Iterator[float]:
        """Milliseconds of each step from 0 up to the Canary's highest weight; at the end all is as it was."""
        canary = canary_of(self._live)
        weights = range(0, canary.analysis.max_weight + 1, canary.analysis.step_weight)
        for before, after in pairwise(weights):
            yield self._step(canary, before, after)
        self._step(canary, weights[-1], 0)

    def _step(self, canary: Canary, before: int, after: int) -> float:
        live = self._live
        status = Status.parse(live["status"])
        placement = Placement(
            fresh_attempt(),
            "primary",
            Traffic(after),
            status.last_promoted_spec,
            passed(before, after),
        )
        kind = Purpose.ADVANCE if after else Purpose.RETURN
        intent = Intent(kind, placement, f"{canary.full_name}: weight {before} -> {after}")
        decided = time.monotonic()
        self._save(live, replace(status, intent=intent))
        self.assembly.ports.placer.place(canary, MakeLive(intent, forward=bool(after)), Placed())
        self._save(self._live, replace(status, intent=None, in_force=placement, canary_weight=after))
        return 1000 * (self.sightings.of(placement.attempt) - decided)

    @property
    def _live(self) -> Manifest:
        live = self.assembly.watches.get(CANARY, *KEY)
        assert live is not None
        return live

    def _save(self, live: Manifest, status: Status) -> None:
        body = {**live, "status": status.document()}
        self.assembly.watches.put(CANARY, self.assembly.ports.objects.replace_status(CANARY, body))


def passed(before: int, after: int) -> Evidence:
    """Evidence such as a healthy canary gives."""
    check = CheckResult("request-success-rate", "metric", passed=True, value=100.0, minimum=99.0)
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return Evidence(Traffic(before), Traffic(after), (check,), (), now)


@contextmanager
def steps(opened: Environment) -> Iterator[Steps]:
    """Steps of a Canary at rest; the gate is the environment's."""
    with driver(opened, Diary()) as assembly:
        sightings = Sightings(opened.cluster)
        live = assembly.watches.get(CANARY, *KEY)
        assert live is not None
        sightings.follow(canary_of(live).route_name)
        yield Steps(assembly, sightings)


def step_ms(opened: Environment, climbs: int) -> list[float]:
    """Sorted milliseconds of the steps of some climbs, after one that warms up."""
    with steps(opened) as made:
        list(made.climb())
        return sorted(ms for _ in range(climbs) for ms in made.climb())
