"""Measurements under the names, labels and buckets of APISIX's prometheus plugin.

Traefik measures what an upstream takes; its own share, a fraction of a millisecond, is in none of its numbers for a
single upstream. So `type="request"` and `type="upstream"` show the same durations here, and there is no
`type="apisix"`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from lab.gateway.exposition import line
from lab.gateway.ledger import BUCKETS_MS, Total
from lab.gateway.model import Labels

NOT_IN_LATENCY = ("matched_uri", "matched_host")
KIND_OF_REQUEST = (("request_type", "traditional_http"), ("request_llm_model", ""), ("llm_model", ""))


def exposition(totals: Sequence[Total], hostname: str) -> str:
    """Prometheus' text format."""
    everything = sum(total.requests for total in totals)
    totals = [total for total in totals if total.labels]
    lines = [
        *_family("http_status", "counter", "HTTP status codes per service in APISIX"),
        *(_line("http_status", (("code", t.code), *t.labels, *KIND_OF_REQUEST), t.requests) for t in totals),
        *_family("http_latency", "histogram", "HTTP request latency in milliseconds per service in APISIX"),
        *(said for one in _by_upstream(totals) for said in _latency(one)),
        *_family("bandwidth", "counter", "Total bandwidth in bytes consumed per service in APISIX"),
        *(said for one in _by_upstream(totals) for said in _bandwidth(one)),
        *_family("http_requests_total", "gauge", "The total number of client requests since APISIX started"),
        _line("http_requests_total", (), everything),
        *_family("node_info", "gauge", "Info of APISIX node"),
        _line("node_info", (("hostname", hostname),), 1),
    ]
    return "\n".join(lines) + "\n"


def _by_upstream(totals: Iterable[Total]) -> list[Total]:
    """Totals over all codes, paths and hosts: the labels that latency and bandwidth have."""
    sums: dict[Labels, Total] = defaultdict(lambda: Total((), ""))
    for total in totals:
        labels = tuple(pair for pair in total.labels if pair[0] not in NOT_IN_LATENCY)
        known = sums[labels]
        sums[labels] = Total(
            labels,
            "",
            known.requests + total.requests,
            known.seconds + total.seconds,
            known.received + total.received,
            known.sent + total.sent,
            [one + other for one, other in zip(known.within, total.within, strict=True)],
        )
    return list(sums.values())


def _latency(total: Total) -> Iterable[str]:
    for kind in ("request", "upstream"):
        labels = (("type", kind), *total.labels, *KIND_OF_REQUEST)
        for bound, count in zip(BUCKETS_MS, total.within, strict=True):
            yield _line("http_latency_bucket", (*labels, ("le", str(bound))), count)
        yield _line("http_latency_bucket", (*labels, ("le", "+Inf")), total.requests)
        yield _line("http_latency_count", labels, total.requests)
        yield _line("http_latency_sum", labels, total.seconds * 1000)


def _bandwidth(total: Total) -> Iterable[str]:
    for kind, value in (("ingress", total.received), ("egress", total.sent)):
        yield _line("bandwidth", (("type", kind), *total.labels, *KIND_OF_REQUEST), value)


def _family(name: str, kind: str, about: str) -> tuple[str, str]:
    return f"# HELP apisix_{name} {about}", f"# TYPE apisix_{name} {kind}"


def _line(name: str, labels: Labels, value: float) -> str:
    return line(f"apisix_{name}", labels, value)
