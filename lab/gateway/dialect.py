"""What a product's dialect has to say, and the one table of dialects.

To add a product: write a module with a class of this shape, enter it in `lab.gateway.__main__.DIALECTS`, and give the
image table a line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lab.gateway.endpoints import Endpoints
from lab.gateway.ledger import Total
from lab.gateway.model import Arm, Backend, Labels, Node, Route

Document = Mapping[str, Any]
FIELD_MANAGER = "gateway"


@dataclass(frozen=True)
class Kind:
    """A kind of object to watch, by its place in the API."""

    group: str  # "" for the core group
    version: str
    plural: str

    @property
    def path(self) -> str:
        """The path that lists them in all namespaces."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{root}/{self.plural}"


@dataclass(frozen=True)
class Report:
    """What shall be written into the status of one watched object."""

    kind: Kind
    namespace: str
    name: str
    status: Document

    @property
    def path(self) -> str:
        """Where the status is written."""
        root, plural = self.kind.path.rsplit("/", 1)
        return f"{root}/namespaces/{self.namespace}/{plural}/{self.name}/status?fieldManager={FIELD_MANAGER}"


@dataclass(frozen=True)
class Translation:
    """The routes that documents ask for, and what to tell those authors who do not know it yet."""

    routes: tuple[Route, ...]
    reports: tuple[Report, ...]


class Dialect(Protocol):
    """One product's documents and measurements."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What to watch, besides Services and EndpointSlices."""
        ...

    @property
    def metrics_path(self) -> str:
        """Where Prometheus finds the measurements."""
        ...

    @property
    def not_found(self) -> tuple[str, str]:
        """Content type and body of the answer to a request that no route matches."""
        ...

    def translate(self, documents: Mapping[Kind, Sequence[Document]], endpoints: Endpoints) -> Translation:
        """Pure: the same documents give the same routes."""
        ...

    def labels(self, arm: Arm, backend: Backend, node: Node | None) -> Labels:
        """Labels of what one node answers for one arm; none if it is counted, but not by name."""
        ...

    def exposition(self, totals: Sequence[Total], hostname: str) -> str:
        """The measurements in Prometheus' text format, under the product's names."""
        ...
