"""Operations that are limited to some resources, and those that name what is not there."""

from tests.engine.conformance.case import DESTROY, PREVIEW, REFRESH, UP, Case, Stage

THREE = """
from scene import *
one = Group("one", stage=STAGE)
Group("two", stage=STAGE)
Group("three", Options(depends_on=[one]), stage=STAGE)
"""
URN = "urn:pulumi:dev::shop::shop:index:Group"
NONE = f"--target {URN}::none"

CASES = (
    Case(
        "targets that are not there",
        THREE,
        (
            Stage(f"{REFRESH} {NONE}"),
            Stage(f"{DESTROY} {NONE}"),
            Stage(UP),
            Stage(f"{REFRESH} {NONE}"),
            Stage(f"refresh --preview-only --non-interactive {NONE}"),
            Stage(f"{REFRESH} --target {URN}::one {NONE}"),
            Stage(f"{REFRESH} --target **none"),
            Stage(f"{REFRESH} --exclude {URN}::none"),
            Stage(f"{DESTROY} {NONE}"),
            Stage(f"destroy --preview-only --non-interactive {NONE}"),
            Stage(f"{DESTROY} --exclude {URN}::none"),
            Stage(f"{DESTROY} --target **none"),
            Stage(f"{PREVIEW} {NONE}", 2),
            Stage(f"{UP} {NONE}", 2),
            Stage(f"{UP} --exclude {URN}::none", 2),
            Stage(f"{UP} --replace {URN}::none", 2),
            Stage(f"{UP} --target-replace {URN}::none", 2),
            Stage(f"{REFRESH} --target {URN}::one"),
            Stage(f"{REFRESH} --exclude {URN}::one"),
            Stage(f"{REFRESH} --target {URN}::one --target-dependents"),
            Stage(f"{REFRESH} -x {URN}::one --exclude-dependents"),
            Stage(f"{UP} --target {URN}::none$x", 2),
            Stage(DESTROY),
        ),
    ),
)
