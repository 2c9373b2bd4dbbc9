"""Envoy's own counts under the names and labels of Istio's standard metrics.

What is asked of an application is told by the sidecar before it (`reporter="destination"`), what is asked of others by
who asks. Istio's own Envoy has a filter that also tells each side about the other; here that is `unknown`, as it is
there for a peer outside of the mesh. https://istio.io/latest/docs/reference/config/metrics/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lab.gateway.exposition import labels_of, line
from lab.gateway.model import Labels
from lab.istio.proxy import Proxy

REQUESTS, DURATION = "istio_requests_total", "istio_request_duration_milliseconds"
FILTER = r"^cluster\.(in|out)bound.*upstream_rq_(\d\d\d|time)$"
"""Which of Envoy's counts are needed, as its admin interface is asked for them."""
_LINE = re.compile(r"^envoy_cluster_upstream_rq(_time_\w+)?\{(.*)\} (\S+)$", re.M)
UNKNOWN = "unknown"


def exposition(counts: str, proxy: Proxy) -> str:
    """Prometheus' text format, of the `counts` that Envoy shows in the same format."""
    found = [(part, labels_of(labels), float(value)) for part, labels, value in _LINE.findall(counts)]
    return "".join(f"{text}\n" for text in _lines(found, proxy))


def _lines(found: list[tuple[str, dict[str, str], float]], proxy: Proxy) -> Iterator[str]:
    yield f"# TYPE {REQUESTS} counter"
    for part, read, value in found:
        if not part:
            code = (("response_code", read["response_code"]),)
            yield line(REQUESTS, (*_labels(read["cluster_name"], proxy), *code), value)
    yield f"# TYPE {DURATION} histogram"
    for part, read, value in found:
        if part:
            bound = (("le", read["le"]),) if "le" in read else ()
            yield line(
                DURATION + part.removeprefix("_time"), (*_labels(read["cluster_name"], proxy), *bound), value
            )


def _labels(cluster: str, proxy: Proxy) -> Labels:
    """`cluster` is DIRECTION|PORT|SUBSET|HOST, where the host of what comes in is nobody's."""
    direction, *_, host = cluster.split("|")
    name, namespace = (*host.split("."), UNKNOWN, UNKNOWN)[:2] if host else (UNKNOWN, UNKNOWN)
    here, there = _side(proxy.pod.namespace, proxy.workload, proxy.pod.labels), _side(UNKNOWN, UNKNOWN, {})
    outwards = direction == "outbound"
    return (
        ("reporter", "source" if outwards else "destination"),
        *((f"source_{what}", value) for what, value in (here if outwards else there)),
        *((f"destination_{what}", value) for what, value in (there if outwards else here)),
        ("destination_service", host or UNKNOWN),
        ("destination_service_name", name),
        ("destination_service_namespace", namespace),
        ("request_protocol", "http"),
        ("connection_security_policy", UNKNOWN if outwards else "none"),
    )


def _side(namespace: str, workload: str, labels: Mapping[str, str]) -> Labels:
    return (
        ("workload", workload),
        ("workload_namespace", namespace),
        ("app", labels.get("app", UNKNOWN)),
        ("version", labels.get("version", UNKNOWN)),
    )
