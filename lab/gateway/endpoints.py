"""Who answers for a Service's port, from Services and EndpointSlices as the API server gives them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.gateway.model import Node

Document = Mapping[str, Any]
OF_SERVICE = "kubernetes.io/service-name"


class NoSuchPort(Exception):
    """A backend names a Service or a port that isn't there. The message says which."""


@dataclass(frozen=True)
class Endpoints:
    """All Services and their EndpointSlices, by namespace and name of the Service."""

    services: Mapping[tuple[str, str], Document]
    slices: Mapping[tuple[str, str], tuple[Document, ...]]

    @classmethod
    def of(cls, services: Iterable[Document], slices: Iterable[Document]) -> "Endpoints":
        """Index the documents."""
        grouped: dict[tuple[str, str], tuple[Document, ...]] = {}
        for one in slices:
            owner = (one["metadata"]["namespace"], one["metadata"].get("labels", {}).get(OF_SERVICE, ""))
            grouped[owner] = (*grouped.get(owner, ()), one)
        return cls({(s["metadata"]["namespace"], s["metadata"]["name"]): s for s in services}, grouped)

    def pods(self, namespace: str, service: str, port: int | str) -> tuple[Node, ...]:
        """The ready addresses behind a Service's port, given by number or name. Raises `NoSuchPort`."""
        wanted = self._port(namespace, service, port).get("name", "")
        nodes = {
            Node(address, entry["port"], (endpoint.get("targetRef") or {}).get("name", ""))
            for piece in self.slices.get((namespace, service), ())
            for entry in piece.get("ports") or ()
            if (entry.get("name") or "") == wanted and entry.get("port")
            for endpoint in piece.get("endpoints") or ()
            if (endpoint.get("conditions") or {}).get("ready") is not False
            for address in endpoint["addresses"][:1]
        }
        return tuple(sorted(nodes))

    def cluster_address(self, namespace: str, service: str, port: int | str) -> tuple[Node, ...]:
        """The Service's own address and port; none for a headless Service. Raises `NoSuchPort`."""
        found = self._port(namespace, service, port)
        address = self.services[namespace, service]["spec"].get("clusterIP", "None")
        return () if address in ("", "None") else (Node(address, found["port"]),)

    def _port(self, namespace: str, service: str, port: int | str) -> Document:
        document = self.services.get((namespace, service))
        if document is None:
            raise NoSuchPort(f"service {namespace}/{service} not found")
        ports: list[Document] = document["spec"].get("ports") or []
        for candidate in ports:
            if port in (candidate["port"], candidate.get("name")):
                return candidate
        raise NoSuchPort(f"service {namespace}/{service} has no port {port}")
