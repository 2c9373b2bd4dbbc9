"""Objects whose namespace or kind comes after them, and definitions that go before them."""

import time

from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, UP, Api, Case, Stage

LATE = """
from scene import *
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apiextensions.v1 import CustomResourceDefinition
group = f"{NAMESPACE}.example.com"
schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
late = Options(depends_on=[settings("first")])
core.v1.ConfigMap("early", metadata={"name": "early", "namespace": f"{NAMESPACE}-late"})
CustomResource("widget", api_version=f"{group}/v1", kind="Widget", metadata={"name": "widget"}, spec={"size": 1},
    opts=Options(provider=Provider("cluster", namespace=NAMESPACE)))
core.v1.Namespace("late", metadata={"name": f"{NAMESPACE}-late"}, opts=late)
CustomResourceDefinition("definition", metadata={"name": f"widgets.{group}"}, opts=late, spec={
    "group": group, "scope": "Namespaced", "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
    "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]})
"""


def undefined(api: Api) -> None:
    """Somebody deletes the definition, and its objects with it."""
    group = f"{api.namespace}.example.com"
    api.request("DELETE", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}")
    deadline = time.monotonic() + 30
    while any(item["name"] == group for item in api.request("GET", "/apis")["groups"]):
        assert time.monotonic() < deadline, f"{group} is still served"
        time.sleep(0.05)


CASES = (
    Case(
        "objects that come before what they need",
        LATE,
        (Stage(PREVIEW), Stage(UP), Stage(NO_CHANGES, changes_hands=True), Stage(DESTROY, before=undefined)),
    ),
)
