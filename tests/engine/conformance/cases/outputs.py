"""What a stack exports, and how secrets in it are shown."""

from tests.engine.conformance.case import NO_CHANGES, PREVIEW, UP, Case, Stage

SECRETS = """
from scene import *
hush = pulumi.Output.secret
Group("one", stage=STAGE)
pulumi.export("same", hush("same"))
pulumi.export("nested", {"open": "told", "hidden": hush("same"), "deep": [{"hidden": hush(["a", "b"])}, 1]})
pulumi.export("list", [hush("x"), "y"])
pulumi.export("changes", hush(f"value{STAGE}"))
pulumi.export("within", {"hidden": hush(f"value{STAGE}"), "open": 1})
pulumi.export("becomes", hush("plain") if STAGE == 2 else "plain")
pulumi.export("reveals", "plain" if STAGE == 2 else hush("plain"))
if STAGE == 2:
    pulumi.export("fresh", {"hidden": hush("fresh")})
else:
    pulumi.export("goes", {"hidden": hush("gone")})
"""

CASES = (
    Case(
        "secrets in outputs",
        SECRETS,
        (
            Stage(PREVIEW),
            Stage(UP),
            Stage("stack output"),
            Stage("stack output --json"),
            Stage("stack output nested"),
            Stage("stack output nested --json"),
            Stage("stack output list --show-secrets"),
            Stage("stack output --shell"),
            Stage(PREVIEW),
            Stage(NO_CHANGES),
            Stage(PREVIEW, 2),
            Stage(UP, 2),
            Stage(f"{UP} --json", 1),
            Stage("stack output --json --show-secrets"),
        ),
    ),
)
