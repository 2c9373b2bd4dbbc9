"""Verbs that look at stacks and settings, and options of operations."""

from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, UP, Case, Stage

TWO = """
from scene import *
one = settings("one", {"a": "1"}, opts=Options(protect=STAGE == 2))
two = settings("two", {"b": one.metadata["name"]})
pulumi.export("plain", "text")
pulumi.export("secret", pulumi.Output.secret({"deep": [1, 2.5, True, None, "ü"]}))
pulumi.export("number", 3)
"""

TYPED = """
from scene import *
config, other = pulumi.Config(), pulumi.Config("other")
settings("one", {
    "replicas": str(config.require_int("replicas")),
    "name": config.require("name"),
    "tags": ",".join(sorted((config.get_object("tags") or {}))),
    "list": str(config.get_object("list")),
    "flag": str(other.get_bool("flag")),
})
pulumi.export("hidden", config.get_secret("hidden"))
"""

PROJECT = """
name: shop
runtime: python
config:
  name: {type: string, default: web}
  replicas: {type: integer, default: 2}
  list:
    type: array
    items: {type: string}
    default: [a, b]
"""

DISABLED = """
from scene import *
if STAGE == 1:
    settings("one")
else:
    own = Provider("own")
    settings("one", opts=Options(provider=own))
"""

CHAIN = """
from scene import *
one = settings("one", {"a": str(STAGE)})
two = settings("two", {"b": str(STAGE)}, opts=Options(depends_on=[one]))
settings("three", {"c": str(STAGE)}, opts=Options(depends_on=[two]))
"""

ONE, TWO_URN = (
    f"urn:pulumi:dev::shop::kubernetes:core/v1:ConfigMap::{name}" for name in ("one", "two")
)

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
        "settings by path, in bulk and by the project",
        TYPED,
        (
            Stage(UP),
            Stage("config set replicas 5"),
            Stage("config set --path tags.team web"),
            Stage("config set --path tags.count 7"),
            Stage("config set --path list[0] first"),
            Stage("config set other:flag true"),
            Stage("config set-all --plaintext name=shop --secret hidden=xyz"),
            Stage("config"),
            Stage("config get --path tags.team"),
            Stage("config get --json tags"),
            Stage(UP),
            Stage("config rm --path tags.count"),
            Stage("config rm-all name replicas"),
            Stage("config get name"),
            Stage("config set replicas many"),
            Stage(UP),
            Stage("config refresh --force"),
        ),
        project=PROJECT,
    ),
    Case(
        "default providers that are not allowed",
        DISABLED,
        (
            Stage('config set --path pulumi:disable-default-providers[0] kubernetes'),
            Stage(PREVIEW),
            Stage(UP),
            Stage(UP, 2),
        ),
    ),
    Case(
        "options of operations",
        CHAIN,
        (
            Stage(f"{UP} --parallel 1 --suppress-outputs"),
            Stage(f"{UP} --exclude {TWO_URN}", 2),
            Stage(f"{UP} --target {ONE} --target-dependents", 3),
            Stage(f"{UP} --target {ONE}", 4),
            Stage(f"{PREVIEW} --show-sames", 4),
            Stage(f"{PREVIEW} --show-reads --suppress-progress", 4),
            Stage(f"{UP} --refresh", 4),
            Stage(f"{UP} --exclude {TWO_URN} --exclude-dependents", 5),
            Stage(f"destroy --yes --non-interactive --skip-preview --exclude {ONE}"),
            Stage(NO_CHANGES, 5),
            Stage(DESTROY),
        ),
    ),
    Case(
        "what is protected is left",
        TWO,
        (
            Stage(UP, 2),
            Stage(DESTROY, 2),
            Stage("destroy --yes --non-interactive --skip-preview --exclude-protected"),
            Stage(f"state unprotect --yes {ONE}"),
            Stage(DESTROY, 2),
        ),
    ),
)
