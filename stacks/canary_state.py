"""Where a release stands, read from the cluster: the Canary with its status, what is recorded, what is live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from automation.core.kinds import Manifest
from automation.core.marks import CANARY
from automation.core.spec import Canary
from automation.core.status import Status
from components.revision import Revision
from documents.front import canary_of
from gateways.registry import gateway_of
from stacks import cluster
from stacks.cluster import Reader
from workloads.registry import scaler_of, workload_of


@dataclass(frozen=True)
class Live:
    """The live objects that generated ones are made of or take over; None where one does not exist."""

    target: Manifest | None = None
    autoscaler: Manifest | None = None
    route: Manifest | None = None
    apex: Manifest | None = None


@dataclass(frozen=True)
class CanaryState:
    """A Canary in the cluster.

    `document` is the live object. `revisions` holds the data of each recorded revision by its hash, `numbers`
    the order in which they were recorded, `configs` the recorded objects by "configmap/NAME" and "secret/NAME".
    `live` and `cluster` (the identity of the cluster) may be left out by a caller who does not know them; the
    program then reads them itself.
    """

    document: Mapping[str, Any]
    status: Status
    revisions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    configs: Mapping[str, Manifest] = field(default_factory=dict)
    live: Live | None = None
    cluster: str = ""

    @property
    def newest(self) -> str:
        """Hash of the revision that was recorded last, "" before there is one."""
        return max(self.revisions, key=lambda hash: self.numbers.get(hash, 0), default="")

    def revision(self, hash: str) -> Revision | None:
        """A recorded revision with its configuration; None if it was never recorded, or part of it is gone."""
        data = self.revisions.get(hash)
        if data is None:
            return None
        named = {key: f"{key.partition('/')[0]}/{name}" for key, name in (data.get("configs") or {}).items()}
        if any(recorded not in self.configs for recorded in named.values()):
            return None
        configs = {key: self.configs[recorded] for key, recorded in named.items()}
        return Revision(
            hash, dict(data["template"]), dict(data.get("spec") or {}), configs, data.get("autoscaler")
        )


def read(kubeconfig: str | None, context: str | None, namespace: str, name: str) -> CanaryState | None:
    """The release of a Canary, None if there is no such Canary. Raises `Unreachable`."""
    return read_from(cluster.connect(kubeconfig, context), namespace, name)


def read_from(reader: Reader, namespace: str, name: str) -> CanaryState | None:
    """As `read`, through a connection that is there already."""
    document = reader.get(f"/apis/flagger.app/v1beta1/namespaces/{namespace}/canaries/{name}")
    if document is None:
        return None
    recorded, configs, live, identity = _together(
        lambda: reader.select(_path("apps/v1", namespace, "controllerrevisions"), f"{CANARY}={name}"),
        lambda: _recorded_configs(reader, namespace, name),
        lambda: read_live(reader, canary_of(document)),
        lambda: cluster.identity(reader),
    )
    by_hash = {item["metadata"]["name"].removeprefix(f"{name}-"): item for item in recorded}
    return CanaryState(
        document=document,
        status=Status.parse(document.get("status") or {}),
        revisions={hash: item["data"] for hash, item in by_hash.items()},
        numbers={hash: int(item["revision"]) for hash, item in by_hash.items()},
        configs=configs,
        live=live,
        cluster=identity,
    )


def read_live(reader: Reader, canary: Canary) -> Live:
    """The live objects around a Canary, whether or not the Canary itself exists yet."""
    target, scaler, route = canary.target, canary.autoscaler, canary.route
    kind = scaler_of(canary)
    return Live(
        *_together(
            lambda: reader.get(workload_of(canary).kind.path(canary.namespace, target.name)),
            lambda: scaler and kind and reader.get(kind.kind.path(canary.namespace, scaler.name)),
            lambda: route and reader.get(gateway_of(canary).source.kind.path(canary.namespace, route.name)),
            lambda: reader.get(_path("v1", canary.namespace, "services", canary.apex)),
        )
    )


def _recorded_configs(reader: Reader, namespace: str, name: str) -> dict[str, Manifest]:
    found = {}
    for kind, plural in (("configmap", "configmaps"), ("secret", "secrets")):
        for item in reader.select(_path("v1", namespace, plural), f"{CANARY}={name}"):
            found[f"{kind}/{item['metadata']['name']}"] = item
    return found


def _path(api_version: str, namespace: str, plural: str, name: str = "") -> str:
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    return f"{root}/namespaces/{namespace}/{plural}" + (f"/{name}" if name else "")


def _together(*questions: Callable[[], Any]) -> list[Any]:
    """Answers in the order of the questions, asked at the same time: a step waits for one of them, not for all."""
    with ThreadPoolExecutor(max_workers=len(questions)) as pool:
        return list(pool.map(lambda question: question(), questions))
