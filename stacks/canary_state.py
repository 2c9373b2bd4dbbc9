"""Where a release stands, read from the cluster: the Canary with its status, what is recorded, what is live."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from automation.cluster.ports import Objects
from automation.core import marks
from automation.core.kinds import (
    CONFIG_KINDS,
    CONTROLLER_REVISION,
    SERVICE,
    Kind,
    Manifest,
    Scope,
)
from automation.core.spec import Canary
from automation.core.status import Status
from components.revision import Revision
from documents.front import canary_of, release_kinds, status_of
from gateways.registry import DEFAULT, beside, gateway_of, source_of
from workloads.registry import scaler_of, workload_of


@dataclass(frozen=True)
class Live:
    """The live objects that generated ones are made of or take over; None where one does not exist. `canary` is the
    canary's Service, where that is people's own, `standing` what has the generated route's name; `others` are further
    objects of people's by kind and name."""

    target: Manifest | None = None
    autoscaler: Manifest | None = None
    route: Manifest | None = None
    apex: Manifest | None = None
    primary: Manifest | None = None
    canary: Manifest | None = None
    others: Mapping[tuple[str, str], Manifest] = field(default_factory=dict)
    standing: Manifest | None = None


@dataclass(frozen=True)
class CanaryState:
    """A Canary in the cluster.

    `document` is the live object. `revisions` holds the data of each recorded revision by its hash, `numbers`
    the order in which they were recorded, `configs` the recorded objects by "configmap/NAME" and "secret/NAME".
    `live` and `cluster` (the identity of the cluster) may be left out by a caller who does not know them; the
    program then reads them itself. `mesh` is the identity of the mesh's cluster, "" where that is the same one.
    """

    document: Mapping[str, Any]
    status: Status
    revisions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    configs: Mapping[str, Manifest] = field(default_factory=dict)
    live: Live | None = None
    cluster: str = ""
    mesh: str = ""

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
            hash,
            dict(data["template"]),
            dict(data.get("spec") or {}),
            configs,
            data.get("autoscaler"),
            self.numbers.get(hash, 0),
        )


def read(cluster: Objects, namespace: str, name: str, provider: str = DEFAULT) -> CanaryState | None:
    """The release of a Canary, None if there is no such Canary; one that names no gateway has `provider`.

    Raises ClusterAway or ClusterRefused.
    """
    documents = (cluster.get(kind, namespace, name) for kind in release_kinds())
    document = next((found for found in documents if found is not None), None)
    if document is None:
        return None
    recorded: CanaryState
    recorded, live, identity, mesh = _together(
        lambda: recorded_of(cluster, document, cluster.select(CONTROLLER_REVISION, _scope(document))),
        lambda: read_live(cluster, canary_of(document, provider), status_of(document)),
        cluster.identity,
        cluster.mesh_identity,
    )
    return replace(recorded, live=live, cluster=identity, mesh=mesh)


def recorded_of(cluster: Objects, document: Manifest, revisions: Sequence[Manifest]) -> CanaryState:
    """What is recorded for a Canary, whose revisions are known; the configuration that they name is read.

    Raises ClusterAway or ClusterRefused.
    """
    prefix = f"{document['metadata']['name']}-"
    by_hash = {item["metadata"]["name"].removeprefix(prefix): item for item in revisions}
    named = {key.partition("/")[0] for item in revisions for key in item["data"].get("configs") or {}}
    return CanaryState(
        document=document,
        status=status_of(document),
        revisions={hash: item["data"] for hash, item in by_hash.items()},
        numbers={hash: int(item["revision"]) for hash, item in by_hash.items()},
        configs=_recorded_configs(cluster, _scope(document), named),
    )


def read_live(cluster: Objects, canary: Canary, status: Status) -> Live:
    """The live objects around a Canary, whether or not the Canary itself exists yet."""
    asked = tuple(asked_of(canary, status))
    found = _together(*(partial(cluster.get, kind, canary.namespace, name) for kind, name in asked))
    return live_of(canary, status, dict(zip(asked, found, strict=True)))


Named = tuple[Kind, str]
"""Kind and name of an object of the release's namespace."""


def asked_of(canary: Canary, status: Status) -> Iterator[Named]:
    """All that a `Live` is made of."""
    yield from surroundings(canary, status).values()
    yield from beside(canary)


def live_of(canary: Canary, status: Status, found: Mapping[Named, Manifest | None]) -> Live:
    """What was found of that, each in its place."""
    named = {field: found[one] for field, one in surroundings(canary, status).items()}
    others = {(kind.kind, name): live for kind, name in beside(canary) if (live := found[kind, name])}
    return Live(**named, others=others)


def surroundings(canary: Canary, status: Status) -> dict[str, Named]:
    """Kind and name of each object of a `Live` that the Canary has, by its field there."""
    workload, scaler, source = workload_of(canary).kind, scaler_of(canary), source_of(canary)
    if canary.hands_over:
        row, placed = workload_of(canary), status.intent.placement if status.intent else status.in_force
        stable = {"primary": (row.pods, row.primary_name(canary, placed.revision))} if placed else {}
        return {
            **stable,
            "target": (workload, canary.target.name),
            **({"route": source} if source else {}),
            **({"apex": (SERVICE, canary.apex)} if canary.apex else {}),
            **({"canary": (SERVICE, canary.service.canary)} if canary.service.canary else {}),
        }
    return {
        "target": (workload, canary.target.name),
        **({"autoscaler": (scaler.kind, canary.autoscaler.name)} if scaler and canary.autoscaler else {}),
        **({"route": source} if source else {}),
        "apex": (SERVICE, canary.apex),
        "primary": (workload, canary.primary_name),
        "standing": (gateway_of(canary).kind, canary.route_name),
    }


def _scope(document: Manifest) -> Scope:
    """What carries the label of a Canary."""
    metadata = document["metadata"]
    return Scope(metadata["namespace"], selector=f"{marks.CANARY}={metadata['name']}")


def _recorded_configs(cluster: Objects, recorded: Scope, kinds: Collection[str]) -> dict[str, Manifest]:
    found = {}
    for name, kind in CONFIG_KINDS.items():
        for item in cluster.select(kind, recorded) if name in kinds else ():
            found[f"{name}/{item['metadata']['name']}"] = item
    return found


def _together(*questions: Callable[[], Any]) -> list[Any]:
    """The answers in the order of the questions, asked all at once: a step waits for the slowest only."""
    with ThreadPoolExecutor(max_workers=len(questions)) as pool:
        return list(pool.map(lambda question: question(), questions))
