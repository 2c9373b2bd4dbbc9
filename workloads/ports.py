"""The ports of a workload's containers, and whether they are those that a Canary sends traffic to."""

from __future__ import annotations

from collections.abc import Iterator

from automation.core.kinds import Manifest
from automation.core.refusal import Problem
from automation.core.spec import Canary

SIDECARS = ("istio-proxy", "envoy")


def container_ports(template: Manifest) -> Iterator[tuple[str, Manifest]]:
    """(container, port) for each declared port, those of service meshes left out."""
    for container in template["spec"].get("containers") or ():
        if container["name"] not in SIDECARS:
            for port in container.get("ports") or ():
                yield container["name"], port


def port_problems(canary: Canary, template: Manifest) -> tuple[Problem, ...]:
    """A target port that none of the containers has. A number is believed where they don't say which ports they have;
    a name can't work then."""
    declared = [port for _, port in container_ports(template)]
    numbers: list[int | str] = [port["containerPort"] for port in declared]
    known = numbers + [port["name"] for port in declared if port.get("name")]
    wanted = canary.service.target_port
    if wanted in known or (not declared and isinstance(wanted, int)):
        return ()
    return (
        Problem(
            "spec.service.targetPort",
            f"{canary.target.kind.lower()} {canary.target_full_name} has no container port {wanted}",
            f"use one of its ports: {', '.join(map(str, known)) or 'none is declared, so give a number'}",
        ),
    )
