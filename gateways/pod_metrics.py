"""The built-in checks where no gateway counts: the application counts its own answers, pod by pod. Flagger's names."""

from __future__ import annotations

from collections.abc import Mapping

_SERIES = (
    'kubernetes_namespace="{{ namespace }}",kubernetes_pod_name=~"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"'
)
# A canary that fails every request has no series of good ones: that is a success rate of 0, not a missing one.
QUERIES: Mapping[str, str] = {
    "request-success-rate": (
        f'(sum(rate(http_request_duration_seconds_count{{{_SERIES},status!~"5.*"}}[{{{{ interval }}}}])) or vector(0))'
        f" / sum(rate(http_request_duration_seconds_count{{{_SERIES}}}[{{{{ interval }}}}])) * 100"
    ),
    "request-duration": (
        "histogram_quantile(0.99, sum(rate("
        f"http_request_duration_seconds_bucket{{{_SERIES}}}[{{{{ interval }}}}])) by (le)) * 1000"
    ),
}
"""By the name of the check."""
