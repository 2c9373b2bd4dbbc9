"""Functions of providers, and the default providers that they bring."""

from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, UP, Case, Stage

VERSIONLESS = """
from scene import *
text = f"kind: ConfigMap\\napiVersion: v1\\nmetadata:\\n  name: m{STAGE}\\n"
found = pulumi.runtime.invoke("kubernetes:yaml:decode", {"text": text})
pulumi.export("found", found.value["result"][0]["metadata"]["name"])
if STAGE == 2:
    settings("two")
"""

CASES = (
    Case(
        "a function without a version",
        VERSIONLESS,
        (
            Stage(PREVIEW),
            Stage(UP),
            Stage(NO_CHANGES, changes_hands=True),
            Stage(UP, 2),
            Stage(NO_CHANGES, 2, changes_hands=True),
            Stage(DESTROY, 2),
        ),
    ),
)
