"""Functions of providers, and the default providers that they bring."""

from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, UP, Case, Stage

VERSIONLESS = """
from scene import *
text = f"kind: ConfigMap\\napiVersion: v1\\nmetadata:\\n  name: m{STAGE}\\n"
found = pulumi.runtime.invoke("kubernetes:yaml:decode", {"text": text})
pulumi.export("found", found.value["result"][0]["metadata"]["name"])
if STAGE == 2:
    two = settings("two")
    late = pulumi.runtime.invoke_output("kubernetes:yaml:decode", {"text": text},
        pulumi.InvokeOutputOptions(depends_on=[two]))
    pulumi.export("late", late.apply(lambda value: value["result"][0]["metadata"]["name"]))
    group = Group("group", size=1, hush=pulumi.Output.secret("s"))
    def looked_up(urn):
        return pulumi.runtime.invoke("pulumi:pulumi:getResource", {"urn": urn}).value
    pulumi.export("looked up", pulumi.Output.all(two.urn, two.id, group.urn).apply(
        lambda known: [looked_up(urn)["id"] for urn in known[::2]]))
"""

YAML = """
from scene import *
from pulumi_kubernetes.yaml import ConfigFile, ConfigGroup
text = f"{{kind: ConfigMap, apiVersion: v1, metadata: {{name: %s, namespace: {NAMESPACE}}}, data: {{a: '{STAGE}'}}}}"
ConfigGroup("group", yaml=[text % "one" + "\\n---\\n" + text % "two"])
def moved(obj, opts):
    obj.setdefault("metadata", {})["namespace"] = NAMESPACE
ConfigFile("file", "objects.yaml", transformations=[moved], resource_prefix="p")
"""
OBJECTS = """kind: ServiceAccount
apiVersion: v1
metadata: {name: account}
---
---
kind: List
apiVersion: v1
items:
- kind: ConfigMap
  apiVersion: v1
  metadata: {name: listed}
"""

CASES = (
    Case(
        "objects from YAML",
        YAML,
        (Stage(PREVIEW), Stage(UP), Stage(UP, 2, changes_hands=True), Stage(NO_CHANGES, 2), Stage(DESTROY)),
        files={"objects.yaml": OBJECTS},
    ),
    Case(
        "a function without a version",
        VERSIONLESS,
        (
            Stage(PREVIEW),
            Stage(UP),
            Stage(NO_CHANGES, changes_hands=True),
            Stage(PREVIEW, 2),
            Stage(UP, 2),
            Stage(NO_CHANGES, 2, changes_hands=True),
            Stage(DESTROY, 2),
        ),
    ),
)
