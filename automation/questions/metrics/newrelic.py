"""New Relic: NRQL over the Insights query API. Analyses ask over NerdGraph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.questions.metrics.answers import Part
from automation.questions.metrics.exchange import Call, unanswered
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.order import TIMEOUT, Order
from automation.questions.metrics.vendor import Vendor, Window


class NewRelic(Vendor):
    """Appends the interval to a query: `SINCE 60 seconds ago`. There has to be one result: the number of it counts that
    is called `result`, or is the only one."""

    kind = "newrelic"
    needs = Needs(
        "https://insights-api.newrelic.com", keys=("newrelic_account_id", "newrelic_query_key"), secret=True
    )

    def number(self, query: str, window: Window) -> float | None:
        results = self._ask(query, window.seconds)["results"].items
        if len(results) != 1:
            return None
        [result] = results
        fields = result.fields
        return (fields[0] if len(fields) == 1 else result["result"]).number

    def greet(self) -> None:
        self._ask("SELECT count(*) FROM Metric", 60)

    def _ask(self, query: str, seconds: float) -> Part:
        secret = self.access.secret
        url = self.url(f"/v1/accounts/{secret['newrelic_account_id']}/query")
        nrql = f"{query.strip()} SINCE {seconds:.0f} seconds ago"
        return self.json(Call(url, {"nrql": nrql}, {"X-Query-Key": secret["newrelic_query_key"]}))


NERDGRAPH: Mapping[str, str] = {
    "us": "https://api.newrelic.com/graphql",
    "eu": "https://api.eu.newrelic.com/graphql",
    "staging": "https://staging-api.newrelic.com/graphql",
}
_GRAPHQL = """query ($query: Nrql!, $accountId: Int!, $timeout: Seconds!) {
  actor { account(id: $accountId) { nrql(query: $query, timeout: $timeout) { results } } }
}"""


def take(order: Order) -> Any:
    """What an analysis measures, over NerdGraph: the fields of the one result, or a list of the results."""
    seconds = int(order.settings.get("timeout") or 5)
    variables = {"query": order.query, "accountId": _account(order), "timeout": seconds}
    body = {"query": _GRAPHQL, "variables": variables}
    call = Call.of_json(_nerdgraph(order), body, {"API-Key": order.secret["personal-api-key"]})
    answer = order.json(call, seconds + TIMEOUT)
    for error in answer["errors"].items:
        raise unanswered(f"error response: {error['message'].text}")
    results = answer["data"]["actor"]["account"]["nrql"]["results"].items
    if not results or (len(results) == 1 and not results[0].fields):
        raise unanswered("no results returned from NRQL query")
    return results[0].value if len(results) == 1 else [result.value for result in results]


def _account(order: Order) -> int:
    try:
        return int(order.secret["account-id"])
    except ValueError:
        raise unanswered("account-id of its Secret is no whole number") from None


def _nerdgraph(order: Order) -> str:
    if url := order.secret.get("base-url-nerdgraph"):
        return url
    region = order.secret.get("region", "us").lower()
    if region not in NERDGRAPH:
        raise unanswered(f"region {region!r} of its Secret is not known; use one of {', '.join(NERDGRAPH)}")
    return NERDGRAPH[region]
