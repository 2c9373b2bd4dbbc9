"""What is so at the moment of a scrape, read from the live documents themselves.

The model's metrics have its names and labels (`name` is that of the target, not of the Canary), so that its dashboards
and alert rules go on: https://docs.flagger.app/usage/monitoring. What they can't tell is in `sluice_release_phase`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from automation.core.kinds import CANARY, Manifest
from automation.core.refusal import Refused
from automation.core.status import Phase, Status
from documents.front import outline_of, status_of
from documents.outline import Outline

PROGRESSING, OTHER, FAILED = 0, 1, 2
"""The values of `flagger_canary_status`."""


@dataclass(frozen=True)
class Level:
    """A live release, and where it stands."""

    outline: Outline
    status: Status

    @property
    def target(self) -> str:
        return target_of(self.outline)


def target_of(outline: Outline) -> str:
    """The name of a release's workload; one that names none goes by its own."""
    return outline.target.name if outline.target else outline.name


def level_of(live: Manifest) -> Level | None:
    """None of a document whose status can't be read: its ticks say so."""
    try:
        return Level(outline_of(live), status_of(live))
    except Refused:
        return None


class Levels(Collector):
    """Metrics of the releases that `live` lists when it is asked."""

    def __init__(self, live: Callable[[], Iterable[Manifest]]) -> None:
        self._live = live

    def collect(self) -> Iterator[GaugeMetricFamily]:
        levels = [level for live in self._live() if (level := level_of(live))]
        canaries = [level for level in levels if level.outline.kind is CANARY]
        yield total(canaries)
        yield state(canaries)
        yield weight(canaries)
        yield phase(levels)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is listed for being registered."""
        yield from ()


def total(canaries: Iterable[Level]) -> GaugeMetricFamily:
    family = GaugeMetricFamily("flagger_canary_total", "Canaries of a namespace", labels=["namespace"])
    counts: dict[str, int] = {}
    for level in canaries:
        counts[level.outline.namespace] = counts.get(level.outline.namespace, 0) + 1
    for namespace, count in sorted(counts.items()):
        family.add_metric([namespace], count)
    return family


def state(canaries: Iterable[Level]) -> GaugeMetricFamily:
    told = "0 Progressing, 2 Failed, 1 anything else"
    family = GaugeMetricFamily("flagger_canary_status", told, labels=["name", "namespace"])
    values = {Phase.PROGRESSING: PROGRESSING, Phase.FAILED: FAILED}
    for level in canaries:
        family.add_metric([level.target, level.outline.namespace], values.get(level.status.phase, OTHER))
    return family


def weight(canaries: Iterable[Level]) -> GaugeMetricFamily:
    told = "percentage of requests that a workload has"
    family = GaugeMetricFamily("flagger_canary_weight", told, labels=["workload", "namespace"])
    for level in canaries:
        share = level.status.traffic.canary
        family.add_metric([f"{level.target}-primary", level.outline.namespace], 100 - share)
        family.add_metric([level.target, level.outline.namespace], share)
    return family


def phase(levels: Iterable[Level]) -> GaugeMetricFamily:
    labels = ["kind", "name", "namespace", "phase"]
    family = GaugeMetricFamily("sluice_release_phase", "1 for the phase that a release is in", labels=labels)
    for level in levels:
        own = level.outline
        family.add_metric([own.kind.kind, own.name, own.namespace, str(level.status.phase)], 1)
    return family
