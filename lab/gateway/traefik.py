"""Routes as Traefik's dynamic configuration. Pure: values in, a document out.

Each arm of a route is a router. Below it, weighted services join the backends, and below each of those the nodes, one
Traefik service for each: so a split is exact, and Traefik's numbers tell the nodes apart.

Traefik draws no requests. Where a route does, one router stands before all others and gives each request its id.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from lab.gateway.model import (
    Arm,
    Backend,
    Condition,
    Cors,
    Filters,
    Labels,
    Node,
    Rewrite,
    Route,
    Timeout,
    arms,
)

LabelsOf = Callable[[Arm, Backend, Node | None], Labels]

NOT_FOUND = "not-found"
NUMBERED = "numbered"
REQUEST_ID = "Lab-Request-Id"  # the header in which a request carries its id
UNMATCHED = "Lab-Unmatched"  # a header that tells the answering service why it was asked
IDLE_CONNECTIONS = (
    256  # to one node; what comes back to a full pool is closed, which costs a connection a request
)


@dataclass
class Configuration:
    """`document` is Traefik's dynamic configuration; `names` gives the labels of each service that answers."""

    document: dict[str, Any]
    names: dict[str, Labels] = field(default_factory=dict)

    def text(self) -> str:
        """The document as a file; JSON, which Traefik reads as YAML."""
        return json.dumps(self.document, separators=(",", ":"))


def configuration(routes: Iterable[Route], labels_of: LabelsOf, excuses: str, ids: str) -> Configuration:
    """What Traefik has to know for these routes. Requests that match none, and those for a backend without nodes, go
    to the URL `excuses`; the former carry the header `UNMATCHED`. `ids` answers with the header `REQUEST_ID`."""
    made = _Writer(labels_of, excuses)
    made.unmatched()
    routes = list(routes)
    for priority, arm in enumerate(arms(routes), start=2):
        made.arm(arm, priority)
    if any(condition.subject == "request_id" for route in routes for condition in route.conditions):
        made.number(ids)
    return Configuration(
        {"http": {part: made.parts[part] for part in made.parts if made.parts[part]}}, made.names
    )


class _Writer:
    """Collects the parts of one configuration."""

    def __init__(self, labels_of: LabelsOf, excuses: str) -> None:
        self.labels_of = labels_of
        self.excuses = excuses
        self.names: dict[str, Labels] = {}
        self.parts: dict[str, dict[str, Any]] = {
            kind: {} for kind in ("routers", "services", "middlewares", "serversTransports")
        }

    def unmatched(self) -> None:
        """The router of last resort."""
        self.parts["middlewares"][NOT_FOUND] = {"headers": {"customRequestHeaders": {UNMATCHED: "true"}}}
        self.parts["services"][NOT_FOUND] = {"loadBalancer": {"servers": [{"url": self.excuses}]}}
        self.names[NOT_FOUND] = ()
        self.router(NOT_FOUND, 'PathPrefix("/")', 1, [NOT_FOUND])

    def number(self, ids: str) -> None:
        """Put a router before those that there are, which gives each request an id."""
        routers = self.parts["routers"]
        for router in routers.values():
            del router["entryPoints"]
            router["parentRefs"] = [NUMBERED]
        numbering = {"address": ids, "authResponseHeaders": [REQUEST_ID]}
        self.parts["middlewares"][NUMBERED] = {"forwardAuth": numbering}
        routers[NUMBERED] = {"rule": 'PathPrefix("/")', "middlewares": [NUMBERED], "entryPoints": ["web"]}

    def arm(self, arm: Arm, priority: int) -> None:
        """A router and all that is below it."""
        name = _name(arm.route.key, arm.host, arm.path)
        self.split(name, arm)
        self.router(name, rule(arm), priority, self.middlewares(name, arm.route.filters))

    def router(self, name: str, match: str, priority: int, middlewares: list[str]) -> None:
        router = {"rule": match, "priority": priority, "service": name, "entryPoints": ["web"]}
        self.parts["routers"][name] = router | ({"middlewares": middlewares} if middlewares else {})

    def split(self, name: str, arm: Arm) -> None:
        """The service called `name`: the backends by weight, and a mirror where one is asked for."""
        shares = [
            {"name": self.backend(name, arm, backend), "weight": backend.weight}
            for backend in arm.route.backends
        ]
        mirror = arm.route.filters.mirror
        if mirror is None:
            self.parts["services"][name] = {"weighted": {"services": shares}}
            return
        self.parts["services"][f"{name}-split"] = {"weighted": {"services": shares}}
        self.parts["services"][f"{name}-mirror"] = {"loadBalancer": {"servers": [{"url": mirror.url}]}}
        mirrors = [{"name": f"{name}-mirror", "percent": mirror.percent}]
        self.parts["services"][name] = {"mirroring": {"service": f"{name}-split", "mirrors": mirrors}}

    def backend(self, arm_name: str, arm: Arm, backend: Backend) -> str:
        """The service that joins the nodes of a backend."""
        name = _name(arm_name, backend.service)
        nodes = [self.node(arm_name, arm, backend, node) for node in backend.nodes or (None,)]
        self.parts["services"][name] = {
            "weighted": {"services": [{"name": one, "weight": 1} for one in nodes]}
        }
        return name

    def node(self, arm_name: str, arm: Arm, backend: Backend, node: Node | None) -> str:
        address = f"{node.address}:{node.port}" if node else ""
        name = _name(arm_name, backend.service, address)
        self.names[name] = self.labels_of(arm, backend, node)
        self.parts["services"][name] = {
            "loadBalancer": {
                "servers": [{"url": f"http://{address}" if node else self.excuses}],
                "serversTransport": self.transport(arm.route.timeout),
            }
        }
        return name

    def transport(self, timeout: Timeout) -> str:
        name = f"within-{timeout.connect:g}-{timeout.read:g}"
        self.parts["serversTransports"][name] = {
            "maxIdleConnsPerHost": IDLE_CONNECTIONS,
            "forwardingTimeouts": {
                "dialTimeout": f"{timeout.connect:g}s",
                "responseHeaderTimeout": f"{timeout.read:g}s",
            },
        }
        return name

    def middlewares(self, name: str, filters: Filters) -> list[str]:
        """The names of what lies in front of an arm, in the order in which a request meets it."""
        wanted = [*_rewriting(filters.rewrite), *_answering(filters)]
        for index, definition in enumerate(wanted):
            self.parts["middlewares"][f"{name}-{index}"] = definition
        return [f"{name}-{index}" for index in range(len(wanted))]


def _rewriting(rewrite: Rewrite | None) -> Iterable[dict[str, Any]]:
    if rewrite is None:
        return
    if rewrite.path:
        yield {"replacePath": {"path": rewrite.path}}
    elif rewrite.pattern[0]:
        yield {"replacePathRegex": {"regex": rewrite.pattern[0], "replacement": rewrite.pattern[1]}}
    if rewrite.headers:
        yield {"headers": {"customRequestHeaders": dict(rewrite.headers)}}


def _answering(filters: Filters) -> Iterable[dict[str, Any]]:
    headers: dict[str, Any] = _cors(filters.cors) if filters.cors else {}
    if filters.answer_headers:
        headers["customResponseHeaders"] = dict(filters.answer_headers)
    if headers:
        yield {"headers": headers}


def _cors(cors: Cors) -> dict[str, Any]:
    anyone = cors.origins == ("**",)
    origins = (
        {"accessControlAllowOriginListRegex": [".*"]}
        if anyone
        else {"accessControlAllowOriginList": cors.origins}
    )
    return origins | {
        "accessControlAllowMethods": cors.methods,
        "accessControlAllowHeaders": cors.headers,
        "accessControlExposeHeaders": cors.exposed,
        "accessControlMaxAge": cors.max_age,
        "accessControlAllowCredentials": cors.credentials,
        "addVaryHeader": True,
    }


def rule(arm: Arm) -> str:
    """Traefik's expression for what an arm matches."""
    route = arm.route
    parts = [_host(arm.host)] if arm.host else []
    parts.append(_path(arm.path))
    if route.methods:
        parts.append(_any(_call("Method", method) for method in route.methods))
    parts += [_condition(condition) for condition in route.conditions]
    return " && ".join(parts)


def _host(host: str) -> str:
    if host.startswith("*"):
        return _call("HostRegexp", f"^.+{re.escape(host[1:])}$")
    return _call("Host", host)


def _path(path: str) -> str:
    return _call("PathPrefix", path[:-1]) if path.endswith("*") else _call("Path", path)


MATCHERS = {
    # subject: (for a value, for a pattern)
    "header": ("Header", "HeaderRegexp"),
    "query": ("Query", "QueryRegexp"),
    "path": ("Path", "PathRegexp"),
    "host": ("Host", "HostRegexp"),
    "method": ("Method", ""),
    "source": ("ClientIP", ""),
    "request_id": ("Header", "HeaderRegexp"),
}


def _condition(condition: Condition) -> str:
    match = _any(_matcher(condition, value) for value in condition.values)
    return f"!({match})" if condition.negated else match


def _matcher(condition: Condition, value: str) -> str:
    case = "(?i)" if condition.any_case else ""
    if condition.subject == "cookie":
        return _call("HeaderRegexp", "Cookie", case + _cookie(condition.name, value, condition.patterns))
    exact, pattern = MATCHERS[condition.subject]
    named = REQUEST_ID if condition.subject == "request_id" else condition.name
    name = (named,) if named else ()
    return _call(pattern, *name, case + value) if condition.patterns else _call(exact, *name, value)


def _cookie(name: str, value: str, pattern: bool) -> str:
    """A pattern for the Cookie header; Traefik has no matcher for one cookie."""
    if not pattern:
        return rf"(^|;\s*){re.escape(name)}={re.escape(value)}(;|$)"
    before = "" if value.startswith("^") else "[^;]*"
    after = "(;|$)" if value.endswith("$") else ""
    return rf"(^|;\s*){re.escape(name)}={before}(?:{value.removeprefix('^').removesuffix('$')}){after}"


def _any(parts: Iterable[str]) -> str:
    listed = list(parts)
    return listed[0] if len(listed) == 1 else f"({' || '.join(listed)})"


def _call(matcher: str, *arguments: str) -> str:
    return f"{matcher}({', '.join(json.dumps(argument, ensure_ascii=False) for argument in arguments)})"


def _name(*parts: str) -> str:
    """A name that Traefik takes, readable at its beginning, different for different parts, and always the same."""
    readable = re.sub(r"[^\w.]+", "-", " ".join((parts[0][:60], *parts[1:]))).strip("-")
    return f"{readable}-{sha256(chr(0).join(parts).encode()).hexdigest()[:8]}"
