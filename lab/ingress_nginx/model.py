"""What nginx is to do, in values: sites, their locations, and who answers there."""

from collections.abc import Mapping
from dataclasses import dataclass

from lab.gateway.model import Node


@dataclass(frozen=True)
class Pool:
    """The nodes behind a Service's port. `name` is namespace, Service and port, as ingress-nginx joins them."""

    name: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Chooser:
    """Whom a canary gets: the header decides before the cookie, and the cookie before the share.

    The header decides where its value is `value` or matches `pattern`; without both, `always` and `never` decide, as
    they do for the cookie. The share is `weight` of `total`.
    """

    header: str = ""
    value: str = ""
    pattern: str = ""
    cookie: str = ""
    weight: int = 0
    total: int = 100


@dataclass(frozen=True)
class Alternative:
    """Who answers instead, and when."""

    pool: Pool
    chooser: Chooser


@dataclass(frozen=True)
class Location:
    """A path of a host. `namespace`, `ingress` and `service` name its metrics."""

    path: str
    exact: bool
    namespace: str
    ingress: str
    service: str
    pool: Pool
    alternative: Alternative | None = None


@dataclass(frozen=True)
class Site:
    """A host, "" for any other. `certificate` names that of `Plan.certificates` which it shows, "" for the controller's
    own; `redirects` where plain requests are sent on to TLS."""

    host: str
    locations: tuple[Location, ...]
    certificate: str = ""
    redirects: bool = False


@dataclass(frozen=True)
class Certificate:
    """A chain and its key, in PEM."""

    chain: bytes
    key: bytes


@dataclass(frozen=True)
class Plan:
    """All sites, the certificates that they show, and what in the documents is not done."""

    sites: tuple[Site, ...]
    certificates: Mapping[str, Certificate]
    problems: tuple[str, ...] = ()
