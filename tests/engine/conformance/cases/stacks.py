"""Configuration, providers, references to stacks, kinds of objects, stacks that change hands."""

from tests.engine.conformance.case import (
    DESTROY,
    NO_CHANGES,
    PREVIEW,
    UP,
    Case,
    Stage,
    brought_up,
)

CONFIG = """
from scene import *
config = pulumi.Config()
pulumi.export("text", config.get("text"))
pulumi.export("number", config.get_int("number"))
pulumi.export("hush", config.get_secret("hush"))
pulumi.export("object", config.get_object("object"))
pulumi.export("stack", [pulumi.get_stack(), pulumi.get_project(), pulumi.get_organization()])
pulumi.export("preview", pulumi.runtime.is_dry_run())
"""

PROVIDERS = """
from scene import *
import os
cluster = Provider("cluster", kubeconfig=os.environ["KUBECONFIG"], namespace=NAMESPACE)
labels = {"stage": str(STAGE)}
one = core.v1.ConfigMap("one", metadata={"name": "one", "labels": labels}, opts=Options(provider=cluster))
group = Group("g", Options(providers=[cluster]))
core.v1.ConfigMap("two", metadata={"name": "two"}, opts=Options(parent=group))
"""

PROVIDER_GOES = """
from scene import *
import os
if STAGE == 1:
    cluster = Provider("cluster", namespace=NAMESPACE)
    core.v1.ConfigMap("one", metadata={"name": "one"}, opts=Options(provider=cluster))
else:
    settings("two")
"""

PROVIDER_CHANGES = """
from scene import *
import os
cluster = Provider("cluster", kubeconfig=os.environ["KUBECONFIG"], enable_server_side_apply=STAGE == 1)
settings("one", {"a": "1"}, Options(provider=cluster))
"""

REFERENCE = """
from scene import *
if STAGE == 1:
    pulumi.export("plain", "p1")
    pulumi.export("sec", pulumi.Output.secret("hush-hush"))
    pulumi.export("nested", {"a": [1, pulumi.Output.secret("deep")]})
else:
    other = pulumi.StackReference("organization/shop/dev")
    pulumi.export("plain", other.get_output("plain"))
    pulumi.export("sec", other.get_output("sec"))
    pulumi.export("nested", other.get_output("nested"))
    pulumi.export("none", other.get_output("nope"))
"""

NO_STACK = """
from scene import *
pulumi.StackReference("organization/shop/nowhere")
"""
OTHER = {"PULUMI_CONFIG_PASSPHRASE": "another"}

EMPTY = """
from scene import *
settings("none")
settings("empty", {})
core.v1.Namespace("n", metadata={"name": f"{NAMESPACE}-more"})
core.v1.ServiceAccount("account", metadata={"name": "account", "namespace": NAMESPACE})
core.v1.Service("headless", metadata={"name": "headless", "namespace": NAMESPACE},
    spec={"clusterIP": "None", "selector": {"a": "b"}, "ports": [{"port": 80, "targetPort": "http"}]})
"""

CUSTOM = """
from scene import *
from pulumi_kubernetes.apiextensions import CustomResource
definition = define_widgets("crd")
CustomResource("w", api_version=f"{WIDGETS}/v1", kind="Widget", metadata={"name": "w", "namespace": NAMESPACE},
    spec={"size": STAGE, "list": [{"name": "a", "weight": STAGE * 10}, {"name": "b", "weight": 100 - STAGE * 10}]},
    opts=Options(depends_on=[definition]))
"""

PATCHES = """
from scene import *
from pulumi_kubernetes.core.v1 import ConfigMapPatch
one = settings("one", {"a": "1"})
ConfigMapPatch("p", metadata={"name": "one", "namespace": NAMESPACE, "labels": {"stage": str(STAGE)},
    "annotations": {"pulumi.com/patchForce": "true"}}, opts=Options(depends_on=[one]))
"""

DEPLOYMENT = """
from scene import *
apps.v1.Deployment("d", metadata={"name": "d", "namespace": NAMESPACE, "annotations": AT_ONCE},
    spec={"replicas": STAGE, "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "app", "image": f"app:{STAGE}", "resources": {"limits": {"cpu": "1000m"}},
            "env": [{"name": "A", "value": str(STAGE)}] + [{"name": "B", "value": "b"}] * (STAGE - 1)}]}}})
"""

HANDS = """
from scene import *
import os
cluster = Provider("cluster", namespace=NAMESPACE)
one = settings("one", {"a": "1"}, Options(provider=cluster))
core.v1.Secret("s", metadata={"name": "s", "namespace": NAMESPACE}, string_data={"key": "hush"})
core.v1.Service("svc", metadata={"name": "svc", "namespace": NAMESPACE, "annotations": AT_ONCE},
    spec={"selector": {"a": "b"}, "ports": [{"port": 80}]}, opts=Options(provider=cluster))
apps.v1.Deployment("d", metadata={"name": "d", "namespace": NAMESPACE, "annotations": AT_ONCE},
    spec={"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "app", "image": f"app:{STAGE}"}]}}})
group = Group("g", size=1)
settings("two", {"a": pulumi.Output.secret("x")}, Options(parent=group, depends_on=[one]))
pulumi.export("one", one.id)
pulumi.export("hush", pulumi.Output.secret("x"))
"""

CASES = (
    Case(
        "configuration",
        CONFIG,
        (
            Stage("config set text hello"),
            Stage("config set number 5"),
            Stage("config set --secret hush s3cret"),
            Stage("config set --path object.list[0] one"),
            Stage("config set --path --secret object.deep hidden"),
            Stage(PREVIEW),
            Stage(UP),
            Stage("stack output --json"),
            Stage("stack output --json --show-secrets"),
            Stage("stack output text"),
            Stage("stack output"),
            Stage("stack history"),
            Stage("config --json"),
            Stage("stack export --show-secrets"),
            Stage(DESTROY),
        ),
        project="name: shop\nruntime: python\nconfig:\n  given:\n    default: 3\n    type: integer\n",
    ),
    brought_up("explicit providers", PROVIDERS, 1, 2),
    Case(
        "a provider that goes",
        PROVIDER_GOES,
        (Stage(UP), Stage(PREVIEW, 2), Stage(UP, 2), Stage(UP, 1), Stage(DESTROY)),
    ),
    brought_up("a provider that changes", PROVIDER_CHANGES, 1, 2),
    Case(
        "a reference to a stack",
        REFERENCE,
        (
            Stage(UP),
            Stage("stack init two"),
            Stage(f"{PREVIEW} --stack two", 2),
            Stage(f"{UP} --stack two", 2),
            Stage("stack output --json --stack two"),
        ),
    ),
    Case(
        "a reference to a stack of another passphrase",
        REFERENCE,
        (
            Stage(UP),
            Stage("stack init two", env=OTHER),
            Stage(f"{PREVIEW} --stack two", 2, env=OTHER),
            Stage(f"{UP} --stack two", 2, env=OTHER),
            Stage("stack output --json --stack two", env=OTHER),
        ),
    ),
    Case("a reference to no stack", NO_STACK, (Stage(PREVIEW), Stage(UP))),
    brought_up("objects without data", EMPTY),
    brought_up("custom resources", CUSTOM, 1, 2),
    brought_up("patches of objects", PATCHES, 1, 2),
    brought_up("a Deployment", DEPLOYMENT, 1, 2, 1),
    Case(
        "a stack that changes hands",
        HANDS,
        (
            Stage(UP),
            Stage(NO_CHANGES, changes_hands=True),
            Stage(NO_CHANGES),
            Stage(UP, 2, changes_hands=True),
            Stage(NO_CHANGES, 2),
            Stage(DESTROY, 2, changes_hands=True),
        ),
    ),
)
