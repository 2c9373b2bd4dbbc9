"""What a scrape finds of live releases: the model's metrics with its labels, and the phases that they can't tell."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from automation.core.status import Phase, Placement, Status
from automation.core.traffic import Traffic
from automation.telemetry.levels import Levels
from tests.core.documents import document


def live(phase: str, canary: int = 0, target: str = "podinfo", **changes: Any) -> dict[str, Any]:
    made = document({"spec.targetRef.name": target, **changes})
    in_force = Placement("a", "primary", Traffic(canary), "v1")
    made["status"] = Status(phase=Phase(phase), in_force=in_force).document()
    return made


def lines(*releases: dict[str, Any]) -> list[str]:
    registry = CollectorRegistry()
    registry.register(Levels(lambda: releases))
    return [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(
    ("phase", "value"),
    [("Progressing", 0), ("Failed", 2), ("Succeeded", 1), ("Waiting", 1), ("Promoting", 1), ("", 1)],
)
def test_the_models_state_of_a_canary_goes_by_its_targets_name(phase: str, value: int) -> None:
    told = lines(live(phase, target="web", **{"metadata.name": "shop"}))
    assert f'flagger_canary_status{{name="web",namespace="test"}} {value}.0' in told
    assert f'sluice_release_phase{{kind="Canary",name="shop",namespace="test",phase="{phase}"}} 1.0' in told


def test_weights_are_those_in_force() -> None:
    told = lines(live("Progressing", canary=35))
    assert 'flagger_canary_weight{namespace="test",workload="podinfo"} 35.0' in told
    assert 'flagger_canary_weight{namespace="test",workload="podinfo-primary"} 65.0' in told


def test_canaries_are_counted_by_namespace_and_rollouts_are_none() -> None:
    rollout = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "demo", "namespace": "test"},
        "spec": {"strategy": {"canary": {}}},
    }
    told = lines(live("Failed"), live("Failed"), live("Failed", **{"metadata.namespace": "shop"}), rollout)
    assert 'flagger_canary_total{namespace="test"} 2.0' in told
    assert 'flagger_canary_total{namespace="shop"} 1.0' in told
    assert 'sluice_release_phase{kind="Rollout",name="demo",namespace="test",phase=""} 1.0' in told


def test_a_release_whose_status_was_spoiled_leaves_the_others_alone() -> None:
    spoiled = live("Failed", **{"metadata.name": "spoiled"}) | {"status": {"phase": "Hurrying"}}
    told = lines(spoiled, live("Failed"))
    assert 'flagger_canary_total{namespace="test"} 1.0' in told
