"""Commands as people give them: configuration that should have been secret, locks, states that are put back."""

from tests.engine.conformance.case import DESTROY, UP, Case, Stage

GROUPS = """
from scene import *
one = Group("one", size=STAGE)
Group("two", Options(depends_on=[one]), hush=pulumi.Output.secret("s"))
pulumi.export("hush", pulumi.Output.secret("exported"))
"""

LONG = "zK8vQ2mXw9LrT4bN"

URN = "urn:pulumi:dev::shop::shop:index:Group"


MAGIC = "7dff0d166258e7f1d265e8e044021ea087795d58a0c6415ab6fe8b7c790e447f"
MANIFEST = f'{{"time": "2026-01-01T00:00:00Z", "magic": "{MAGIC}", "version": "v3.260.0"}}'
SALT = "v1:/wFuHM6UrBI=:v1:8uME2Y4vf8H/RmM+:ttnuKznEJmgqAjyV2zHJOHOpK/0EHg=="
SECRETS = f'{{"type": "passphrase", "state": {{"salt": "{SALT}"}}}}'
"""Under the passphrase of the cases."""


def state(resources: str, version: int = 3, more: str = "") -> str:
    """An exported state with these resources."""
    latest = f'"manifest": {MANIFEST}, "secrets_providers": {SECRETS}, "resources": [{resources}]{more}'
    return f'{{"version": {version}, "deployment": {{{latest}}}}}'


ROOT = '{"urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "custom": false, "type": "pulumi:pulumi:Stack"}'
ONE = f'{{"urn": "{URN}::one", "custom": false, "type": "shop:index:Group", "inputs": {{"size": 1}}}}'
PENDING = f', "pending_operations": [{{"resource": {ONE}, "type": "creating"}}]'

NOBODY = {"PULUMI_CONFIG_PASSPHRASE": None}

CASES = (
    Case(
        "settings of the environment",
        GROUPS,
        (
            Stage("up --non-interactive", env={"PULUMI_SKIP_CONFIRMATIONS": "true"}),
            Stage(
                f"{UP}",
                2,
                env={"PULUMI_PARALLEL": "1", "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true"},
            ),
            Stage("stack output --json", env={"PULUMI_STACK": "dev"}),
            Stage("stack output --json", env={"PULUMI_STACK": "nowhere"}),
            Stage("stack output --json", env=NOBODY),
            Stage("stack output --json --show-secrets", env=NOBODY),
            Stage("stack output --json --show-secrets", env={"PULUMI_CONFIG_PASSPHRASE": ""}),
            Stage(
                "stack output --json --show-secrets",
                env={**NOBODY, "PULUMI_CONFIG_PASSPHRASE_FILE": "phrase"},
            ),
            Stage(
                "stack output --json --show-secrets",
                env={**NOBODY, "PULUMI_CONFIG_PASSPHRASE_FILE": "nowhere"},
            ),
            Stage(UP, env=NOBODY),
            Stage("config set --secret a b", env=NOBODY),
            Stage("config set a b", env=NOBODY),
            Stage("stack init more", env=NOBODY),
            Stage("stack ls", env={"PULUMI_BACKEND_URL": "file:///nowhere/at/all"}),
            Stage("up --non-interactive", env={"PULUMI_SKIP_PREVIEW": "true"}),
            Stage(DESTROY),
        ),
        files={"phrase": "correct horse\n"},
    ),
    Case(
        "configuration that looks like a secret",
        GROUPS,
        (
            Stage(f"config set dbPassword {LONG}"),
            Stage(f"config set other:apiToken {LONG}"),
            Stage(f"config set --path deep.token {LONG}"),
            Stage(f"config set note {LONG}"),
            Stage("config set password short1"),
            Stage("config set passPolicy strict"),
            Stage("config set secretName shop-settings"),
            Stage("config set tokenUrl http://localhost"),
            Stage(f"config set --plaintext token {LONG}"),
            Stage(f"config set --secret secret {LONG}"),
            Stage(f"config set --secret --plaintext both {LONG}"),
            Stage("config set count 5 --type int"),
            Stage("config set ratio 1.5 --type float"),
            Stage("config set flag true --type bool"),
            Stage("config set text 5 --type string"),
            Stage("config set count five --type int"),
            Stage("config set count 5 --type number"),
            Stage("config set empty ''"),
            Stage("config set nothing"),
            Stage("config --json"),
            Stage("config"),
        ),
    ),
    Case(
        "locks",
        GROUPS,
        (
            Stage("cancel"),
            Stage("cancel --yes"),
            Stage("cancel --non-interactive"),
            Stage("cancel other"),
            Stage("cancel dev --stack dev"),
            Stage("cancel dev"),
        ),
    ),
    Case(
        "states that are put back",
        GROUPS,
        (
            Stage(UP),
            Stage("stack export --file exported.json"),
            Stage("stack import --file exported.json"),
            Stage("stack import --file nowhere.json"),
            Stage("stack import --file empty.json"),
            Stage("stack import --file broken.json"),
            Stage("stack import --file other.json"),
            Stage("stack import --file dangling.json"),
            Stage("stack import --file both.json"),
            Stage("stack import --file pending.json"),
            Stage("stack export"),
            Stage("stack import --file old.json"),
            Stage("stack import --file new.json"),
            Stage("stack import --file list.json"),
            Stage("stack import --file features.json"),
            Stage("stack import --file tampered.json"),
            Stage("stack import --force --file dangling.json"),
            Stage("stack export"),
            Stage("stack import --force --file other.json"),
            Stage("stack import --file exported.json"),
            Stage("stack output hush --show-secrets"),
            Stage(DESTROY),
        ),
        files={
            "empty.json": "",
            "broken.json": '{"version": 3, "deployment": ',
            "other.json": state(ROOT + ", " + ONE.replace("dev", "prod")),
            "dangling.json": state(f'{ROOT}, {ONE[:-1]}, "parent": "{URN}::gone"}}'),
            "both.json": state(f'{ROOT}, {ONE.replace("dev", "prod")[:-1]}, "parent": "{URN}::gone"}}'),
            "pending.json": state(f"{ROOT}, {ONE}", more=PENDING),
            "old.json": state(ROOT, 0),
            "new.json": state(ROOT, 9),
            "list.json": "[]",
            "tampered.json": state(ROOT).replace(MAGIC, MAGIC[::-1]),
            "features.json": state(ROOT, 4).replace('"version": 4', '"version": 4, "features": ["future"]'),
        },
    ),
)
