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
    "Group",
    "Options",
    "Provider",
    "apps",
    "core",
    "pulumi",
    "settings",
]


def settings(name: str, data: Any = None, opts: Any = None, **metadata: Any) -> core.v1.ConfigMap:
    """A ConfigMap of that name in the case's namespace."""
    whole = {"name": name, "namespace": NAMESPACE, **metadata}
    return core.v1.ConfigMap(name, metadata=whole, data=data, opts=opts)


class Group(pulumi.ComponentResource):
    """A component with any inputs."""

    def __init__(self, name: str, opts: Any = None, **inputs: Any):
        super().__init__("shop:index:Group", name, inputs, opts)
