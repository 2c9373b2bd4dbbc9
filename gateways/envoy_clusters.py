"""The built-in checks where Envoy counts the answers of each of its clusters. Flagger's names."""

from __future__ import annotations

from collections.abc import Mapping

from gateways.counted import counted

_QUERIES: Mapping[str, str] = {
    **counted("envoy_cluster_upstream_rq{SERIESGOOD}", ',envoy_response_code!~"5.*"'),
    "request-duration": (
        "histogram_quantile(0.99, sum(rate("
        "envoy_cluster_upstream_rq_time_bucket{SERIES}[{{ interval }}])) by (le))"
    ),
}


def query(check: str, clusters: str, label: str = "envoy_cluster_name") -> str:
    """The query of a built-in check over the clusters whose names this regular expression matches whole, as they stand
    in a label."""
    return _QUERIES[check].replace("SERIES", f'{label}=~"{clusters}"')
