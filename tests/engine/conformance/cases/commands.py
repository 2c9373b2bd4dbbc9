"""Commands about stacks and their configuration, and flags of updates."""

from tests.engine.conformance.case import PREVIEW, REFRESH, UP, Case, Stage

PLAIN = """
from scene import *
one = settings("one", labels={"stage": str(STAGE)})
settings("two", opts=Options(depends_on=[one], protect=True))
pulumi.export("stage", STAGE)
"""
URN = "urn:pulumi:dev::shop::kubernetes:core/v1:ConfigMap"

SETTLED = """
from scene import *
Group("held")
config = pulumi.Config()
pulumi.export("needed", config.require("b"))
pulumi.export("a", config.get("a"))
pulumi.export("c", config.get("c"))
pulumi.export("deep", str(config.get_object("deep")))
"""

DEFAULTS = """
from scene import *
if STAGE == 1:
    settings("one")
else:
    core.v1.ConfigMap("two", metadata={"name": "two"})
"""

WORDY = """
import pulumi
pulumi.export("a", 1)
"""

CASES = (
    Case(
        "words that a command does not take",
        WORDY,
        (
            Stage(UP),
            Stage("destroy some-resource --yes --skip-preview"),
            Stage("up one two --yes --skip-preview"),
            Stage("preview x"),
            Stage("destroy --exclude-dependents --yes --skip-preview"),
            Stage("refresh x --yes --skip-preview"),
            Stage("stack rm dev zzz --yes --force"),
            Stage("stack init a b"),
            Stage("stack select dev dev"),
            Stage("stack unselect x"),
            Stage("stack rename"),
            Stage("stack export x"),
            Stage("stack output a b"),
            Stage("stack ls extra"),
            Stage("stack list x"),
            Stage("stack --stack dev ls"),
            Stage("stack nonsense"),
            Stage("stack tag nonsense"),
            Stage("stack tag"),
            Stage("stack tag set a"),
            Stage("stack history x"),
            Stage("config nonsense"),
            Stage("config env nonsense"),
            Stage("config set"),
            Stage("config set a b c"),
            Stage("config rm a b"),
            Stage("config rm-all"),
            Stage("config cp a b"),
            Stage("plugin"),
            Stage("plugin nonsense"),
            Stage("plugin ls x"),
            Stage("plugin rm a b c d"),
            Stage("state nonsense"),
            Stage("org set-default"),
            Stage("cancel a b"),
            Stage("whoami x"),
            Stage("version x"),
            Stage("about x"),
            Stage("history"),
            Stage("nonsense"),
            Stage("stack unselect"),
            Stage("stack"),
            Stage("config"),
            Stage(UP),
        ),
    ),
    Case(
        "stacks that are renamed, tagged and copied",
        PLAIN,
        (
            Stage(f"{UP} --message told"),
            Stage("stack tag set owner carol"),
            Stage("stack tag get owner"),
            Stage("stack tag ls --json"),
            Stage("stack tag rm owner"),
            Stage("stack tag get owner"),
            Stage("stack export --file exported.json"),
            Stage(UP, 2),
            Stage("stack import --file exported.json"),
            Stage(PREVIEW, 2),
            Stage("stack rename other"),
            Stage("stack ls --json"),
            Stage("stack rename dev"),
            Stage("stack history --json --page-size 1 --page 1"),
            Stage("stack rm --yes dev"),
            Stage("stack init dev"),
            Stage("stack select dev"),
            Stage("stack rm --yes --force dev"),
            Stage("stack ls"),
        ),
    ),
    Case(
        "configuration of many keys",
        SETTLED,
        (
            Stage(UP),
            Stage("config set-all --plaintext a=1 --secret b=2 --plaintext other:c=3"),
            Stage("config set --path deep.list[0] 5 --plaintext"),
            Stage("config set --path deep.list[1] x --plaintext"),
            Stage("config set --path deep.more true --plaintext"),
            Stage("config get --path deep.list[0]"),
            Stage("config get --path deep.list[7]"),
            Stage("config get --json b"),
            Stage("config get deep --json"),
            Stage("config --json"),
            Stage(UP),
            Stage("config rm --path deep.more"),
            Stage("config rm-all a other:c"),
            Stage("config rm nothing"),
            Stage("config --show-secrets"),
        ),
        project="name: shop\nruntime: python\nconfig:\n  c:\n    type: string\n    default: given\n",
    ),
    Case(
        "options that change stacks and their configuration",
        SETTLED,
        (
            Stage(f"{UP} -c b=1 --config a=x=y --config c"),
            Stage("config --json"),
            Stage(f"{PREVIEW} --config-path -c deep.x=1 -c deep.list[0]=true -c deep.list[1]=z"),
            Stage(f"{REFRESH} --config-path -c deep.y=2 -c a=3"),
            Stage("config --json"),
            Stage("config set piped", told="one\ntwo\n\n"),
            Stage("config set --raw piped-raw", told="one\ntwo\n\n"),
            Stage("config get piped-raw"),
            Stage("config set --secret hush hush-hush"),
            Stage("stack init another --copy-config-from dev"),
            Stage("config --json --show-secrets"),
            Stage("config cp --stack dev --dest another --path deep.y"),
            Stage("stack tag set owner carol --stack dev"),
            Stage("stack ls --json --tag owner"),
            Stage("stack ls --json -t owner=carol"),
            Stage("stack ls --json --tag owner=bob"),
            Stage("destroy --yes --non-interactive --skip-preview --stack dev --remove"),
            Stage("stack ls --json"),
            Stage("config --stack dev"),
        ),
    ),
    Case(
        "flags of updates",
        PLAIN,
        (
            Stage(f"{PREVIEW} --expect-no-changes"),
            Stage(f"{UP} --suppress-outputs --parallel 1"),
            Stage(f"{UP} --message again --suppress-progress", 2),
            Stage(f"{REFRESH} --expect-no-changes"),
            Stage(f"{REFRESH} --clear-pending-creates"),
            Stage(f"{UP} --target **ConfigMap::one", 3),
            Stage("destroy --preview-only --non-interactive"),
        ),
    ),
    Case(
        "default providers that are configured",
        DEFAULTS,
        (
            Stage("config set kubernetes:namespace default"),
            Stage(UP),
            Stage("config set kubernetes:enableConfigMapMutable true"),
            Stage(UP),
        ),
    ),
)
