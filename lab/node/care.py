"""Looking after one run of a container: its hooks and its probes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from lab.node.checks import Target
from lab.node.environment import Spec
from lab.node.probes import Schedule, results


@dataclass(frozen=True)
class Reports:
    """Where what is found goes."""

    tell: Callable[[str, str], None]  # an event: reason and message
    started: Callable[[], None]
    ready: Callable[[bool], None]
    restart: Callable[[str, float | None], Awaitable[None]]  # why, and a grace period of the probe's own


@dataclass(frozen=True)
class Care:
    """`target` is the running container, `grace` the seconds that its hooks may take."""

    spec: Spec
    target: Target
    reports: Reports
    grace: float

    async def run(self) -> None:
        """From the program's start to its end, by which it is cancelled."""
        hook = self.spec.get("lifecycle", {}).get("postStart")
        if hook and (problem := await self._hook(hook)):
            self.reports.tell("FailedPostStartHook", f"PostStartHook failed: {problem}")
            await self.reports.restart("FailedPostStartHook", None)
        if "startupProbe" in self.spec:
            await self._until_started()
        self.reports.started()
        self.reports.ready("readinessProbe" not in self.spec)
        watches = {"readinessProbe": self._watch_readiness, "livenessProbe": self._watch_liveness}
        await asyncio.gather(*(watch() for probe, watch in watches.items() if probe in self.spec))

    async def before_stop(self) -> None:
        """The preStop hook."""
        hook = self.spec.get("lifecycle", {}).get("preStop")
        if hook and (problem := await self._hook(hook)):
            self.reports.tell("FailedPreStopHook", f"PreStopHook failed: {problem}")

    async def _hook(self, hook: Spec) -> str:
        if "sleep" in hook:
            await asyncio.sleep(hook["sleep"]["seconds"])
            return ""
        return await self.target.look(hook, timeout=self.grace)

    async def _until_started(self) -> None:
        async for verdict in self._verdicts("startup"):
            if verdict:
                return
            await self._restart_if(verdict is False, "startup")

    async def _watch_readiness(self) -> None:
        async for verdict in self._verdicts("readiness"):
            if verdict is not None:
                self.reports.ready(verdict)

    async def _watch_liveness(self) -> None:
        async for verdict in self._verdicts("liveness"):
            await self._restart_if(verdict is False, "liveness")

    async def _restart_if(self, failed: bool, kind: str) -> None:
        if failed:
            own = self.spec[f"{kind}Probe"].get("terminationGracePeriodSeconds")
            await self.reports.restart(f"failed {kind} probe", own)

    async def _verdicts(self, kind: str) -> AsyncIterator[bool | None]:
        probe = self.spec[f"{kind}Probe"]
        schedule = Schedule.parse(probe)
        async for result in results(lambda: self.target.look(probe, schedule.timeout), schedule):
            if result.problem:
                self.reports.tell("Unhealthy", f"{kind.capitalize()} probe failed: {result.problem}")
            yield result.verdict
