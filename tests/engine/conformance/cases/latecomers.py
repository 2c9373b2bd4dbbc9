"""Objects whose namespace or kind comes after them, and definitions that go before them."""

from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, UP, Api, Case, Stage
from tests.lab.deadline import eventually

LATE = """
from scene import *
from pulumi_kubernetes.apiextensions import CustomResource
late = Options(depends_on=[settings("first")])
core.v1.ConfigMap("early", metadata={"name": "early", "namespace": f"{NAMESPACE}-late"})
CustomResource("widget", api_version=f"{WIDGETS}/v1", kind="Widget", metadata={"name": "widget"}, spec={"size": 1},
    opts=Options(provider=Provider("cluster", namespace=NAMESPACE)))
core.v1.Namespace("late", metadata={"name": f"{NAMESPACE}-late"}, opts=late)
define_widgets("definition", late)
"""


def undefined(api: Api) -> None:
    """Somebody deletes the definition, and its objects with it."""
    group = f"{api.namespace}.example.com"
    api.request("DELETE", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}")
    eventually(lambda: all(item["name"] != group for item in api.request("GET", "/apis")["groups"]), 30)


CASES = (
    Case(
        "objects that come before what they need",
        LATE,
        (Stage(PREVIEW), Stage(UP), Stage(NO_CHANGES, changes_hands=True), Stage(DESTROY, before=undefined)),
    ),
)
