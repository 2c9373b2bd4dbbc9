"""The built-in queries of each gateway."""

from collections.abc import Mapping, Sequence

from automation.core.spec import Canary, MetricCheck
from automation.questions.metrics.variables import render, variables

# A canary that fails every request has no series of good ones: that is a success rate of 0, not a missing one.
# The generated route is named after the apex Service, so that is what its series carry.
_ROUTE = 'route=~"{{ namespace }}_{{ route }}-{{ service }}-canary_.+"'
_APISIX = {
    "request-success-rate": (
        '(sum(rate(apisix_http_status{SERIES,code!~"5.."}[{{ interval }}])) or vector(0))'
        " / sum(rate(apisix_http_status{SERIES}[{{ interval }}])) * 100"
    ),
    "request-duration": (
        'histogram_quantile(0.99, sum(rate(apisix_http_latency_bucket{type=~"request",SERIES}[{{ interval }}]))'
        " by (le))"
    ),
}
_QUERIES: Mapping[str, Mapping[str, str]] = {"apisix": _APISIX}


def built_in(canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
    """The query of a built-in check: percent of good answers, or the 99th percentile in milliseconds.

    `addresses` are those of the canary's pods. The gateway labels each series with the upstream that answered, so
    the canary is judged by its own answers alone; scope `route` takes the whole route as the model does.
    """
    series = _ROUTE if check.scope == "route" else _nodes(addresses)
    return render(_QUERIES[canary.provider][check.name].replace("SERIES", series), variables(canary, check))


def inline(canary: Canary, check: MetricCheck) -> str:
    """The query that stands in the check itself. Raises Unrendered."""
    return written(check.query or "", canary, check)


def written(query: str, canary: Canary, check: MetricCheck) -> str:
    """A query that somebody wrote, for a check of a Canary. Raises Unrendered."""
    return render(query, variables(canary, check))


def _nodes(addresses: Sequence[str]) -> str:
    """A dot matches any character, but no other address has its dots and digits in the same places.

    Without pods nothing may match, least of all the series without an upstream.
    """
    return f'node=~"{"|".join(sorted(addresses)) or "no pods"}"'
