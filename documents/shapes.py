"""The shape that releases rely on in the objects of others, by kind."""

from __future__ import annotations

from collections.abc import Mapping

from automation.core.shape import OBJECT, Shape
from gateways.gateway import Source
from gateways.registry import sources
from workloads.registry import SCALERS, WORKLOADS
from workloads.scaler import ScalerKind
from workloads.workload import WorkloadKind


def shape_of(kind: str) -> Shape:
    """What an object of this kind has to be like; of kinds that no release rests on, what all objects have."""
    rows: Mapping[str, WorkloadKind | ScalerKind | Source] = {**WORKLOADS, **SCALERS, **sources()}
    return rows[kind].shape if kind in rows else OBJECT
