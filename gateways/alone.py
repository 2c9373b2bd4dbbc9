"""Gateways that need nothing beside the Canary: no object of the user's is read."""

from __future__ import annotations

from collections.abc import Sequence

from automation.core.kinds import SERVICE, Kind, Manifest
from automation.core.marks import UNMANAGED_BY_FLUX
from automation.core.refusal import Problem
from automation.core.spec import Canary, MetricCheck
from gateways.gateway import Marks, Source


class Alone:
    """What these have in common; each says for itself how it writes traffic, and whatever differs from this."""

    source: Source | None = None
    companions: tuple[Kind, ...] = ()
    says: tuple[str, ...] = ()

    def unable(self, canary: Canary) -> tuple[Problem, ...]:
        return ()

    def route_name(self, canary: Canary) -> str:
        return canary.apex

    def problems(self, canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
        return ()

    def left_alone(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        return ()

    def rest_on(self, canary: Canary, marks: Marks) -> tuple[Manifest, ...]:
        return ()

    def hosts(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        return ()

    def reaches_service(self, canary: Canary, source: Manifest | None) -> bool:
        return False


class OfRollouts(Alone):
    """Those that no Canary names."""

    def query(self, canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
        """A Rollout brings its own queries."""
        raise NotImplementedError("no Rollout has built-in checks")


def of_the_apex(kind: Kind, canary: Canary, marks: Marks, spec: Manifest) -> Manifest:
    """A generated route named after the apex, with the metadata that the Canary gives to that."""
    meta = canary.service.apex_meta
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {
            "name": canary.apex,
            "namespace": canary.namespace,
            "labels": dict(meta.labels),
            "annotations": {**meta.annotations, **UNMANAGED_BY_FLUX, **marks.annotations},
            "ownerReferences": [marks.owner],
        },
        "spec": spec,
    }


def without_pods(name: str, canary: Canary, marks: Marks) -> Manifest:
    """A generated route that leads nobody anywhere: a Service that only says which attempt is in force."""
    return {
        "apiVersion": SERVICE.api_version,
        "kind": SERVICE.kind,
        "metadata": {
            "name": name,
            "namespace": canary.namespace,
            "annotations": {**UNMANAGED_BY_FLUX, **marks.annotations},
            "ownerReferences": [marks.owner],
        },
        "spec": {"type": "ClusterIP", "clusterIP": "None"},
    }
