"""What Services and EndpointSlices mean: which address leads where, and which name has which address. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lab.relay import Address

Object = Mapping[str, Any]
LOCALHOST = "127.0.0.1 localhost\n"


def routes(services: Iterable[Object], slices: Iterable[Object]) -> dict[Address, tuple[Address, ...]]:
    """(ClusterIP, port) -> endpoints to share its connections; without endpoints there is no entry."""
    by_service = _by_service(slices)
    found: dict[Address, tuple[Address, ...]] = {}
    for service in services:
        address = service["spec"].get("clusterIP")
        if not address or address == "None":
            continue
        for port in service["spec"].get("ports") or ():
            ends = tuple(_ends(by_service.get(_key(service), ()), port.get("name") or ""))
            if ends and port.get("protocol", "TCP") == "TCP":
                found[(address, port["port"])] = ends
    return found


def hosts(services: Iterable[Object], slices: Iterable[Object]) -> str:
    """The text of a hosts file with `name.namespace`, `….svc` and `….svc.cluster.local` for each Service."""
    by_service = _by_service(slices)
    lines = []
    for service in sorted(services, key=_key):
        namespace, name = _key(service)
        names = f"{name}.{namespace} {name}.{namespace}.svc {name}.{namespace}.svc.cluster.local"
        address = service["spec"].get("clusterIP")
        if address == "None":
            addresses = sorted({host for host, _ in _usable(by_service.get((namespace, name), ()))})
        else:
            addresses = [address] if address else []
        lines += [f"{address} {names}\n" for address in addresses]
    return LOCALHOST + "".join(lines)


def _key(item: Object) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]


def _by_service(slices: Iterable[Object]) -> dict[tuple[str, str], list[Object]]:
    found: dict[tuple[str, str], list[Object]] = {}
    for piece in slices:
        labels = piece["metadata"].get("labels") or {}
        if piece.get("addressType") == "IPv4" and "kubernetes.io/service-name" in labels:
            owner = piece["metadata"]["namespace"], labels["kubernetes.io/service-name"]
            found.setdefault(owner, []).append(piece)
    return found


def _ends(slices: Iterable[Object], port_name: str) -> Iterator[Address]:
    for host, ports in _usable(slices):
        for port in ports:
            if (port.get("name") or "") == port_name and port.get("port"):
                yield host, port["port"]


def _usable(slices: Iterable[Object]) -> list[tuple[str, list[Object]]]:
    """Ready endpoints; where there is none, those that still serve while they terminate."""
    ready, serving = [], []
    for piece in slices:
        ports = piece.get("ports") or []
        for endpoint in piece.get("endpoints") or ():
            conditions = endpoint.get("conditions") or {}
            for address in endpoint["addresses"]:
                if conditions.get("ready", True):
                    ready.append((address, ports))
                elif conditions.get("serving") and conditions.get("terminating"):
                    serving.append((address, ports))
    return ready or serving
