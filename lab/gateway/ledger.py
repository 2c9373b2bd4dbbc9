"""What Traefik has measured, added up so that no counter ever falls.

Traefik forgets the series of a service that leaves its configuration, and all of them when it restarts. The gateways
it stands in for keep theirs. So the ledger reads Traefik's counters whenever somebody asks, adds what is new to its own
totals, and never forgets: a pod that has gone keeps its last value.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.gateway.exposition import labels_of
from lab.gateway.model import Labels

BUCKETS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000)

_LINE = re.compile(r"traefik_service_(\w+)\{([^}]*)\} (\S+)")
_ITEMS = {
    "request_duration_seconds_bucket": "within",
    "request_duration_seconds_sum": "seconds",
    "request_duration_seconds_count": "requests",
    "requests_bytes_total": "received",
    "responses_bytes_total": "sent",
}


@dataclass
class Total:
    """All answers of one code under one set of labels since the gateway began."""

    labels: Labels
    code: str
    requests: float = 0
    seconds: float = 0
    received: float = 0  # bytes
    sent: float = 0  # bytes
    within: list[float] = field(default_factory=lambda: [0.0] * len(BUCKETS_MS))  # requests up to each bound

    def add(self, item: str, amount: float, bucket: str) -> None:
        """Count `amount` more; `bucket` is Traefik's upper bound in seconds, where there is one."""
        if item == "within":
            self.within[BUCKETS_MS.index(round(float(bucket) * 1000))] += amount
        else:
            setattr(self, item, getattr(self, item) + amount)


class Ledger:
    """Totals by labels and code."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], float] = {}
        self._totals: dict[tuple[Labels, str], Total] = {}

    @property
    def totals(self) -> list[Total]:
        """What there is so far, in a steady order."""
        return [self._totals[key] for key in sorted(self._totals)]

    def enter(self, exposition: str, names: Mapping[str, Labels]) -> None:
        """Add what is new in Traefik's exposition. `names` gives labels to Traefik's services; others
        are not counted. Services that have left the configuration must stay in `names`: their last answers are
        told afterwards."""
        now: dict[tuple[str, str], float] = {}
        for name, text, number in _LINE.findall(exposition):
            item = _ITEMS.get(name)
            if item is None:
                continue
            value = now[name, text] = float(number)
            before = self._seen.get((name, text), 0.0)
            new = value - before if value >= before else value  # Traefik counts anew after a restart
            if new:
                self._add(item, new, labels_of(text), names)
        self._seen = now

    def _add(self, item: str, amount: float, read: Mapping[str, str], names: Mapping[str, Labels]) -> None:
        labels = names.get(read["service"].partition("@")[0])
        bucket = read.get("le", "")
        if labels is None or bucket == "+Inf":  # the count says the same as the last bucket
            return
        total = self._totals.setdefault((labels, read["code"]), Total(labels, read["code"]))
        total.add(item, amount, bucket)
