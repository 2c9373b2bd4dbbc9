"""APISIX: copies of the user's rules with two weighted backends and a higher priority.

The user's ApisixRoute is only read. All of its rules stay live; each copy shadows the one that it was made of.

With `sessionAffinity` each side has copies of its own, and a share of the requests without a cookie is drawn by their
ids. This needs `exprs` with the scope Variable (ingress controller 1.6) and `headers.add` of the plugin
`response-rewrite` (APISIX 3.0). What a rule does with that plugin is kept; what an ApisixPluginConfig does with it
gives way to the cookies. Users whom a cookie keeps on the canary get it anew with each answer.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence

from automation.core.kinds import Kind, Manifest
from automation.core.marks import inherited
from automation.core.names import NAMED
from automation.core.refusal import Problem, Refused
from automation.core.shape import PORT, TEXT, TRUTH, WHOLE, Items, fields
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import Traffic
from gateways.apisix_rules import forget_mirror, is_managed, shares
from gateways.apisix_sessions import copies, draw, kept_by, losing_cookies, pattern_in, unwritable
from gateways.backends import weights_of
from gateways.chosen import by_labels
from gateways.counted import counted
from gateways.draws import drawn_by
from gateways.gateway import Carried, Gateway, Marks, Source
from gateways.managed_routes import managed_in
from gateways.named_rules import absent, is_meant

ROUTE = Kind("/apis/apisix.apache.org/v2", "apisixroutes", "ApisixRoute")
_COUNTER = "prometheus"
_UNSEEN = (
    "While no user's request reaches the canary APISIX counts none of its answers: built-in checks look at the whole "
    "route until then"
)

_QUERIES: Mapping[str, str] = {
    **counted("apisix_http_status{SERIESGOOD}", ',code!~"5.."'),
    "request-duration": (
        'histogram_quantile(0.99, sum(rate(apisix_http_latency_bucket{type=~"request",SERIES}[{{ interval }}]))'
        " by (le))"
    ),
}
# The generated route is named after the apex Service, so that is what its series carry.
_ROUTE_SERIES = 'route=~"{{ namespace }}_{{ route }}-{{ service }}-canary_.+"'


_BACKEND = fields(serviceName=TEXT, servicePort=PORT, weight=WHOLE, resolveGranularity=TEXT)
_MATCH = fields(hosts=Items(TEXT), exprs=Items(fields()))
_PLUGIN = fields(name=TEXT, enable=TRUTH, config=fields(headers=fields(), _meta=fields()))
_RULE = fields(name=TEXT, priority=WHOLE, match=_MATCH, backends=Items(_BACKEND), plugins=Items(_PLUGIN))


class Apisix:
    """APISIX by its ingress controller's ApisixRoutes."""

    provider = "apisix"
    source = Source(
        field="routeRef",
        kind=ROUTE,
        unnamed=Problem(
            "spec.routeRef",
            "apisix route selector is empty",
            "name the ApisixRoute that leads to the apex Service",
        ),
        shape=fields("metadata", metadata=NAMED, spec=fields(http=Items(_RULE))),
    )
    kind = ROUTE
    companions = ()
    ruled = ("f:spec", "f:http")
    carries = frozenset({"weights", "match", "mirror", "affinity", "managed"})
    says = ()

    def unable(self, canary: Canary) -> tuple[Problem, ...]:
        return (*by_labels(canary, "apisix"), *unwritable(canary))

    def route_name(self, canary: Canary) -> str:
        """Named after the user's route and the apex."""
        return f"{canary.route.name if canary.route else canary.target.name}-{canary.apex}-canary"

    def problems(self, canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
        """In the words of Flagger's ApisixRoute router."""
        if source is None:
            return (_missing(canary),)
        name = f"{source['metadata']['name']}.{canary.namespace}"
        rules = (source.get("spec") or {}).get("http") or []
        if not rules:
            remedy = f"give the route an http rule whose backend is the Service {canary.apex}"
            return (Problem("spec.http", f"APISIX route {name}'s spec.http is empty", remedy),)
        if missing := absent(canary, [{str(rule.get("name"))} for rule in rules]):
            return (Problem("spec.http[].name", f"APISIX route {name} {missing.problem}", missing.remedy),)
        if twice := tuple(_named_alike(name, rules)):
            return twice
        led = _led(canary, source)
        if not led:
            return (_without_apex(canary, name, rules),)
        return () if _split(canary, source) else tuple(_wrong(canary, name, *led[0]))

    def left_alone(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        if source is None:
            return ()
        unseen = canary.analysis.strategy == "blue-green" or canary.analysis.mirror
        name, split = f"{source['metadata']['name']}.{canary.namespace}", dict(_split(canary, source))
        uncounted = _uncounted(canary, name, split.values())
        return (
            ((_UNSEEN,) if unseen else ())
            + tuple(uncounted)
            + tuple(
                f"Rule {rule.get('name', index)} of APISIX route {name} is left alone and leads to primary only: "
                + "; ".join(
                    f"{problem.path}: {problem.problem}" for problem in _wrong(canary, name, index, rule)
                )
                for index, rule in _led(canary, source)
                if index not in split
            )
        )

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        """Everything of the rule that is not a weight, also what this module has never heard of, is kept."""
        if problems := self.problems(canary, source):
            raise Refused(problems)
        assert source is not None
        assert canary.route is not None
        rules = [rule for _, rule in _split(canary, source)]
        metadata = source["metadata"]
        return {
            "apiVersion": canary.route.api_version,
            "kind": canary.route.kind,
            "metadata": {
                "name": self.route_name(canary),
                "namespace": canary.namespace,
                "labels": inherited(metadata.get("labels")),
                "annotations": {**inherited(metadata.get("annotations")), **marks.annotations},
                "ownerReferences": [marks.owner],
            },
            "spec": {
                **copy.deepcopy(source["spec"]),
                "http": [made for rule in rules for made in copies(canary, rule, traffic)],
            },
        }

    def rest_on(self, canary: Canary, marks: Marks) -> tuple[Manifest, ...]:
        return ()

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        rules = [rule for rule in (route.get("spec") or {}).get("http") or () if not is_managed(route, rule)]
        found = [read for rule in rules if (read := _read_back(canary, rule)) is not None]
        most = Traffic(max((read.traffic.canary for read in found), default=0))
        return Carried(most, bool(found) and all(read == Carried(most, True) for read in found))

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        """Rules for users of another run go, and those beside the shared ones that are none of this traffic."""
        changed = copy.deepcopy(route)
        rules = (changed.get("spec") or {}).get("http") or []
        kept = [one.name for one in managed_in(traffic)]
        rules[:] = [
            rule
            for rule in rules
            if kept_by(canary, rule) in (None, traffic.affinity)
            and (not is_managed(route, rule) or any(str(rule["name"]).endswith(f"-{name}") for name in kept))
        ]
        for rule in rules:
            if not traffic.mirror:
                forget_mirror(canary, rule)
            if not is_managed(route, rule):
                _share(canary, rule, traffic)
        return changed

    def hosts(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        rules = _split(canary, source) if source else []
        hosts = [(rule.get("match") or {}).get("hosts") or [] for _, rule in rules]
        return tuple(dict.fromkeys(host for named in hosts for host in named)) if all(hosts) else ()

    def reaches_service(self, canary: Canary, source: Manifest | None) -> bool:
        """As the backends' `resolveGranularity` says, whose default is `endpoint`."""
        rules = _split(canary, source) if source else []
        granularities = {rule["backends"][0].get("resolveGranularity") for _, rule in rules}
        return granularities == {"service"}

    def query(self, canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
        """APISIX labels each series with the upstream that answered, so the canary is judged by its own answers
        alone; scope `route` takes the whole route as Flagger does."""
        series = _ROUTE_SERIES if check.scope == "route" else _nodes(addresses)
        return _QUERIES[check.name].replace("SERIES", series)


APISIX: Gateway = Apisix()


def _read_back(canary: Canary, rule: Manifest) -> Carried | None:
    """What one rule does; None for one that leads to primary only, or keeps users on the canary. A pattern that nobody
    here wrote may draw everybody."""
    weights = shares(rule)
    if (pattern := pattern_in(canary, rule)) is not None:
        weight = drawn_by(pattern)
        return Carried(Traffic(100 if weight is None else weight), weight is not None)
    if weights.keys() == {canary.primary_service} or kept_by(canary, rule) is not None:
        return None
    traffic = Traffic(min(max(weights.get(canary.canary_service, 0), 0), 100))
    wanted = weights_of(canary, traffic)
    return Carried(traffic, all(weights.get(service, 0) == weight for service, weight in wanted.items()))


def _share(canary: Canary, rule: Manifest, traffic: Traffic) -> None:
    """Give a rule its share of the traffic; one for users who stay, or who are not chosen, has none to give."""
    weights = weights_of(canary, traffic)
    if pattern_in(canary, rule) is not None:
        draw(rule, traffic.canary)
    elif shares(rule).keys() != {canary.primary_service} and kept_by(canary, rule) is None:
        for backend in rule.get("backends") or ():
            if backend.get("serviceName") in weights:
                backend["weight"] = weights[backend["serviceName"]]


def _led(canary: Canary, source: Manifest) -> list[tuple[int, Manifest]]:
    """The source's rules that lead to the apex Service, each with its index; of those that a Rollout names these."""
    return [
        (index, rule)
        for index, rule in enumerate((source.get("spec") or {}).get("http") or ())
        if any(backend.get("serviceName") == canary.apex for backend in rule.get("backends") or ())
        and is_meant(canary, {str(rule.get("name"))})
    ]


def _split(canary: Canary, source: Manifest) -> list[tuple[int, Manifest]]:
    """Those of them that are copied: all that nothing is wrong with."""
    return [(index, rule) for index, rule in _led(canary, source) if not any(_wrong(canary, "", index, rule))]


def _wrong(canary: Canary, name: str, index: int, rule: Manifest) -> Iterator[Problem]:
    """What keeps a rule that leads to the apex Service from being copied."""
    path, backends = f"spec.http[{index}].backends", rule["backends"]
    yield from _many(canary, name, path, backends)
    yield from _wrong_port(canary, name, path, backends)
    yield from losing_cookies(canary, name, index, rule)


def _named_alike(name: str, rules: Sequence[Manifest]) -> Iterator[Problem]:
    """The ingress controller takes no such route, nor any of its rules (ApisixRoute: names of rules are unique)."""
    names = [rule.get("name") for rule in rules]
    for index, one in enumerate(names):
        if one is not None and one in names[:index]:
            text = f"APISIX route {name} has another rule {one}"
            yield Problem(f"spec.http[{index}].name", text, "give each rule a name of its own")


def _uncounted(canary: Canary, name: str, rules: Iterable[Manifest]) -> Iterator[str]:
    """What is said of copied rules whose requests APISIX may not count, where a check asks for the numbers."""
    if canary.skip_analysis or not any(check.built_in for check in canary.analysis.checks):
        return
    for rule in rules:
        if not (any(map(_counts, rule.get("plugins") or ())) or rule.get("plugin_config_name")):
            yield (
                f"Rule {rule.get('name')} of APISIX route {name} lacks the plugin prometheus: unless a global rule "
                "enables it no request is counted, and each release is rolled back for want of numbers; add it"
            )


def _counts(plugin: Manifest) -> bool:
    config = plugin.get("config") or {}
    switched = (config.get("disable"), (config.get("_meta") or {}).get("disable"))
    return plugin.get("name") == _COUNTER and bool(plugin.get("enable")) and True not in switched


def _nodes(addresses: Sequence[str]) -> str:
    """A dot matches any character, but no other address has its dots and digits in the same places.

    Without pods nothing may match, least of all the series without an upstream.
    """
    return f'node=~"{"|".join(sorted(addresses)) or "no pods"}"'


def _missing(canary: Canary) -> Problem:
    assert canary.route is not None
    return Problem(
        path="spec.routeRef.name",
        problem=f'apisixroutes.apisix.apache.org "{canary.route.name}" not found in namespace {canary.namespace}',
        remedy="apply the ApisixRoute first, or name the one that leads users to the application",
    )


def _without_apex(canary: Canary, name: str, rules: Sequence[Manifest]) -> Problem:
    named = sorted(
        {str(backend.get("serviceName", "?")) for rule in rules for backend in rule.get("backends") or ()}
    )
    return Problem(
        "spec.http[].backends[].serviceName",
        f"Can not find {canary.apex} backend on apisix route {name}",
        f"name the Service {canary.apex} as a rule's backend (the route names: {', '.join(named) or 'none'})",
    )


def _many(canary: Canary, name: str, path: str, backends: Sequence[Manifest]) -> Iterator[Problem]:
    own = {canary.apex, canary.service.canary}
    if len(backends) > 1 and not {backend.get("serviceName") for backend in backends} <= own:
        text = f"APISIX route {name}: only one http backend is supported, the rule has {len(backends)}"
        remedy = f"leave {canary.apex} as the rule's only backend; the split is written to a copy of the rule"
        yield Problem(path, text, remedy)


def _wrong_port(canary: Canary, name: str, path: str, backends: Sequence[Manifest]) -> Iterator[Problem]:
    ours = next(backend for backend in backends if backend.get("serviceName") == canary.apex)
    port = ours.get("servicePort")
    if not canary.service.has_port(port):
        text = f"APISIX route {name} sends to port {port}, which the Service {canary.apex} does not have"
        remedy = f"set servicePort to {canary.service.port}, the Canary's spec.service.port"
        yield Problem(f"{path}[].servicePort", text, remedy)
