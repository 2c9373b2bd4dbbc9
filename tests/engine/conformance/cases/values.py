"""Values that programs send: options that parents hand down, things that are not known yet."""

from tests.engine.conformance.case import DESTROY, PREVIEW, UP, Case, Stage

INHERITED = """
from scene import *
import os
cluster = Provider("cluster", kubeconfig=os.environ["KUBECONFIG"], namespace=NAMESPACE)
first = settings("first")
top = Group("top", Options(providers=[cluster], protect=STAGE == 1, retain_on_delete=True, deleted_with=first))
middle = Group("middle", Options(parent=top))
core.v1.ConfigMap("leaf", metadata={"name": "leaf"}, opts=Options(parent=middle))
core.v1.ConfigMap("own", metadata={"name": "own"}, opts=Options(parent=middle, protect=False))
settings("child", opts=Options(parent=first))
"""

UNKNOWN = """
from scene import *
one = core.v1.ConfigMap("one", metadata={"namespace": NAMESPACE}, data={"a": str(STAGE)})
name, uid = one.metadata["name"], one.metadata["uid"]
settings("two", {"name": name, "uid": uid.apply(lambda value: f"{len(value)}-{STAGE}")})
Group("g", uid=uid.apply(len), list=[name.apply(len)], secret=pulumi.Output.secret(name.apply(len)))
pulumi.export("length", name.apply(len))
pulumi.export("hush", pulumi.Output.secret(name.apply(len)))
"""

CASES = (
    Case(
        "options of parents",
        INHERITED,
        (Stage(PREVIEW), Stage(UP), Stage(UP, 2), Stage(DESTROY)),
    ),
    Case(
        "values that are not known yet",
        UNKNOWN,
        (
            Stage(PREVIEW),
            Stage(UP),
            Stage(UP, 2),
            Stage("stack output --json --show-secrets"),
        ),
    ),
)
