"""Providers whose configuration changes, and resources that go from one to another."""

from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, UP, Case, Stage

MOVES = """
from scene import *
import os
explicit = Options(provider=Provider("cluster", kubeconfig=os.environ["KUBECONFIG"])) if STAGE == 2 else None
core.v1.ConfigMap("auto", metadata={"namespace": NAMESPACE}, data={"a": "1"}, opts=explicit)
core.v1.Secret("s", metadata={"namespace": NAMESPACE}, opts=Options.merge(explicit, Options(protect=False)))
"""

CASES = (
    Case(
        "resources that change providers",
        MOVES,
        (
            Stage(UP),
            Stage(f"{UP} --target **Secret::s", 2),
            Stage(PREVIEW, 2),
            Stage(UP, 2),
            Stage(NO_CHANGES, 2, changes_hands=True),
            Stage(UP, 3),
            Stage(DESTROY),
        ),
    ),
)
