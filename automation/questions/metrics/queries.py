"""The queries of checks, their variables filled."""

from collections.abc import Sequence

from automation.core.spec import Canary, MetricCheck
from automation.questions.metrics.variables import render, variables
from gateways.registry import gateway_of


def built_in(canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
    """The query of a built-in check, as the Canary's gateway measures it. `addresses` are those of its pods."""
    return written(gateway_of(canary).query(canary, check, addresses), canary, check)


def inline(canary: Canary, check: MetricCheck) -> str:
    """The query that stands in the check itself. Raises Unrendered."""
    return written(check.query or "", canary, check)


def written(query: str, canary: Canary, check: MetricCheck) -> str:
    """A query that somebody wrote, for a check of a Canary. Raises Unrendered."""
    return render(query, variables(canary, check))
