"""What the programs of the cases share; it lies beside each of them."""

import os
from typing import Any

import pulumi
from pulumi import ResourceOptions as Options
from pulumi_kubernetes import Provider, apps, core

STAGE = int(os.environ["STAGE"])
NAMESPACE = os.environ["NAMESPACE"]
AT_ONCE = {"pulumi.com/skipAwait": "true"}

__all__ = [
    "AT_ONCE",
    "NAMESPACE",
    "STAGE",
    "WIDGETS",
    "Group",
    "Options",
    "Provider",
    "apps",
    "core",
    "define_widgets",
    "pulumi",
    "settings",
]


def settings(name: str, data: Any = None, opts: Any = None, **metadata: Any) -> core.v1.ConfigMap:
    """A ConfigMap of that name in the case's namespace."""
    whole = {"name": name, "namespace": NAMESPACE, **metadata}
    return core.v1.ConfigMap(name, metadata=whole, data=data, opts=opts)


WIDGETS = f"{NAMESPACE}.example.com"
"""The API group of Widgets, which are whatever a case makes of them."""


def define_widgets(name: str, opts: Any = None) -> Any:
    """The CustomResourceDefinition of Widgets, as a resource of that name."""
    from pulumi_kubernetes.apiextensions.v1 import CustomResourceDefinition

    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget"}
    spec = {"group": WIDGETS, "scope": "Namespaced", "names": names, "versions": [version]}
    return CustomResourceDefinition(name, metadata={"name": f"widgets.{WIDGETS}"}, spec=spec, opts=opts)


class Group(pulumi.ComponentResource):
    """A component with any inputs."""

    def __init__(self, name: str, opts: Any = None, **inputs: Any):
        super().__init__("shop:index:Group", name, inputs, opts)
