"""AnalysisRuns: the analyses of a Rollout's run as objects, for dashboards and `kubectl get analysisruns`."""

from __future__ import annotations


def run_name(rollout: str, revision: str, number: int, step: int | None) -> str:
    """The model's name: `<rollout>-<pod hash>-<revision>`, and the index of the step whose analysis it is."""
    name = f"{rollout}-{revision}-{number}"
    return name if step is None else f"{name}-{step}"
