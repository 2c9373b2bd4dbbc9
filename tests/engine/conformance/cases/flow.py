"""Values on their way: unknown, secret, of every type, and objects that YAML describes."""

from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, UP, Case, Stage

UNKNOWN = """
from scene import *
made = core.v1.ConfigMap("made", metadata={"namespace": NAMESPACE}, data={"a": str(STAGE)})
settings("user", {
    "name": made.metadata["name"],
    "upper": made.metadata["name"].apply(lambda name: "known" if name else "none"),
    "both": pulumi.Output.all(made.id, STAGE).apply(lambda pair: str(len(pair))),
    "joined": pulumi.Output.concat("x-", made.metadata["uid"]).apply(lambda text: text[:2]),
})
pulumi.export("name", made.metadata["name"].apply(lambda name: bool(name)))
pulumi.export("data", made.data)
"""

SECRETS = """
from scene import *
hidden = pulumi.Output.secret("s3cret-" + str(STAGE))
settings("one", {"a": hidden, "b": "plain"})
settings("two", {"c": "whole"}, opts=Options(additional_secret_outputs=["data"]))
core.v1.Secret("three", metadata={"name": "three", "namespace": NAMESPACE}, string_data={"k": hidden, "l": "m"})
pulumi.export("hidden", hidden)
pulumi.export("length", hidden.apply(len))
pulumi.export("nested", {"in": [hidden, "out"]})
pulumi.export("shown", pulumi.Output.unsecret(hidden.apply(lambda text: text[:2])))
"""

TYPES = """
from scene import *
settings("one", {"unicode": "grüße ✓ \\u2028", "empty": "", "long": "x" * 300, "lines": "a\\nb\\n", "quote": 'a"b'})
values = {"int": 1, "big": 2**53, "float": 0.1, "whole": 2.0, "neg": -1e-7, "true": True, "null": None,
    "list": [[], {}, [None]], "map": {"": "", "a.b": 1, "c[0]": 2, "d\\"e": 3}}
Group("group", **{"values": values})
pulumi.export("values", values)
pulumi.export("stage", STAGE if STAGE > 1 else "one")
"""

FILE = """
from scene import *
from pulumi_kubernetes import yaml

def there(obj, opts):
    obj["metadata"]["namespace"] = NAMESPACE

yaml.ConfigFile("file", "objects.yaml", transformations=[there])
yaml.ConfigGroup("group", yaml=[f'''
apiVersion: v1
kind: ConfigMap
metadata: {{name: inline, namespace: {NAMESPACE}}}
data: {{a: "{STAGE}"}}
'''])
"""

OBJECTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: first}
data: {a: "1"}
---
# nothing
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: second}
- apiVersion: v1
  kind: Secret
  metadata: {name: third}
  stringData: {b: "2"}
"""

IMMUTABLE = """
from scene import *
core.v1.Secret("typed", metadata={"name": "typed", "namespace": NAMESPACE}, string_data={"a": "1"},
    type="Opaque" if STAGE == 1 else "example.com/own")
core.v1.ConfigMap("fixed", metadata={"name": "fixed", "namespace": NAMESPACE}, data={"a": str(STAGE)}, immutable=True)
settings("named" if STAGE < 3 else "renamed", {"a": "1"}, name="named")
apps.v1.Deployment("d", metadata={"name": "d", "namespace": NAMESPACE, "annotations": AT_ONCE},
    spec={"replicas": 0, "selector": {"matchLabels": {"a": str(STAGE)}},
        "template": {"metadata": {"labels": {"a": str(STAGE)}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}})
"""

INVOKES = """
from scene import *
one = settings("one", {"a": "1"})
found = core.v1.ConfigMap.get("found", f"{NAMESPACE}/one", opts=Options(depends_on=[one]))
pulumi.export("found", found.data)
if STAGE == 2:
    pulumi.export("wrong", pulumi.runtime.invoke("kubernetes:none:such", {"a": "b"}).value)
"""

CASES = (
    Case(
        "values that are not known yet",
        UNKNOWN,
        (Stage(PREVIEW), Stage(UP), Stage(PREVIEW, 2), Stage(UP, 2), Stage(NO_CHANGES, 2)),
    ),
    Case(
        "secrets that spread",
        SECRETS,
        (Stage(UP), Stage(UP, 2), Stage("stack output --json"), Stage("stack export"), Stage(NO_CHANGES, 2)),
    ),
    Case("values of every type", TYPES, (Stage(PREVIEW), Stage(UP), Stage(UP, 2), Stage("stack output --json"))),
    Case(
        "objects of YAML files",
        FILE,
        (Stage(PREVIEW), Stage(UP), Stage(UP, 2), Stage(DESTROY)),
        {"objects.yaml": OBJECTS},
    ),
    Case(
        "fields that can't be changed",
        IMMUTABLE,
        (Stage(UP), Stage(PREVIEW, 2), Stage(UP, 2), Stage(UP, 3), Stage(DESTROY)),
    ),
    Case("functions of the provider", INVOKES, (Stage(UP), Stage(UP, 2))),
)
