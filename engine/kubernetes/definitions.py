"""CustomResourceDefinitions spell some keys with dashes, Pulumi's schema with underscores. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.kubernetes.objects import Object

_DASHES, _UNDERSCORES = "x-kubernetes-", "x_kubernetes_"


def is_definition(document: Mapping[str, Any]) -> bool:
    """Whether the object is a CustomResourceDefinition."""
    return document.get("kind") == "CustomResourceDefinition"


def for_server(document: Object) -> Object:
    """The object as the API server spells it. Only definitions are changed."""
    return _renamed(document, _UNDERSCORES, "_", "-") if is_definition(document) else document


def for_state(document: Object) -> Object:
    """The object as Pulumi's schema and state spell it. Only definitions are changed."""
    return _renamed(document, _DASHES, "-", "_") if is_definition(document) else document


def _renamed(value: Any, prefix: str, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {
            key.replace(old, new) if key.startswith(prefix) else key: _renamed(item, prefix, old, new)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_renamed(item, prefix, old, new) for item in value]
    return value
