"""What is protected, and what stands under or over it."""

from tests.engine.conformance.case import DESTROY, UP, Case, Stage

TREE = """
from scene import *
group = Group("group", Options(protect=True))
kept = Group("kept", Options(parent=group))
Group("open", Options(parent=group, protect=False))
Group("under", Options(parent=kept, protect=False))
Group("loose", Options(depends_on=[kept]))
if STAGE == 1:
    above = Group("above")
    Group("held", Options(parent=above, protect=True))
"""

ALL = """
from scene import *
one = Group("one", Options(protect=STAGE < 3, replacement_trigger=STAGE)) if STAGE < 3 else None
Group("two", Options(parent=one))
"""

KEPT = f"{DESTROY} --exclude-protected"
URN = "urn:pulumi:dev::shop::shop:index:Group::one"

CASES = (
    Case(
        "protected resources and their families",
        TREE,
        (
            Stage(UP),
            Stage("destroy --preview-only --non-interactive"),
            Stage("destroy --preview-only --non-interactive --exclude-protected"),
            Stage(DESTROY),
            Stage(UP),
            Stage(f"{DESTROY} --continue-on-error"),
            Stage(UP, 2),
            Stage(KEPT, 2),
            Stage(KEPT, 2),
        ),
    ),
    Case(
        "protection that is taken away",
        ALL,
        (
            Stage(UP),
            Stage("destroy --preview-only --non-interactive --exclude-protected"),
            Stage(KEPT),
            Stage("stack history --json"),
            Stage(f"{DESTROY} --target {URN} --target-dependents"),
            Stage(f"{DESTROY} --ignore-protect --exclude-protected"),
            Stage("destroy --preview-only --non-interactive --ignore-protect"),
            Stage(f"state unprotect --yes {URN}"),
            Stage("state unprotect --yes urn:pulumi:dev::shop::shop:index:Group::none"),
            Stage("state unprotect --yes --all"),
            Stage("stack export"),
            Stage(KEPT),
            Stage(KEPT),
            Stage(UP),
            Stage(f"{UP} --ignore-protect", 2),
            Stage(f"{UP} --ignore-protect", 3),
        ),
    ),
)
