"""Puts the questions of a decision to hooks and metric providers, and their answers into the observation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import requests

from automation.clock import Clock, SystemClock
from automation.cluster.neighbours import service_of
from automation.cluster.observer import live_source
from automation.cluster.ports import Copies, Objects
from automation.core.analysis import REQUESTS
from automation.core.decision import AskPermission, CallHook, Measure, Question, Take
from automation.core.durations import seconds_of
from automation.core.kinds import ENDPOINT_SLICE, METRIC_TEMPLATE, SECRET, SERVICE
from automation.core.observation import Answer, Measured, NothingMeasured, Observation, QueryFailed
from automation.core.refusal import Refused
from automation.core.spec import Canary, MetricCheck
from automation.questions.hooks import Hooks
from automation.questions.metrics import queries
from automation.questions.metrics.access import Access
from automation.questions.metrics.credentials import decoded
from automation.questions.metrics.prometheus import Prometheus
from automation.questions.metrics.provider import Provider
from automation.questions.metrics.providers import UnknownProvider, needs_of, provider
from automation.questions.metrics.variables import Unrendered
from automation.questions.permissions import permission
from automation.questions.secrets import reader
from automation.questions.taking import Taking
from documents import metric_template
from documents.metric_template import MetricTemplate
from gateways.registry import gateway_of

Heard = Callable[[Canary, MetricCheck, Answer], None]
NOWHERE = "http://flagger-prometheus.apisix:9090"
SAMPLES_OF_A_RATE = 2


class Misconfigured(Exception):
    """A check can't be asked as it is configured; the text becomes the answer."""


@dataclass
class Asked:
    """What is remembered of one Canary's questions.

    `addresses` are those that the pods of revision `revision` have had, `last_away` says when (seconds that never
    jump) a server, by its address, was last not to be reached.
    """

    revision: str = ""
    addresses: frozenset[str] = frozenset()
    last_away: dict[str, float] = field(default_factory=dict)

    def forget_pods(self) -> None:
        """A run begins: whoever has the addresses of an earlier run's pods by now is no canary."""
        self.revision, self.addresses = "", frozenset()


@dataclass(frozen=True)
class _Tick:
    """What the questions of one tick have in common; `away` are the servers that it has met and not reached."""

    canary: Canary
    seen: Observation
    asked: Asked
    away: dict[str, QueryFailed] = field(default_factory=dict)


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
        self._hooks = Hooks(session, self._clock.sleep, reader(cluster))
        self._taking = Taking(cluster, session, self._metrics_server)

    def answer(
        self, canary: Canary, seen: Observation, questions: Iterable[Question], asked: Asked
    ) -> Observation:
        """The observation with the answers to these questions added."""
        hooks, metrics, taken = dict(seen.hooks), dict(seen.metrics), dict(seen.taken)
        tick = _Tick(canary, seen, asked)
        for question in questions:
            match question:
                case CallHook(webhook=webhook):
                    hooks[webhook] = self._hooks.call(question)
                case Measure(check=check):
                    metrics[check] = answer = self._measure(tick, question)
                    self._heard(canary, check, answer)
                case Take(analysis=analysis, metric=metric):
                    taken[analysis, metric.name] = self._taking.take(canary, question, seen.now, tick.away)
                case AskPermission():
                    seen = replace(seen, permission=permission(self._cluster, canary, question))
        return replace(seen, hooks=hooks, metrics=metrics, taken=taken)

    def _judicious(self, tick: _Tick, address: str, answer: Answer) -> Answer:
        """A server that was away has missed samples: that it has nothing is no news until it has taken new ones."""
        now, last_away = self._clock.elapsed(), tick.asked.last_away
        if isinstance(answer, QueryFailed) and answer.away:
            last_away[address] = now
        missed = (SAMPLES_OF_A_RATE + 1) * tick.seen.scrape_interval
        if isinstance(answer, NothingMeasured) and now < last_away.get(address, -missed) + missed:
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

    def _measure(self, tick: _Tick, question: Measure) -> Answer:
        try:
            kind, access, query = self._query(tick, question)
            source = provider(kind, self._session, access)
        except (Misconfigured, Unrendered, UnknownProvider) as wrong:
            return QueryFailed(str(wrong))
        # The tick will wait for whoever is away; the other checks need not run into the same time-out.
        answer: Answer | None = tick.away.get(access.address)
        if answer is None:
            said = self._enough(tick, question, source) or source.measure(
                query, tick.seen.now, seconds_of(question.check.interval)
            )
            answer = self._judicious(tick, access.address, said)
        if isinstance(answer, QueryFailed) and answer.away:
            tick.away[access.address] = answer
        return _named(question.check, kind, answer)

    def _enough(self, tick: _Tick, question: Measure, source: Provider) -> Answer | None:
        """What is wrong with the number of requests that a check rests on; None where it asks for no more."""
        check = question.check
        if not check.least_requests:
            return None
        query = self._built_in(tick, replace(question, check=replace(check, name=REQUESTS)))
        answer = source.measure(query, tick.seen.now, seconds_of(check.interval))
        if not isinstance(answer, Measured):
            return answer
        few = not answer.value >= check.least_requests
        return NothingMeasured(f"{answer.value:.0f} of {check.least_requests} requests") if few else None

    def _query(self, tick: _Tick, question: Measure) -> tuple[str, Access, str]:
        """(type of the provider, how it is reached, query). Raises Misconfigured or Unrendered."""
        canary, check = tick.canary, question.check
        if check.template is not None:
            template = self._template(check)
            return template.type, self._access(template), queries.written(template.query, canary, check)
        query = self._built_in(tick, question) if check.built_in else queries.inline(canary, check)
        return "prometheus", self._own_access(canary), query

    def _built_in(self, tick: _Tick, question: Measure) -> str:
        seen = _in_sight(_of_the_run(question.check, question.since, tick.seen), tick.seen)
        return queries.built_in(tick.canary, seen, self._upstreams(tick))

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
        needs = needs_of(template)
        for problem in needs.problems(template):
            raise Misconfigured(f"Metric template {template.full_name} error: {problem}")
        secret = self._secret(template) if template.secret else {}
        address = needs.address_of(template)
        if template.type == Prometheus.kind:
            address = address or self._metrics_server
        return Access(address, template.headers, secret, template.verify, template.region, self._cluster)

    def _secret(self, template: MetricTemplate) -> Mapping[str, str]:
        named = f"Metric template {template.full_name} secret {template.secret} error"
        found = self._cluster.get(SECRET, template.namespace, template.secret)
        if found is None:
            raise Misconfigured(f"{named}: not found")
        secret = decoded(found)
        if lacking := needs_of(template).missing(secret):
            raise Misconfigured(f"{named}: it {lacking}, which {template.type} needs")
        return secret

    def _upstreams(self, tick: _Tick) -> list[str]:
        """The addresses under which the gateway reaches the canary: its Service's, where it resolves no further, or
        those of its pods."""
        canary = tick.canary
        if not gateway_of(canary).reaches_service(canary, live_source(canary, self._copies)):
            return self._pods(tick)
        service = self._copies.get(SERVICE, canary.namespace, canary.canary_service)
        address = ((service or {}).get("spec") or {}).get("clusterIP")
        return [address] if address else []

    def _pods(self, tick: _Tick) -> list[str]:
        """Addresses that the pods of the revision under test have had while this driver watched.

        A pod that crashed and came back under another address must not take its failures with it; those of an
        earlier revision must not lend it their successes.
        """
        canary, asked = tick.canary, tick.asked
        now = frozenset(
            address
            for part in self._copies.all(ENDPOINT_SLICE)
            if service_of(part) == (canary.namespace, canary.canary_service)
            for endpoint in part.get("endpoints") or ()
            for address in endpoint.get("addresses") or ()
        )
        revision = tick.seen.target.revision if tick.seen.target else ""
        known = asked.addresses if asked.revision == revision else frozenset()
        asked.revision, asked.addresses = revision, now | known
        return sorted(asked.addresses)


def _named(check: MetricCheck, kind: str, answer: Answer) -> Answer:
    """A failure of a template's provider names both."""
    if check.template is None or not isinstance(answer, QueryFailed):
        return answer
    named = f"{kind} in metric template {check.template.name}.{check.template.namespace}"
    return replace(answer, detail=f"{named}: {answer.detail}")


def _of_the_run(check: MetricCheck, since: float, seen: Observation) -> MetricCheck:
    """Most gateways count the answers of a Service, whichever release stood behind it: the window is no longer than the
    run, but for the samples that a rate needs. Scope `route` takes the model's."""
    window = max(seen.now - since, SAMPLES_OF_A_RATE * seen.scrape_interval)
    if not since or check.scope == "route" or window >= seconds_of(check.interval):
        return check
    return replace(check, interval=f"{math.ceil(window)}s")


def _in_sight(check: MetricCheck, seen: Observation) -> MetricCheck:
    """A canary that no request reaches through the gateway is in none of its series: then the model's numbers count,
    those of the whole route."""
    idle = seen.route is not None and seen.route.traffic.canary == 0
    return replace(check, scope="route") if idle else check
