"""Who an Envoy is in the mesh, as its pod tells the agent.

The variables are those that Istio's templates give to `pilot-agent`, and the node's name for istiod is built as there:
https://istio.io/latest/docs/reference/commands/pilot-agent/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

META = "ISTIO_META_"
DISCOVERY = "istiod.istio-system.svc:15010"
DRAIN_SECONDS = 5.0
_LABEL = re.compile(r'^([^=]+)=("(?:[^"\\]|\\.)*")$', re.M)


@dataclass(frozen=True)
class Pod:
    """Where an Envoy runs. `ports` are those of the containers `behind` it, an address; "" where it is alone."""

    name: str
    namespace: str
    address: str
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    behind: str = ""


@dataclass(frozen=True)
class Proxy:
    """An Envoy: a `sidecar`, or a `router` at the edge. `discovery` is istiod's host and port, `scraped` the address at
    which the application shows measurements of its own, "" for none."""

    role: str
    pod: Pod
    metadata: Mapping[str, str] = field(default_factory=dict)
    discovery: tuple[str, int] = ("istiod.istio-system.svc", 15010)
    drain_seconds: float = DRAIN_SECONDS
    scraped: str = ""

    @property
    def node(self) -> str:
        """Its name for istiod."""
        pod = self.pod
        return f"{self.role}~{pod.address}~{pod.name}.{pod.namespace}~{pod.namespace}.svc.cluster.local"

    @property
    def workload(self) -> str:
        """What its pod belongs to: a Deployment, mostly."""
        return self.metadata.get("WORKLOAD_NAME", self.pod.name)


def proxy(argv: Sequence[str], environment: Mapping[str, str], labels: str) -> Proxy:
    """Of the arguments `proxy ROLE …`, the container's variables, and its pod's labels as the downward API has them."""
    metadata = {name.removeprefix(META): text for name, text in environment.items() if name.startswith(META)}
    behind = environment.get("LAB_BEHIND", "")
    pod = Pod(
        name=environment["POD_NAME"],
        namespace=environment["POD_NAMESPACE"],
        address=environment["INSTANCE_IP"],
        labels={name: json.loads(value) for name, value in _LABEL.findall(labels)},
        ports=_ports(json.loads(metadata.get("POD_PORTS", "[]"))) if behind else (),
        behind=behind,
    )
    config = json.loads(environment.get("PROXY_CONFIG") or "{}")
    host, _, port = config.get("discoveryAddress", DISCOVERY).rpartition(":")
    seconds = str(config.get("terminationDrainDuration", f"{DRAIN_SECONDS}s")).removesuffix("s")
    scraped = _scraped(json.loads(environment.get("ISTIO_PROMETHEUS_ANNOTATIONS") or "{}"), behind)
    return Proxy(argv[1], pod, metadata, (host, int(port)), float(seconds), scraped)


def _ports(declared: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    return tuple(sorted({port["containerPort"] for port in declared if port.get("protocol", "TCP") == "TCP"}))


def _scraped(annotations: Mapping[str, str], behind: str) -> str:
    """What the pod's own annotations said before istiod let Prometheus ask the agent in the application's place."""
    if not behind or annotations.get("scrape") != "true":
        return ""
    return f"http://{behind}:{annotations.get('port') or 80}{annotations.get('path') or '/metrics'}"
