"""Shapes of values: texts of JSON and YAML, texts of several lines, numbers, resources as values."""

from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, UP, Case, Stage

RESOURCES = """
from scene import *
inner = Group("inner", size=STAGE)
other = Group("other", Options(protect=STAGE == 1), of=inner, list=[inner], map={"of": inner})
Group("top", Options(parent=inner))
Group("a::b", Options(parent=Group("odd::name", Options(parent=inner))), size=STAGE)
pulumi.export("inner", inner)
pulumi.export("list", [inner.urn, {"r": other}])
pulumi.export("json", '{"a": [1, %d], "b": "<x>&"}' % STAGE)
pulumi.export("yaml", "a: %d\\nb: [1, 2]\\n" % STAGE)
pulumi.export("lines", "one\\ntwo %d\\nthree" % STAGE)
pulumi.export("float", [1.5, 1e-7, 100000000000000000000, 0.1 * STAGE])
pulumi.export("null", None)
pulumi.export("empty", {"a": None, "b": [], "c": ""})
pulumi.export("quote", 'a"b\\\\c<>&' + chr(9) + "ü" * STAGE)
"""

CASES = (
    Case(
        "resources and texts as values",
        RESOURCES,
        (
            Stage(PREVIEW),
            Stage(UP),
            Stage("stack output --json"),
            Stage("stack output"),
            Stage("stack output --shell"),
            Stage(PREVIEW, 2),
            Stage(UP, 2),
            Stage(NO_CHANGES, 2),
            Stage(f"{PREVIEW} --target **::odd::name --target-dependents", 1),
            Stage(DESTROY),
        ),
    ),
)
