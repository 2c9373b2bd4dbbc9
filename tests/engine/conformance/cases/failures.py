"""Programs and objects that fail."""

from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, REFRESH, UP, Case, Stage

RAISES = """
from scene import *
settings("one")
pulumi.export("a", 1)
if STAGE == 1:
    raise ValueError("no such luck")
if STAGE == 2:
    raise pulumi.RunError("plainly told")
if STAGE == 3:
    import sys
    sys.exit(3)
if STAGE == 4:
    pulumi.log.error("logged")
    pulumi.log.info("said")
    print("printed")
if STAGE == 5:
    pulumi.Config().require("missing")
if STAGE == 6:
    import nowhere
"""

REFUSED = """
from scene import *
settings("one", {"a": "1"})
def once_more(args):
    pulumi.log.info(f"{args.name} failed to {args.failed_operation}, told {len(args.errors)} errors")
    return len(args.errors) < 2
again = pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook("again", once_more)])
core.v1.ConfigMap("wrong", metadata={"name": "Not Valid" if STAGE == 1 else "valid", "namespace": NAMESPACE},
    opts=Options(hooks=again))
"""

DUPLICATE = """
from scene import *
one = settings("one")
settings("one", opts=Options(depends_on=[one]))
"""

CONTINUED = """
from scene import *
wrong = core.v1.ConfigMap("wrong", metadata={"name": "Not Valid", "namespace": NAMESPACE})
settings("after", opts=Options(depends_on=[wrong]))
settings("beside")
"""

NOT_READY = """
from scene import *
apps.v1.Deployment("d",
    metadata={"name": "d", "namespace": NAMESPACE, "annotations": {"pulumi.com/timeoutSeconds": "2"}},
    spec={"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "app", "image": f"app:{STAGE}"}]}}},
    opts=Options(replace_on_changes=["#initerror"], delete_before_replace=True) if STAGE == 3 else None)
"""

NO_NAMESPACE = """
from scene import *
core.v1.Service("s", metadata={"name": "s", "namespace": NAMESPACE}, spec={"ports": [{"port": 0}]})
"""

SYNTAX = """
from scene import *
def broken(:
"""

CASES = (
    Case(
        "programs that fail",
        RAISES,
        (
            Stage(f"{PREVIEW}", 1),
            *(Stage(UP, number) for number in (1, 2, 3, 4, 5, 6)),
            Stage("up --yes --non-interactive", 1),
            Stage(DESTROY),
        ),
    ),
    Case("a program with an error of syntax", SYNTAX, (Stage(UP),)),
    Case(
        "an object that is refused",
        REFUSED,
        (Stage(PREVIEW), Stage(UP), Stage(UP, 2), Stage(NO_CHANGES, 2), Stage(DESTROY)),
    ),
    Case("two resources of one name", DUPLICATE, (Stage(PREVIEW), Stage(UP))),
    Case(
        "going on after an error",
        CONTINUED,
        (
            Stage(f"{UP} --continue-on-error"),
            Stage(UP, env={"PULUMI_CONTINUE_ON_ERROR": "true"}),
            Stage(f"{DESTROY}"),
        ),
    ),
    Case(
        "an object that does not become ready",
        NOT_READY,
        (
            Stage(UP),
            Stage(REFRESH),
            Stage(f"{PREVIEW} --json"),
            Stage(UP),
            Stage(UP, 2),
            Stage(UP, 3),
            Stage(DESTROY),
        ),
    ),
    Case("a wrong value", NO_NAMESPACE, (Stage(PREVIEW), Stage(UP))),
    Case(
        "what the terminal refuses",
        'from scene import *\nsettings("one")\n',
        (
            Stage("up --non-interactive"),
            Stage("up --yes --stack other"),
            Stage(f"{UP} --expect-no-changes"),
            Stage("stack rm --yes dev"),
            Stage("config get nothing"),
            Stage("config set a b"),
            Stage("config set --secret c d"),
            Stage("config get c"),
            Stage("config"),
            Stage("config --json --show-secrets"),
            Stage("config rm a"),
            Stage(UP, env={"PULUMI_CONFIG_PASSPHRASE": "wrong"}),
            Stage("stack init dev"),
            Stage("stack output nothing"),
            Stage("stack select nothing"),
            Stage("bogus"),
            Stage("up --bogus"),
            Stage("stack ls --json"),
            Stage("stack"),
            Stage("whoami"),
            Stage("cancel --yes"),
            Stage("destroy --non-interactive"),
            Stage(DESTROY),
            Stage("stack rm --yes dev"),
        ),
    ),
)
