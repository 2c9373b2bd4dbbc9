"""Create, change, replace, delete."""

from tests.engine.conformance.case import (
    DESTROY,
    NO_CHANGES,
    PREVIEW,
    UP,
    Case,
    Stage,
    brought_up,
)

COMPONENTS = """
from scene import *
group = Group("outer", size=STAGE, hush=pulumi.Output.secret("s"))
Group("inner", Options(parent=group), names=["a", "b"][:STAGE])
pulumi.export("plain", {"list": [1, 2.5, None, True], "text": "x"})
pulumi.export("hush", pulumi.Output.secret({"deep": [1]}))
pulumi.export("mixed", {"open": 1, "hidden": pulumi.Output.secret("s")})
"""

FIXED_NAME = """
from scene import *
one = settings("one", {"a": str(STAGE)}, labels={"stage": str(STAGE)})
two = settings("two", {"of": one.metadata["name"]})
pulumi.export("id", one.id)
"""

AUTOMATIC_NAME = """
from scene import *
one = core.v1.ConfigMap("one", metadata={"namespace": NAMESPACE}, data={"a": str(STAGE)})
settings("two", opts=Options(depends_on=[one]))
"""

LABELS = """
from scene import *
settings("one", {"a": "1"}, labels={1: None, 2: {"team": "shop"}, 3: {"team": "pay", "x": "y"}}[STAGE])
"""

SECRETS = """
from scene import *
core.v1.Secret("s", metadata={"name": "s", "namespace": NAMESPACE}, string_data={"key": f"hush{STAGE}"})
empty = core.v1.Secret("empty", metadata={"name": "empty", "namespace": NAMESPACE})
settings("hidden", pulumi.Output.secret({"a": "1"}), labels={"stage": str(STAGE)})
settings("told", {"a": pulumi.Output.secret("x"), "b": "1"}, Options(additional_secret_outputs=["data"]))
pulumi.export("data", empty.data)
"""

GONE = """
from scene import *
if STAGE == 1:
    one = settings("one")
    settings("two", opts=Options(depends_on=[one]))
settings("three")
"""

CASES = (
    brought_up("components and outputs", COMPONENTS, 1, 2),
    Case(
        "a fixed name whose data change",
        FIXED_NAME,
        (
            Stage(PREVIEW),
            Stage(UP),
            Stage(NO_CHANGES),
            Stage(PREVIEW, 2),
            Stage(UP, 2),
            Stage("stack export"),
            Stage("stack output --json"),
            Stage("stack history --json"),
            Stage(DESTROY, 2),
        ),
    ),
    brought_up("an automatic name whose data change", AUTOMATIC_NAME, 1, 2),
    brought_up("labels that come, change and go", LABELS, 1, 2, 3, 1),
    brought_up("secret data", SECRETS, 1, 2),
    Case("resources that go", GONE, (Stage(UP), Stage(PREVIEW, 2), Stage(UP, 2), Stage(DESTROY, 2))),
    Case(
        "json on the terminal",
        LABELS,
        (
            Stage(f"{PREVIEW} --json"),
            Stage(f"{UP} --json"),
            Stage(f"{PREVIEW} --json", 2),
            Stage(f"{UP} --diff", 2),
            Stage(f"{PREVIEW} --diff", 3),
            Stage("up --yes --non-interactive", 3),
            Stage(f"{DESTROY} --json"),
        ),
    ),
)
