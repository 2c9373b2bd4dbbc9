"""Kubernetes' external metrics, those that autoscalers follow: of this cluster, or of the API server at its address.

A query is `NAMESPACE/METRIC?labelSelector=…`, its selector as in a URL; without a namespace it is `default`.
"""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

from automation.cluster.ports import Objects
from automation.core.kinds import Kind, Scope
from automation.questions.metrics.answers import Garbled, Part
from automation.questions.metrics.exchange import Call, unanswered
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.refusals import told
from automation.questions.metrics.vendor import Vendor, Window
from workloads.resources import quantity

_API = "/apis/external.metrics.k8s.io/v1beta1"


class ExternalMetrics(Vendor):
    """The first value counts. This cluster is asked with the driver's own rights, another one with a token."""

    kind = "externalmetrics"
    needs = Needs(address="", implied="this cluster", also=("token",))

    def number(self, query: str, window: Window) -> float | None:
        kind, scope = _parsed(query)
        for item in self._listed(kind, scope).items[:1]:
            return _number(item["value"])
        return None

    def greet(self) -> None:
        self._listed(*_parsed("kube-system/dummy-metric"))

    def _listed(self, kind: Kind, scope: Scope) -> Part:
        if self.access.cluster and not self.access.address:
            return self._of_this_cluster(self.access.cluster, kind, scope)
        call = Call(self.url(kind.path(scope.namespace)), scope.params, self.access.bearer)
        return self.json(call)["items"]

    def _of_this_cluster(self, cluster: Objects, kind: Kind, scope: Scope) -> Part:
        if self.access.secret:
            raise unanswered("a token is for a cluster with an address; name it, or take the token out")
        with told():
            return Part(cluster.select(kind, scope), "items")


def _parsed(query: str) -> tuple[Kind, Scope]:
    parts = urlsplit(f"//host/{query.strip()}")
    namespace, _, metric = parts.path[1:].rpartition("/")
    if not metric or "/" in namespace:
        raise unanswered(f"its query {query.strip()!r} is not NAMESPACE/METRIC?labelSelector=…")
    selector = parse_qs(parts.query).get("labelSelector", [""])[0]
    plural = quote(metric, safe="")
    return Kind(_API, plural, "ExternalMetricValue"), Scope(namespace or "default", selector=selector)


def _number(value: Part) -> float:
    text = str(value.value)
    found = quantity(text.removeprefix("-"))
    if found is None:
        raise Garbled(f"{value.path} is {text!r}, not a quantity")
    return float(-found if text.startswith("-") else found)
