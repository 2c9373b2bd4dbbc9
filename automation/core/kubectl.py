"""Commands of kubectl about a Canary, whole: people paste them as they are."""

import json

from automation.core.kinds import Manifest
from automation.core.spec import Canary, Ref


def set_field(canary: Canary, name: str, value: bool) -> str:
    """Sets a field of the Canary's spec."""
    return _patch(canary, _kind(canary), canary.name, {"spec": {name: value}})


def patch(canary: Canary, named: Ref, body: Manifest) -> str:
    """Patches what the Canary names: its target, or its autoscaler."""
    return _patch(canary, named.kind.lower(), named.name, body)


def delete(canary: Canary) -> str:
    return f"{_kubectl(canary)} delete {_kind(canary)} {canary.name}"


def set_image(canary: Canary, container: str, image: str) -> str:
    """Sets the image of one of the target's containers."""
    return f"{_kubectl(canary)} set image {_target(canary)} {container}={image}"


def scale(canary: Canary, replicas: int) -> str:
    """Scales the target."""
    return f"{_kubectl(canary)} scale {_target(canary)} --replicas={replicas}"


def _patch(canary: Canary, kind: str, name: str, body: Manifest) -> str:
    told = json.dumps(body, separators=(",", ":"))
    return f"{_kubectl(canary)} patch {kind} {name} --type merge -p '{told}'"


def _kubectl(canary: Canary) -> str:
    return f"kubectl -n {canary.namespace}"


def _kind(canary: Canary) -> str:
    return canary.origin.kind.lower()


def _target(canary: Canary) -> str:
    return f"{canary.target.kind.lower()}/{canary.target.name}"
