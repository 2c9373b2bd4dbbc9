"""Verbs that look at stacks and name them, and providers that are not allowed."""

from tests.engine.conformance.case import DESTROY, PREVIEW, UP, Case, Stage

TWO = """
from scene import *
one = settings("one", {"a": "1"}, opts=Options(protect=STAGE == 2))
two = settings("two", {"b": one.metadata["name"]})
pulumi.export("plain", "text")
pulumi.export("secret", pulumi.Output.secret({"deep": [1, 2.5, True, None, "ü"]}))
pulumi.export("number", 3)
"""

DISABLED = """
from scene import *
if STAGE == 1:
    settings("one")
else:
    own = Provider("own")
    settings("one", opts=Options(provider=own))
"""

CASES = (
    Case(
        "what is asked about a stack",
        TWO,
        (
            Stage(UP),
            Stage("stack output"),
            Stage("stack output --json"),
            Stage("stack output --json --show-secrets"),
            Stage("stack output secret --show-secrets"),
            Stage("stack tag set team web"),
            Stage("stack tag ls"),
            Stage("stack tag get team"),
            Stage("stack tag rm team"),
            Stage("stack tag get team"),
            Stage("stack ls"),
            Stage("stack ls --all --json"),
            Stage("stack history --json"),
            Stage("stack history --full-dates --page-size 1 --page 0"),
            Stage("stack history --page 2"),
            Stage("stack rename prod"),
            Stage("stack ls"),
            Stage("stack rename dev"),
            Stage("stack rm --yes --non-interactive"),
            Stage(f"{UP} --message told"),
            Stage("stack history"),
            Stage(DESTROY),
            Stage("stack rm --yes --force --non-interactive"),
            Stage("stack ls"),
        ),
    ),
    Case(
        "default providers that are not allowed",
        DISABLED,
        (
            Stage("config set --path pulumi:disable-default-providers[0] kubernetes"),
            Stage(PREVIEW),
            Stage(UP),
            Stage(UP, 2),
        ),
    ),
)
