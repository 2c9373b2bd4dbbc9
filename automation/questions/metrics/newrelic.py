"""New Relic: NRQL over the Insights query API."""

from __future__ import annotations

from automation.questions.metrics.answers import Part
from automation.questions.metrics.exchange import Call
from automation.questions.metrics.needs import Needs
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
