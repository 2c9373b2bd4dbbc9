"""The built-in checks where no gateway counts: the application counts its own answers, pod by pod. Flagger's names."""

from __future__ import annotations

from collections.abc import Mapping

from gateways.counted import counted

_SERIES = (
    'kubernetes_namespace="{{ namespace }}",kubernetes_pod_name=~"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"'
)
QUERIES: Mapping[str, str] = {
    **counted(f"http_request_duration_seconds_count{{{_SERIES}GOOD}}", ',status!~"5.*"'),
    "request-duration": (
        "histogram_quantile(0.99, sum(rate("
        f"http_request_duration_seconds_bucket{{{_SERIES}}}[{{{{ interval }}}}])) by (le)) * 1000"
    ),
}
"""By the name of the check."""
