"""Kubernetes objects written down as YAML documents."""

from __future__ import annotations

import yaml

from engine.provider import ProviderError
from engine.values import PropertyMap
from engine.yamltext import load_all


def decode(text: str) -> list[PropertyMap]:
    """The Kubernetes objects in YAML documents; documents that are none are left out."""
    try:
        documents = load_all(text)
    except yaml.YAMLError as error:
        raise ProviderError(f"the YAML text can't be decoded: {error}") from error
    return [
        item for item in documents if isinstance(item, dict) and item.get("kind") and item.get("apiVersion")
    ]
