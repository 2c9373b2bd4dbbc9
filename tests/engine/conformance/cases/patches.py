"""Patches of objects: what they own, and what becomes of it when they go."""

from tests.engine.conformance.case import DESTROY, PREVIEW, UP, Case, Stage

SOLE = """
from scene import *
from pulumi_kubernetes.apps.v1 import DeploymentPatch
DeploymentPatch("sole", metadata={"name": "sole", "namespace": NAMESPACE, "annotations": AT_ONCE},
    spec={"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "app", "image": "app:1"}]}}},
    opts=Options(retain_on_delete=STAGE == 2))
"""

CASES = (
    Case(
        "a patch that alone owns what is required",
        SOLE,
        (Stage(PREVIEW), Stage(UP), Stage(DESTROY), Stage(UP, 2), Stage(DESTROY)),
    ),
)
