"""ApisixRoute documents, as routes and as the status that their authors read."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from lab.gateway.apisix import plugins
from lab.gateway.apisix.expressions import NotPlayed, condition, texts
from lab.gateway.dialect import Kind, Report, Translation
from lab.gateway.endpoints import Endpoints, NoSuchPort
from lab.gateway.model import Backend, Condition, Labels, Route, Timeout

Document = Mapping[str, Any]

APISIX_ROUTES = Kind("apisix.apache.org", "v2", "apisixroutes")
MALFORMED = (AttributeError, KeyError, TypeError, ValueError)
"""What reading a rule raises that the CRD's schema should not have let through."""
UNPLAYED_FIELDS = ("plugin_config_name", "authentication", "upstreams")


def translate(documents: Sequence[Document], endpoints: Endpoints) -> Translation:
    """All rules of all documents, and a report on each document whose status says something else."""
    routes: list[Route] = []
    reports: list[Report] = []
    for document in documents:
        read = _Reader(document, endpoints)
        routes += read.routes()
        report = read.report()
        if report.status != document.get("status"):
            reports.append(report)
    return Translation(tuple(routes), tuple(reports))


def identifier(name: str) -> str:
    """The id that the ingress controller gives to what has this name."""
    return f"{zlib.crc32(name.encode()):x}"


class _Reader:
    """Reads one document. What is wrong with it gathers in `problems`, what is not played in `ignored`."""

    def __init__(self, document: Document, endpoints: Endpoints) -> None:
        self.document = document
        self.namespace: str = document["metadata"]["namespace"]
        self.name: str = document["metadata"]["name"]
        self.endpoints = endpoints
        self.problems: list[str] = []
        self.ignored: list[str] = []

    def routes(self) -> list[Route]:
        """The rules that can be served. The others are left out as a whole: half a rule would match too much."""
        routes = []
        for index, rule in enumerate(self._rules()):
            try:
                routes.append(self._route(index, rule))
            except NotPlayed as what:
                self.problems.append(
                    f"rule {rule['name']} is left out: the lab's stand-in does not play {what}"
                )
            except MALFORMED as problem:
                self.problems.append(f"rule {index} is left out: {type(problem).__name__}: {problem}")
        return routes

    def report(self) -> Report:
        """As the ingress controller writes it; what is not played stands in the message."""
        message = "; ".join(self.problems) or "Sync Successfully"
        if self.ignored:
            message += ". Not played by the lab's stand-in: " + "; ".join(self.ignored)
        entry = {
            "type": "ResourcesAvailable",
            "status": "False" if self.problems else "True",
            "reason": "ResourceSyncAborted" if self.problems else "ResourcesSynced",
            "message": message,
            "observedGeneration": self.document["metadata"].get("generation", 0),
        }
        return Report(APISIX_ROUTES, self.namespace, self.name, {"conditions": [entry]})

    def _rules(self) -> list[Document]:
        rules = (self.document.get("spec") or {}).get("http") or []
        return rules if isinstance(rules, list) else []

    def _route(self, index: int, rule: Document) -> Route:
        match = rule.get("match") or {}
        said = plugins.read(rule.get("plugins") or ())
        self.ignored += said.ignored
        self.ignored += [field for field in UNPLAYED_FIELDS if rule.get(field)]
        return Route(
            key=f"{self.namespace}_{self.name}_{rule['name']}",
            backends=tuple(self._backend(backend) for backend in rule.get("backends") or ()),
            hosts=texts(match.get("hosts") or []),
            paths=texts(match.get("paths") or ["/*"]),
            methods=texts(match.get("methods") or []),
            conditions=self._conditions(match),
            priority=int(rule.get("priority") or 0),
            filters=said.filters,
            timeout=_timeout(rule.get("timeout") or {}),
            labels=self._labels(index, rule, said),
        )

    def _conditions(self, match: Document) -> tuple[Condition, ...]:
        if match.get("filter_func"):
            raise NotPlayed("filter_func")
        addresses = texts(match.get("remoteAddrs") or [])
        from_there = (Condition("source", "", addresses),) if addresses else ()
        return (*map(condition, match.get("exprs") or ()), *from_there)

    def _backend(self, backend: Document) -> Backend:
        service, port = backend["serviceName"], backend["servicePort"]
        weight = int(backend.get("weight", 100))
        if weight < 0:
            raise ValueError(f"the weight of {service} is {weight}")
        resolve = (
            self.endpoints.cluster_address
            if backend.get("resolveGranularity") == "service"
            else self.endpoints.pods
        )
        try:
            nodes = resolve(self.namespace, service, port)
        except NoSuchPort as problem:
            self.problems.append(str(problem))
            nodes = ()
        return Backend(service, weight, nodes)

    def _labels(self, index: int, rule: Document, said: plugins.Plugins) -> Labels:
        if not said.measured:
            return ()
        route, service = (
            f"{self.namespace}_{self.name}_{rule['name']}",
            f"{self.namespace}_{self.name}_{index}",
        )
        if not said.prefer_name:
            route, service = identifier(route), identifier(service)
        return (("route", route), ("service", service), ("consumer", ""))


def _timeout(document: Document) -> Timeout:
    return Timeout(connect=_seconds(document.get("connect", "")), read=_seconds(document.get("read", "")))


def _seconds(text: str) -> float:
    """`500ms`, `5s`, `1m` or `1h`; the default where nothing is said."""
    for unit, factor in (("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    return Timeout().read
