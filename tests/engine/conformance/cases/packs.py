"""Policy packs: what they refuse, advise, change and do when they break."""

from tests.engine.conformance.case import DESTROY, PREVIEW, REFRESH, UP, Case, Stage

PROGRAM = """
from scene import *
one = settings("one", {"a": str(STAGE)}, labels={"team": "web"} if STAGE > 1 else {})
settings("two", {"b": "x"}, opts=Options(depends_on=[one]))
pulumi.export("stage", STAGE)
"""

HEAD = """
from pulumi_policy import (EnforcementLevel, PolicyPack, PolicyConfigSchema, ResourceValidationPolicy,
    StackValidationPolicy)
"""

REFUSES = (
    HEAD
    + """
def has_team(args, report):
    if args.resource_type == "kubernetes:core/v1:ConfigMap" and not args.props["metadata"].get("labels"):
        report(f"{args.name} has no team")

def is_small(args, report):
    if args.resource_type == "kubernetes:core/v1:ConfigMap":
        report("a ConfigMap should be small")
        report("and have an owner")

def is_counted(args, report):
    found = [one.name for one in args.resources if one.resource_type == "kubernetes:core/v1:ConfigMap"]
    if len(found) > 1:
        report("more than one: " + ", ".join(sorted(found)))

PolicyPack("rules", enforcement_level=EnforcementLevel.MANDATORY, policies=[
    ResourceValidationPolicy("has-team", "Every ConfigMap has a team.", has_team),
    ResourceValidationPolicy("is-small", "ConfigMaps are small.", is_small, EnforcementLevel.ADVISORY),
    ResourceValidationPolicy("is-off", "Nobody asks this.", has_team, EnforcementLevel.DISABLED),
    StackValidationPolicy("is-counted", "There are few ConfigMaps.", is_counted, EnforcementLevel.ADVISORY),
])
"""
)

STACK = (
    HEAD
    + """
def has_few(args, report):
    names = sorted(one.name for one in args.resources if one.resource_type == "kubernetes:core/v1:ConfigMap")
    if len(names) > 1:
        report("too many: " + ", ".join(names), sorted(one.urn for one in args.resources)[0])

PolicyPack("stacks", enforcement_level=EnforcementLevel.MANDATORY, policies=[
    StackValidationPolicy("has-few", "There are few ConfigMaps.", has_few),
])
"""
)

REMEDIES = (
    HEAD
    + """
def labelled(args):
    if args.resource_type != "kubernetes:core/v1:ConfigMap" or args.props["metadata"].get("labels"):
        return None
    return {**args.props, "metadata": {**args.props["metadata"], "labels": {"team": "nobody"}}}

def has_team(args, report):
    if args.resource_type == "kubernetes:core/v1:ConfigMap" and not args.props["metadata"].get("labels"):
        report(f"{args.name} has no team")

PolicyPack("remedies", policies=[
    ResourceValidationPolicy("labels", "Labels what has none.", has_team, EnforcementLevel.REMEDIATE,
        remediate=labelled),
])
"""
)

BREAKS = (
    HEAD
    + """
def broken(args, report):
    if args.resource_type == "kubernetes:core/v1:ConfigMap":
        raise ValueError("no such luck")

PolicyPack("broken", policies=[ResourceValidationPolicy("breaks", "Breaks.", broken)])
"""
)

CONFIGURED = (
    HEAD
    + """
def is_short(args, report):
    limit = args.get_config()["limit"]
    if args.resource_type.endswith("Group") and len(args.name) > limit:
        report(f"{args.name} is longer than {limit}")

def is_told(args, report):
    if args.resource_type.endswith("Group"):
        report("told")

schema = PolicyConfigSchema(properties={"limit": {"type": "integer", "minimum": 1, "default": 9}})
PolicyPack("lengths", enforcement_level=EnforcementLevel.MANDATORY, policies=[
    ResourceValidationPolicy("is-short", "Names are short.", is_short, config_schema=schema),
    ResourceValidationPolicy("is-told", "All is told.", is_told, EnforcementLevel.DISABLED),
], initial_config={"is-short": {"limit": 7}})
"""
)

NAMES = """
from scene import *
Group("short" if STAGE == 1 else "quite long")
"""


def configured(**files: str) -> dict[str, str]:
    """A pack with a version of its own, and files of configuration."""
    pack = {"pack/PulumiPolicy.yaml": "runtime: python\nversion: 1.2.3\n", "pack/__main__.py": CONFIGURED}
    return pack | {f"{name}.json": text for name, text in files.items()}


FORBIDDEN = "description: forbids\nruntime: python\n"


def files(pack: str) -> dict[str, str]:
    return {"pack/PulumiPolicy.yaml": FORBIDDEN, "pack/__main__.py": pack}


WITH = "--policy-pack pack"

CASES = (
    Case(
        "a pack that refuses and advises",
        PROGRAM,
        (
            Stage(f"{PREVIEW} {WITH}"),
            Stage(f"{UP} {WITH}"),
            Stage(f"{UP} {WITH}", 2),
            Stage(UP, 2),
            Stage(f"{UP} {WITH}", 3),
            Stage(f"{UP} {WITH} --target **::one", 3),
            Stage(f"{REFRESH} {WITH}"),
            Stage(f"{DESTROY} {WITH}"),
        ),
        files(REFUSES),
    ),
    Case(
        "a pack that judges the stack",
        PROGRAM,
        (Stage(f"{PREVIEW} {WITH}"), Stage(f"{UP} {WITH}")),
        files(STACK),
    ),
    Case(
        "a pack that remedies",
        PROGRAM,
        (Stage(f"{PREVIEW} {WITH}"), Stage(f"{UP} {WITH}"), Stage(f"{UP} {WITH}"), Stage(f"{UP} {WITH}", 2)),
        files(REMEDIES),
    ),
    Case(
        "a pack that is configured",
        NAMES,
        (
            Stage(f"{PREVIEW} {WITH}", 1),
            Stage(f"{PREVIEW} {WITH}", 2),
            Stage(f"{UP} {WITH} --policy-pack-config wide.json", 2),
            Stage(f"{UP} {WITH} --policy-pack-config advising.json", 2),
            Stage(f"{UP} {WITH} --policy-pack-config all.json", 2),
            Stage(f"{UP} {WITH} --policy-pack-config off.json", 2),
            Stage(f"{UP} {WITH} {WITH} --policy-pack-config off.json", 2),
            Stage(f"{UP} --policy-pack-config wide.json", 2),
        ),
        configured(
            wide='{"is-short": {"limit": 20}, "is-told": "advisory"}',
            advising='{"is-short": {"enforcementLevel": "advisory", "limit": 3}}',
            all='{"all": "advisory"}',
            off='{"is-short": "disabled"}',
        ),
    ),
    Case("a pack that breaks", PROGRAM, (Stage(f"{PREVIEW} {WITH}"), Stage(f"{UP} {WITH}")), files(BREAKS)),
    Case("a pack that is not there", PROGRAM, (Stage(f"{UP} --policy-pack nowhere"),)),
)
