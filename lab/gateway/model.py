"""What a gateway does, in words that belong to no product: routes, what they match, and who answers.

A dialect (`lab.gateway.apisix`) reads its documents into these values, `lab.gateway.traefik` writes them as
Traefik's configuration. Nothing here knows either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Labels = tuple[tuple[str, str], ...]
"""Names and values of a metric's labels, in the order in which they are shown."""

Subject = Literal["header", "query", "cookie", "path", "method", "host", "source", "request_id"]
"""`request_id` is 32 random hexadecimal digits, others for each request."""


@dataclass(frozen=True, order=True)
class Node:
    """One address that answers. `pod` is the pod behind it, if one is known."""

    address: str
    port: int
    pod: str = ""


@dataclass(frozen=True)
class Backend:
    """A Service with its share of the traffic: `weight` is relative to the other backends of the route."""

    service: str
    weight: int
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Condition:
    """Holds if the subject's value is one of `values` or, where they are patterns, matches one of them."""

    subject: Subject
    name: str
    values: tuple[str, ...]
    patterns: bool = False
    any_case: bool = False
    negated: bool = False


@dataclass(frozen=True)
class Rewrite:
    """What is changed in a request before it is sent on. Headers with an empty value are removed."""

    path: str = ""
    pattern: tuple[str, str] = ("", "")  # a regular expression and what replaces it, with $1 for groups
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Cors:
    """What browsers are told that come from other origins."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    max_age: int  # seconds
    credentials: bool


@dataclass(frozen=True)
class Mirror:
    """Where copies of requests go, whose answers nobody waits for. `percent` of them are copied."""

    url: str
    percent: int


@dataclass(frozen=True)
class Timeout:
    """Seconds for reaching a node and for the beginning of its answer."""

    connect: float = 60
    read: float = 60


@dataclass(frozen=True)
class Filters:
    """What happens to requests and answers on their way."""

    rewrite: Rewrite | None = None
    answer_headers: tuple[tuple[str, str], ...] = ()
    cors: Cors | None = None
    mirror: Mirror | None = None


@dataclass(frozen=True)
class Route:
    """One rule of a document. `key` is unique and stays the same when the rule changes."""

    key: str
    backends: tuple[Backend, ...]
    hosts: tuple[str, ...] = ()  # none: any host; `*.example.com` for all below
    paths: tuple[str, ...] = ("/*",)  # exact, or a prefix that ends in `*`
    methods: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    priority: int = 0
    filters: Filters = field(default_factory=Filters)
    timeout: Timeout = field(default_factory=Timeout)
    labels: Labels = ()  # of its metrics; none: it is counted, but not by name


@dataclass(frozen=True)
class Arm:
    """A route at one host and one path: what a request matches. Metrics tell arms of a route apart."""

    route: Route
    host: str  # "" for any
    path: str

    @property
    def rank(self) -> tuple[int, int, int, int, int, str]:
        """Of two arms that match a request, the greater one gets it: an exact host before a wildcard, an exact
        path before a prefix, a longer prefix before a shorter, and only then the priority that was asked for."""
        wildcard = self.host.startswith("*")
        precision = 0 if not self.host else 1 if wildcard else 2
        exact = not self.path.endswith("*")
        asked = len(self.route.conditions)
        return (precision, int(exact), len(self.path), self.route.priority, asked, self.route.key)


def arms(routes: Sequence[Route]) -> list[Arm]:
    """All arms, the ones that yield first."""
    return sorted(
        (Arm(route, host, path) for route in routes for host in route.hosts or ("",) for path in route.paths),
        key=lambda arm: (arm.rank, arm.host, arm.path),
    )
