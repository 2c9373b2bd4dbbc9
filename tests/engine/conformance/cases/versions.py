"""Versions of the API that are old, and those that are gone."""

from tests.engine.conformance.case import PREVIEW, UP, Case, Stage

OLD = """
from scene import *
from pulumi_kubernetes.policy.v1beta1 import PodDisruptionBudget
own = {"namespace": NAMESPACE}
core.v1.Endpoints("old", metadata={"name": "old", **own})
if STAGE == 2:
    PodDisruptionBudget("gone", metadata={"name": "gone", **own}, spec={"minAvailable": 1})
"""

CASES = (
    Case(
        "versions that are old or gone",
        OLD,
        (
            Stage(PREVIEW),
            Stage(UP, env={"PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS": "true"}),
            Stage(PREVIEW, 2),
            Stage(UP, 2),
        ),
    ),
)
