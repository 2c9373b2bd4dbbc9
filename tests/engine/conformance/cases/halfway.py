"""Updates that fail half-way: what is made, kept and deleted, and what the next one makes of it."""

from contextlib import suppress

from automation.errors import ClusterRefused
from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, REFRESH, UP, Api, Case, Stage

LATE = """
from scene import *
if STAGE < 2:
    settings("old")
one = settings("one", labels={"stage": str(STAGE)})
pulumi.export("stage", STAGE)
def fail(_):
    if STAGE == 2:
        raise ValueError("no such luck")
    if STAGE == 3:
        pulumi.log.error("logged")
    if STAGE == 4:
        import sys
        sys.exit(3)
    return 1
if STAGE > 1:
    new = settings("new")
    pulumi.export("late", pulumi.Output.all(one.id, new.id).apply(fail))
"""

REPLACED = """
from scene import *
WRONG = "not/valid"
auto = core.v1.ConfigMap("auto", metadata={"namespace": NAMESPACE},
    data={WRONG: "5"} if STAGE == 5 else {"a": "1" if STAGE == 1 else "2"})
if STAGE != 4:
    fixed = settings("fixed", {WRONG if STAGE == 2 else "a": str(STAGE)}, Options(depends_on=[auto]))
    settings("user", {"of": fixed.metadata["name"]})
"""

URN = "urn:pulumi:dev::shop::kubernetes:core/v1:ConfigMap"

HELD = """
from scene import *
base = settings("base")
if STAGE == 1:
    held = settings("held", {"of": base.metadata["name"]}, finalizers=["example.com/hold"],
        opts=Options(custom_timeouts=pulumi.CustomTimeouts(delete="2s")))
    settings("beside", opts=Options(depends_on=[base]))
settings("above", opts=Options(depends_on=[held] if STAGE == 1 else []))
"""


def released(api: Api) -> None:
    """Whoever held the object lets it go."""
    path = f"/api/v1/namespaces/{api.namespace}/configmaps/held"
    with suppress(ClusterRefused):
        api.request(
            "PATCH",
            path,
            body={"metadata": {"finalizers": None}},
            headers={"Content-Type": "application/merge-patch+json"},
        )


CASES = (
    Case(
        "programs that fail late",
        LATE,
        (Stage(UP), Stage(PREVIEW, 2), Stage(UP, 2), Stage(UP, 4), Stage(UP, 3), Stage(UP), Stage(DESTROY)),
    ),
    Case(
        "replacements that fail",
        REPLACED,
        (
            Stage(UP),
            Stage(UP, 2),
            Stage(PREVIEW, 2),
            Stage(UP, 2),
            Stage(REFRESH, 2, changes_hands=True),
            Stage(f"{UP} --exclude {URN}::auto", 4),
            Stage(UP, 3),
            Stage(UP, 2, changes_hands=True),
            Stage(PREVIEW, 3),
            Stage(UP, 3),
            Stage(NO_CHANGES, 3),
            Stage(UP, 5),
            Stage(UP, 2),
            Stage(DESTROY),
        ),
    ),
    Case(
        "deletions that are held up",
        HELD,
        (
            Stage(UP),
            Stage(UP, 2),
            Stage(REFRESH, 2),
            Stage(PREVIEW, 2),
            Stage(f"{DESTROY} --continue-on-error"),
            Stage(DESTROY, before=released),
        ),
    ),
)
