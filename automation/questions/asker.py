"""Puts the questions of a decision to hooks and metric providers, and their answers into the observation."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import requests

from automation.clock import Clock, SystemClock
from automation.cluster.ports import Copies, Objects
from automation.core.decision import CallHook, Measure, Question
from automation.core.kinds import ENDPOINT_SLICE, METRIC_TEMPLATE, SECRET, Manifest
from automation.core.observation import Answer, NothingMeasured, Observation, QueryFailed
from automation.core.refusal import Refused
from automation.core.spec import Canary, MetricCheck
from automation.questions.hooks import Hooks
from automation.questions.metrics import queries
from automation.questions.metrics.access import Access
from automation.questions.metrics.providers import UnknownProvider, provider
from automation.questions.metrics.variables import Unrendered
from documents import metric_template
from documents.metric_template import MetricTemplate

Heard = Callable[[Canary, MetricCheck, Answer], None]
NOWHERE = "http://flagger-prometheus.apisix:9090"
SAMPLES_OF_A_RATE = 2


class Misconfigured(Exception):
    """A check can't be asked as it is configured; the text becomes the answer."""


@dataclass
class Asked:
    """What is remembered of one Canary's questions.

    `addresses` are those that the pods of revision `revision` have had, `last_away` says when (seconds that never
    jump) the server of a check was last not to be reached.
    """

    revision: str = ""
    addresses: frozenset[str] = frozenset()
    last_away: dict[MetricCheck, float] = field(default_factory=dict)

    def forget_pods(self) -> None:
        """A run begins: whoever has the addresses of an earlier run's pods by now is no canary."""
        self.revision, self.addresses = "", frozenset()


class Asker:
    """Asks on behalf of one driver. `metrics_server` is the Prometheus of checks that name no other."""

    def __init__(
        self,
        cluster: Objects,
        copies: Copies,
        session: requests.Session,
        metrics_server: str | None = None,
        heard: Heard = lambda canary, check, answer: None,
        clock: Clock | None = None,
    ) -> None:
        self._cluster, self._copies, self._session, self._heard = cluster, copies, session, heard
        self._metrics_server = metrics_server or NOWHERE
        self._clock = clock or SystemClock()
        self._hooks = Hooks(session, self._clock.sleep)

    def answer(
        self, canary: Canary, seen: Observation, questions: Iterable[Question], asked: Asked
    ) -> Observation:
        """The observation with the answers to these questions added."""
        hooks, metrics = dict(seen.hooks), dict(seen.metrics)
        away: QueryFailed | None = None
        for question in questions:
            match question:
                case CallHook(webhook=webhook):
                    hooks[webhook] = self._hooks.call(question)
                case Measure(check=check):
                    # The tick will wait for whoever is away; the other checks need not run into timeouts as well.
                    given = away or self._measure(canary, check, seen, asked)
                    answer = self._judicious(check, given, seen.scrape_interval, asked)
                    metrics[check] = answer
                    away = answer if isinstance(answer, QueryFailed) and answer.away else None
                    self._heard(canary, check, answer)
        return replace(seen, hooks=hooks, metrics=metrics)

    def _judicious(self, check: MetricCheck, answer: Answer, scrape_interval: float, asked: Asked) -> Answer:
        """A server that was away has missed samples: that it has nothing is no news until it has taken new ones."""
        now = self._clock.elapsed()
        if isinstance(answer, QueryFailed) and answer.away:
            asked.last_away[check] = now
        missed = (SAMPLES_OF_A_RATE + 1) * scrape_interval
        if isinstance(answer, NothingMeasured) and now < asked.last_away.get(check, -missed) + missed:
            return QueryFailed("it has just come back and has no new samples yet", away=True)
        return answer

    def probe(self, canary: Canary) -> str:
        """ "" if all metric providers of a Canary are available, else what is wrong with the first that isn't."""
        for access, kind, named in self._providers(canary):
            try:
                problem = provider(kind, self._session, access).probe()
            except UnknownProvider as unknown:
                problem = str(unknown)
            if problem:
                return (
                    problem.replace(f"{kind} not", f"{kind} in metric template {named} not", 1)
                    if named
                    else problem
                )
        return ""

    def _providers(self, canary: Canary) -> Iterable[tuple[Access, str, str]]:
        """(access, type, full name of the template or "") of every provider that the checks need."""
        if any(check.template is None for check in canary.analysis.checks):
            yield self._own_access(canary), "prometheus", ""
        for check in canary.analysis.checks:
            if check.template is not None:
                try:
                    template = self._template(check)
                    yield self._access(template), template.type, template.full_name
                except Misconfigured:
                    continue  # said when the check is judged

    def _measure(self, canary: Canary, check: MetricCheck, seen: Observation, asked: Asked) -> Answer:
        at = seen.now
        try:
            if check.template is not None:
                template = self._template(check)
                source = provider(template.type, self._session, self._access(template))
                return source.measure(queries.written(template.query, canary, check), at)
            source = provider("prometheus", self._session, self._own_access(canary))
            if check.built_in:
                return source.measure(queries.built_in(canary, check, self._pods(canary, seen, asked)), at)
            return source.measure(queries.inline(canary, check), at)
        except (Misconfigured, Unrendered, UnknownProvider) as wrong:
            return QueryFailed(str(wrong))

    def _own_access(self, canary: Canary) -> Access:
        return Access(canary.metrics_server or self._metrics_server)

    def _template(self, check: MetricCheck) -> MetricTemplate:
        assert check.template is not None
        name, namespace = check.template.name, check.template.namespace
        document = self._cluster.get(METRIC_TEMPLATE, namespace, name)
        if document is None:
            raise Misconfigured(
                f'Metric template {name}.{namespace} error: metrictemplates.flagger.app "{name}" not found'
            )
        try:
            return metric_template.parse(document)
        except Refused as refused:
            raise Misconfigured(f"Metric template {name}.{namespace} error: {refused}") from refused

    def _access(self, template: MetricTemplate) -> Access:
        secret: dict[str, str] = {}
        if template.secret:
            found = self._cluster.get(SECRET, template.namespace, template.secret)
            if found is None:
                raise Misconfigured(
                    f"Metric template {template.full_name} secret {template.secret} error: not found"
                )
            secret = {
                key: base64.b64decode(value).decode() for key, value in (found.get("data") or {}).items()
            }
        address = template.address or self._metrics_server
        return Access(address, template.headers, secret, template.verify)

    def _pods(self, canary: Canary, seen: Observation, asked: Asked) -> list[str]:
        """Addresses that the pods of the revision under test have had while this driver watched.

        The failures of a pod still count when it crashed and came back under another address. The successes of pods
        of an earlier revision don't.
        """
        now = frozenset(
            address
            for part in self._copies.all(ENDPOINT_SLICE)
            if belongs(part, canary.namespace, f"{canary.apex}-canary")
            for endpoint in part.get("endpoints") or ()
            for address in endpoint.get("addresses") or ()
        )
        revision = seen.target.revision if seen.target else ""
        known = asked.addresses if asked.revision == revision else frozenset()
        asked.revision, asked.addresses = revision, now | known
        return sorted(asked.addresses)


def belongs(part: Manifest, namespace: str, service: str) -> bool:
    """Whether an EndpointSlice is one of a Service's."""
    metadata = part["metadata"]
    labels = metadata.get("labels") or {}
    return metadata.get("namespace") == namespace and labels.get("kubernetes.io/service-name") == service
