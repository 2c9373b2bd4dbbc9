"""What a preview tells of replacements, secrets and things that are only looked at."""

from tests.engine.conformance.case import DESTROY, PREVIEW, UP, Case, Stage

REPLACED = """
from scene import *
one = core.v1.ConfigMap("one", metadata={"namespace": NAMESPACE}, data={"a": str(STAGE)})
settings("two", {"of": one.metadata["name"]})
Group("kept", hush=pulumi.Output.secret("s"), open="o")
Group("changed", hush=pulumi.Output.secret(f"s{STAGE}"), names=[pulumi.Output.secret("a"), STAGE])
pulumi.export("name", one.metadata["name"])
pulumi.export("hush", pulumi.Output.secret("same"))
"""

REFRESHED_JSON = "refresh --preview-only --non-interactive --json"
DESTROYED_JSON = "destroy --preview-only --non-interactive --json"

CASES = (
    Case(
        "replacements in a preview",
        REPLACED,
        (
            Stage(f"{PREVIEW} --json"),
            Stage(UP),
            Stage(PREVIEW),
            Stage(f"{PREVIEW} --json"),
            Stage(PREVIEW, 2),
            Stage(f"{PREVIEW} --json", 2),
            Stage(f"{PREVIEW} --json --show-replacement-steps --show-sames", 2),
            Stage(UP, 2),
            Stage(REFRESHED_JSON, 2),
            Stage(DESTROYED_JSON, 2),
            Stage(DESTROY, 2),
        ),
    ),
)
