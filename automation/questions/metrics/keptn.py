"""Keptn: its metrics, and its analyses, in this cluster.

A query is `keptnmetric/NAMESPACE/NAME`, or `analysis/NAMESPACE/NAME/RECENT/KEY=VALUE;KEY=VALUE`, where RECENT (`1m`)
and the arguments may be absent.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import partial

import requests

from automation.cluster.ports import Objects
from automation.core.kinds import Kind, Manifest
from automation.questions.metrics.access import Access
from automation.questions.metrics.answers import Part
from automation.questions.metrics.exchange import unanswered
from automation.questions.metrics.needs import Needs
from automation.questions.metrics.refusals import told
from automation.questions.metrics.vendor import Vendor, Window

METRIC = Kind("/apis/metrics.keptn.sh/v1beta1", "keptnmetrics", "KeptnMetric")
ANALYSIS = Kind("/apis/metrics.keptn.sh/v1beta1", "analyses", "Analysis")
SECONDS = 10
_KINDS = {"keptnmetric": METRIC, "keptnmetrics": METRIC, "analysis": ANALYSIS, "analyses": ANALYSIS}


class Keptn(Vendor):
    """The value of a metric counts; of an analysis 1 if it passes, and 0 if it doesn't. It is made for the question,
    looked at each second for ten, and deleted."""

    kind = "keptn"
    needs = Needs(address="", implied="this cluster")

    def __init__(
        self,
        session: requests.Session,
        access: Access,
        pause: Callable[[float], None] = time.sleep,
        token: Callable[[], str] = partial(secrets.token_hex, 3),
    ) -> None:
        super().__init__(session, access)
        self._pause, self._token = pause, token

    def number(self, query: str, window: Window) -> float | None:
        words = query.strip().lower().split("/")
        if len(words) < 3 or words[0] not in _KINDS or not all(words[:3]):
            raise unanswered(
                f"its query {query.strip()!r} is neither keptnmetric/NAMESPACE/NAME nor analysis/NAMESPACE/NAME/…"
            )
        with told():
            if _KINDS[words[0]] is METRIC:
                return self._value(*words[1:3])
            return self._passed(words[1], _analysis(f"{words[2]}-{self._token()}", words))

    def greet(self) -> None:
        """There is nothing to greet: whoever reads the cluster reads what Keptn says in it."""

    @property
    def _cluster(self) -> Objects:
        if self.access.cluster is None:
            raise unanswered("there is no cluster to ask")
        return self.access.cluster

    def _value(self, namespace: str, name: str) -> float | None:
        found = self._cluster.get(METRIC, namespace, name)
        if found is None:
            raise unanswered(f"KeptnMetric {name}.{namespace} is not there")
        value = Part(found, "KeptnMetric")["status"]["value"]
        return value.number if value.value != "" else None

    def _passed(self, namespace: str, analysis: Manifest) -> float:
        name = analysis["metadata"]["name"]
        self._cluster.create(ANALYSIS, analysis)
        try:
            for _ in range(SECONDS):
                self._pause(1.0)
                status = Part(self._cluster.get(ANALYSIS, namespace, name), "Analysis")["status"]
                if status["state"].text == "Completed":
                    return 1.0 if status["pass"].value is True else 0.0
        finally:
            self._cluster.delete(ANALYSIS, namespace, name)
        raise unanswered(f"Analysis {name}.{namespace} has not ended within {SECONDS}s")


def _analysis(name: str, words: list[str]) -> Manifest:
    pairs = (pair.partition("=") for pair in (words[4] if len(words) > 4 else "").split(";"))
    return {
        "apiVersion": ANALYSIS.api_version,
        "kind": ANALYSIS.kind,
        "metadata": {"name": name, "namespace": words[1]},
        "spec": {
            "analysisDefinition": {"name": words[2]},
            "timeframe": {"recent": (words[3] if len(words) > 3 else "") or "1m"},
            "args": {key: value for key, equals, value in pairs if equals},
        },
    }
