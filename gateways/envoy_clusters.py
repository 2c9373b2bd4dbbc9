"""The built-in checks where Envoy counts the answers of each of its clusters. Flagger's names."""

from __future__ import annotations

from collections.abc import Mapping

# A canary that fails every request has no series of good ones: that is a success rate of 0, not a missing one.
_QUERIES: Mapping[str, str] = {
    "request-success-rate": (
        '(sum(rate(envoy_cluster_upstream_rq{SERIES,envoy_response_code!~"5.*"}[{{ interval }}])) or vector(0))'
        " / sum(rate(envoy_cluster_upstream_rq{SERIES}[{{ interval }}])) * 100"
    ),
    "request-duration": (
        "histogram_quantile(0.99, sum(rate("
        "envoy_cluster_upstream_rq_time_bucket{SERIES}[{{ interval }}])) by (le))"
    ),
}


def query(check: str, clusters: str, label: str = "envoy_cluster_name") -> str:
    """The query of a built-in check over the clusters whose names this regular expression matches whole, as they stand
    in a label."""
    return _QUERIES[check].replace("SERIES", f'{label}=~"{clusters}"')
