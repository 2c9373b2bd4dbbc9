"""The three Services of a release: apex (what users and routes name), primary and canary."""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass

from automation.core.kinds import Manifest
from automation.core.marks import RELEASE, UNMANAGED_BY_FLUX
from automation.core.spec import Canary, ObjectMeta, Refused
from workloads.ports import container_ports, port_problems
from workloads.selector import Selector


@dataclass(frozen=True)
class _Shared:
    """What the three Services have in common."""

    canary: Canary
    label: str
    ports: list[Manifest]
    owner: Manifest


def services(
    canary: Canary, chosen: Selector, apex: str, target: Manifest, owner: Manifest
) -> tuple[Manifest, ...]:
    """Canary, primary and apex Service, in this order; `apex` ("target" or "primary") is whom the apex selects.

    Raises `Refused` when the Canary names a target port that no container of the target has.
    """
    shared = _Shared(canary, chosen.label, ports(canary, target), owner)
    declared, name = canary.service, canary.apex
    selected = chosen.primary if apex == "primary" else chosen.target
    return (
        _service(shared, f"{name}-canary", chosen.target, declared.canary_meta),
        _service(shared, f"{name}-primary", chosen.primary, declared.primary_meta),
        _service(shared, name, selected, declared.apex_meta),
    )


def takeover(canary: Canary, service: Manifest, live: Manifest) -> Manifest:
    """The apex Service as a patch of one that somebody else made: ports and selector, nothing more.

    A port that it has keeps its name: a gateway that follows it by name would lose it for a moment.
    """
    names = {port.get("port"): port.get("name") for port in live["spec"].get("ports") or ()}
    ports = [
        {**port, "name": names[port["port"]]} if names.get(port["port"]) else port
        for port in service["spec"]["ports"]
    ]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": canary.apex, "namespace": canary.namespace, "annotations": dict(RELEASE)},
        "spec": {"ports": ports, "selector": service["spec"]["selector"]},
    }


def _service(shared: _Shared, name: str, selected: dict[str, str], meta: ObjectMeta) -> Manifest:
    service: Manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": shared.canary.namespace,
            "labels": {**meta.labels, shared.label: name},
            "annotations": {**meta.annotations, **UNMANAGED_BY_FLUX, **RELEASE},
            "ownerReferences": [shared.owner],
        },
        "spec": {"type": "ClusterIP", "selector": selected, "ports": shared.ports},
    }
    if shared.canary.service.headless:
        service["spec"]["clusterIP"] = "None"
    return service


def ports(canary: Canary, target: Manifest) -> list[Manifest]:
    """The declared port first, then (with `portDiscovery`) every other port of the target's containers."""
    service = canary.service
    first: Manifest = {
        "name": service.port_name,
        "protocol": "TCP",
        "port": service.port,
        "targetPort": service.target_port,
    }
    if service.app_protocol:
        first["appProtocol"] = service.app_protocol
    _refuse_unknown_port_name(canary, target)
    return [first, *_discovered(canary, target)] if service.port_discovery else [first]


def _refuse_unknown_port_name(canary: Canary, target: Manifest) -> None:
    """A number is left to the Service: what runs now may have it, although the target of the next run hasn't."""
    problems = port_problems(canary, target["spec"]["template"])
    if problems and isinstance(canary.service.target_port, str):
        raise Refused(problems)


def _discovered(canary: Canary, target: Manifest) -> Iterator[Manifest]:
    """Each port once, under a name of its own: Services refuse a number or a name that they have already."""
    taken = {canary.service.port, canary.service.target_port}
    numbers, names = {("TCP", canary.service.port)}, {canary.service.port_name}
    for index, (container, port) in enumerate(container_ports(target["spec"]["template"])):
        number, name, protocol = port["containerPort"], port.get("name"), port.get("protocol", "TCP")
        if number in taken or name in taken or (protocol, number) in numbers:
            continue
        label = _unused(names, name or f"tcp-{container[:50]}-{index}", number)
        numbers.add((protocol, number))
        names.add(label)
        yield {"name": label, "protocol": protocol, "port": number, "targetPort": number}


def _unused(names: set[str], wanted: str, number: int) -> str:
    """The name that a port is to have, or one like it that no other port has."""
    bare = wanted[:9].rstrip("-")
    others = (f"{bare}-{number}{letter}" for letter in ("", *string.ascii_lowercase))
    return next(name for name in (wanted, *others) if name not in names)
