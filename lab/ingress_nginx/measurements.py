"""What nginx has answered, read from its access log and told as ingress-nginx tells it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lab.gateway.exposition import line
from lab.gateway.model import Labels
from lab.ingress_nginx.configuration import LOGGED, TAB

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_NAME = "nginx_ingress_controller"
_LABELLED = ("namespace", "ingress", "service", "canary", "host", "path", "method", "status")
"""The labels of what a line of the access log counts for, in the line's order."""


@dataclass
class _Histogram:
    """Durations in seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    def lines(self, name: str, labels: Labels) -> Iterator[str]:
        total = 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self.counts, strict=True):
            total += count
            yield line(f"{name}_bucket", (*labels, ("le", bound)), total)
        yield line(f"{name}_sum", labels, self.seconds)
        yield line(f"{name}_count", labels, total)


@dataclass
class _Answers:
    """All answers under one set of labels. `whole` is what a request took, `backend` what its pod took of that."""

    whole: _Histogram = field(default_factory=_Histogram)
    backend: _Histogram = field(default_factory=_Histogram)


class Measurements:
    """Counters since the controller began. `controller` are the labels that all of them have."""

    def __init__(self, controller: Labels) -> None:
        self._controller = controller
        self._answers: dict[tuple[str, ...], _Answers] = {}

    def enter(self, lines: Iterable[str]) -> None:
        """Count lines of the access log. What no Ingress has is counted without a name, as in ingress-nginx."""
        for text in lines:
            *labels, whole, backend = text.split(TAB)
            if len(labels) + 2 != len(LOGGED):
                continue
            answers = self._answers.setdefault(tuple(labels), _Answers())
            answers.whole.add(float(whole))
            tries = [float(part) for part in backend.replace(":", ",").split(",") if _is_number(part)]
            if tries:  # nobody was asked: a redirect, or nobody there
                answers.backend.add(sum(tries))

    def exposition(self) -> str:
        """Prometheus' text format."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        every = [(self._labels(key), self._answers[key]) for key in sorted(self._answers)]
        requests, durations, responses = (
            f"{_NAME}_{what}"
            for what in ("requests", "request_duration_seconds", "response_duration_seconds")
        )
        yield f"# TYPE {requests} counter"
        yield from (line(requests, labels, sum(answers.whole.counts)) for labels, answers in every)
        yield f"# TYPE {durations} histogram"
        for labels, answers in every:
            yield from answers.whole.lines(durations, labels)
        yield f"# TYPE {responses} histogram"
        for labels, answers in every:
            if any(answers.backend.counts):
                yield from answers.backend.lines(responses, labels)

    def _labels(self, key: tuple[str, ...]) -> Labels:
        return tuple(sorted((*self._controller, *zip(_LABELLED, key, strict=True))))


def _is_number(text: str) -> bool:
    return text.strip().replace(".", "", 1).isdecimal()
