"""What the metrics of a Rollout's analyses measure."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import requests

from automation.cluster.ports import Objects
from automation.cluster.reach import placed
from automation.core.decision import Take
from automation.core.kinds import SECRET
from automation.core.observation import QueryFailed, Taken, TakenAnswer
from automation.core.runs.metric import Metric
from automation.core.spec import Canary
from automation.questions.jobs import Jobs
from automation.questions.metrics.access import Access
from automation.questions.metrics.analysts import ANALYSTS, Analyst
from automation.questions.metrics.credentials import decoded
from automation.questions.metrics.exchange import Call, Exchange, Unanswered
from automation.questions.metrics.order import Order
from automation.questions.metrics.prometheus import Prometheus, Span
from automation.questions.metrics.sigv4 import Signer, keys_of
from automation.questions.metrics.tokens import token
from automation.questions.metrics.web import WebAnalysis
from documents.argo.metrics import PROVIDERS


class Taking:
    """Asks on behalf of one driver; `metrics_server` is the Prometheus of metrics that name no other."""

    def __init__(self, cluster: Objects, session: requests.Session, metrics_server: str) -> None:
        self._cluster, self._session, self._metrics_server = cluster, session, metrics_server

    def take(self, canary: Canary, question: Take, at: float, away: dict[str, QueryFailed]) -> TakenAnswer:
        """What a metric measures as of unix second `at`. `away` are the servers that were met in the same tick and not
        reached: none of them is waited for twice."""
        metric = question.metric
        settings = self._filled(canary, metric)
        if isinstance(settings, QueryFailed):
            return settings
        if metric.provider == "job":
            return Jobs(self._cluster).take(canary, question, settings)
        analyst = ANALYSTS.get(metric.provider)
        named = analyst.whom(settings) if analyst else settings.get("address") or settings.get("url")
        address = placed(str(named or self._metrics_server), canary.namespace)
        if address in away:
            return away[address]
        if analyst:
            reached = {**settings, "address": address} if settings.get("address") else settings
            found = self._of_vendor(analyst, canary.namespace, reached, at)
        else:
            found = self._asked(metric.provider, address, settings, at)
        if isinstance(found, QueryFailed) and found.away:
            away[address] = found
        return found

    def _of_vendor(
        self, analyst: Analyst, namespace: str, settings: Mapping[str, Any], at: float
    ) -> Taken | QueryFailed:
        secret: Mapping[str, str] = {}
        if name := analyst.secret_of(settings):
            found = self._cluster.get(SECRET, namespace, name)
            if found is None:
                return QueryFailed(
                    f"{analyst.vendor}: Secret {name}.{namespace} is not there; it has its credentials"
                )
            secret = decoded(found)
            if lacking := analyst.missing(secret):
                return QueryFailed(f"{analyst.vendor}: Secret {name}.{namespace} {lacking}; add it")
        return analyst.taken(Order(self._session, settings, secret, at))

    def _asked(
        self, provider: str, address: str, settings: Mapping[str, Any], at: float
    ) -> Taken | QueryFailed:
        secret = self._secret(settings)
        if isinstance(secret, QueryFailed):
            return secret
        headers = {str(one["key"]): str(one.get("value") or "") for one in settings.get("headers") or ()}
        access = Access(address, headers, secret, verify=not settings.get("insecure"))
        if provider == "web":
            return WebAnalysis(self._session, access).take(settings)
        if provider != "prometheus":
            return QueryFailed(f"provider {provider} is not supported yet; use one of {', '.join(PROVIDERS)}")
        return self._of_prometheus(access, settings, at)

    def _of_prometheus(self, access: Access, settings: Mapping[str, Any], at: float) -> Taken | QueryFailed:
        ranged = settings.get("rangeQuery")
        try:
            span = Span.parse(ranged, at) if ranged else None
            sign = self._signing(settings, at)
        except ValueError as wrong:
            return QueryFailed(f"rangeQuery: {wrong}")
        except Unanswered as unanswered:
            return unanswered.failed
        return Prometheus(self._session, access, signed=sign).take(str(settings["query"]), at, span)

    def _signing(self, settings: Mapping[str, Any], at: float) -> Callable[[Call], Call]:
        """How calls are signed for Amazon's Prometheus, which is called `aps`. Raises Unanswered."""
        region = ((settings.get("authentication") or {}).get("sigv4") or {}).get("region")
        if not region:
            return lambda call: call
        signer = Signer(keys_of({}, region, Exchange(self._session)), region, "aps")
        return lambda call: signer.sign(call, at)

    def _secret(self, settings: Mapping[str, Any]) -> Mapping[str, str] | QueryFailed:
        """What a metric authenticates itself by."""
        said = settings.get("authentication") or {}
        if oauth := said.get("oauth2"):
            found = token(self._session, oauth, verify=not settings.get("insecure"))
            return found if isinstance(found, QueryFailed) else {"token": found}
        return dict(said.get("basicAuth") or {})

    def _filled(self, canary: Canary, metric: Metric) -> Mapping[str, Any] | QueryFailed:
        """The settings with what Secrets say in their places."""
        text = json.dumps(metric.settings)
        for argument, place in metric.secrets.items():
            name, _, key = place.partition("/")
            secret = self._cluster.get(SECRET, canary.namespace, name)
            encoded = ((secret or {}).get("data") or {}).get(key)
            if encoded is None:
                return QueryFailed(f"argument {argument}: Secret {name}.{canary.namespace} has no key {key}")
            value = base64.b64decode(encoded).decode()
            text = text.replace(f"{{{{args.{argument}}}}}", json.dumps(value)[1:-1])
        settings: Mapping[str, Any] = json.loads(text)
        return settings
