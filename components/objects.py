"""Plain Kubernetes objects as Pulumi resources, declared as they are.

The classes that `pulumi_kubernetes` has for each kind would declare the same. They rewrite each field in and out of
Python's spelling, which is a good part of an update's time, for callers that never see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pulumi

from automation.core.kinds import Manifest

_MARKS, _DATA = ("labels", "annotations"), ("data", "binaryData", "stringData")
_SECRET_DATA = ("data", "stringData")


class KubernetesObject(pulumi.CustomResource):  # type: ignore[misc]  # the SDK's classes are untyped
    """One object, or with `patch` some fields of one that is its maker's own."""

    metadata: pulumi.Output[dict[str, Any]]

    def __init__(self, name: str, body: Manifest, opts: pulumi.ResourceOptions, patch: bool = False) -> None:
        super().__init__(_token(body) + ("Patch" if patch else ""), name, body, opts)


def register(
    manifest: Manifest, opts: pulumi.ResourceOptions, name: str | None = None
) -> pulumi.CustomResource:
    """Declares one object; `name` is its name in the stack, by default that of the object."""
    body = _declared(manifest)
    if manifest["kind"] == "Secret":
        body |= {key: pulumi.Output.secret(body[key]) for key in _SECRET_DATA if key in body}
        opts = pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(additional_secret_outputs=list(_SECRET_DATA))
        )
    return KubernetesObject(name or manifest["metadata"]["name"], body, opts)


def patch(manifest: Manifest, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Declares some fields of an object that exists already and stays its maker's own."""
    return KubernetesObject(manifest["metadata"]["name"], manifest, opts, patch=True)


def declare_after(resources: Iterable[pulumi.Resource], declare: Callable[[], object]) -> None:
    """Declares what nobody waits for once the engine has answered for `resources`, which users wait for.

    Otherwise the SDK prepares everything before the first of it is done. To the engine they stay independent. A URN is
    known in previews, and of what fails under `--continue-on-error`, too, so that nothing is missing from a program.
    """

    def told(urns: list[str]) -> None:
        declare()

    pulumi.Output.all(*(resource.urn for resource in resources)).apply(told)


def _token(manifest: Manifest) -> str:
    """The type of its resource, as `pulumi_kubernetes` names it."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    return f"kubernetes:{group or 'core'}/{version}:{manifest['kind']}"


def _declared(manifest: Manifest) -> Manifest:
    """Without texts by name that hold none: the API server does not keep them, and the official provider would find
    them missing at every update."""
    body = {key: value for key, value in manifest.items() if key != "status" and (key not in _DATA or value)}
    return {key: _described(key, value) for key, value in body.items()}


def _described(key: str, value: Any) -> Any:
    """The value of a field, without labels and annotations that hold nothing in its metadata."""
    if not isinstance(value, dict):
        return value
    bare = key == "metadata"
    kept = {name: item for name, item in value.items() if not bare or name not in _MARKS or item}
    return {name: _described(name, item) for name, item in kept.items()}
