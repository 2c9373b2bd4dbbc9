"""Kubernetes objects written down as YAML documents."""

from __future__ import annotations

from typing import Any

import yaml

from engine.provider import ProviderError
from engine.values import PropertyMap


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Timestamps stay texts, as they are in JSON."""

    yaml_implicit_resolvers = {
        start: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for start, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def decode(text: str) -> list[PropertyMap]:
    """The Kubernetes objects in YAML documents; documents that are none are left out."""
    try:
        documents: list[Any] = list(yaml.load_all(text, Loader=_Loader))
    except yaml.YAMLError as error:
        raise ProviderError(f"the YAML text can't be decoded: {error}") from error
    return [
        item for item in documents if isinstance(item, dict) and item.get("kind") and item.get("apiVersion")
    ]
