"""Where each file of a stack lies, and whether the folder is laid out in a way we know."""

from __future__ import annotations

from typing import Any

import yaml

from engine.state.errors import StateError
from engine.state.files import Backend
from engine.state.reference import StackReference

ROOT = ".pulumi"
META = f"{ROOT}/meta.yaml"
STACKS = f"{ROOT}/stacks"
SUFFIXES = (".json", ".json.gz", ".json.zst")
"""Endings of a checkpoint file: plain, or packed as the official CLI can be told to."""


def checkpoint(ref: StackReference, suffix: str = ".json") -> str:
    return f"{STACKS}/{ref.project}/{ref.name}{suffix}"


def backup(checkpoint_key: str) -> str:
    """The previous checkpoint."""
    return f"{checkpoint_key}.bak"


def tags(ref: StackReference) -> str:
    return f"{STACKS}/{ref.project}/{ref.name}.pulumi-tags"


def history(ref: StackReference) -> str:
    return f"{ROOT}/history/{ref.project}/{ref.name}"


def backups(ref: StackReference) -> str:
    return f"{ROOT}/backups/{ref.project}/{ref.name}"


def locks(ref: StackReference) -> str:
    return f"{ROOT}/locks/{ref.full_name}"


def ensure_layout(backend: Backend) -> None:
    """Checks `meta.yaml`, and writes it where a folder is new. Raises `StateError` for an unknown layout."""
    try:
        version = _version(backend.read(META))
    except FileNotFoundError:
        version = _first_version(backend)
    if version != 1:
        raise StateError(
            f"state store unsupported: 'meta.yaml' version ({version}) is not supported by this engine; "
            + (
                "upgrade it with `pulumi state upgrade` of the official CLI"
                if version == 0
                else "use a newer CLI"
            )
        )


def _version(text: bytes) -> Any:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("version"), int):
        raise StateError(
            f"'{META}' is not a state store's description (`version: 1`); restore it from a backup"
        )
    return document["version"]


def _first_version(backend: Backend) -> int:
    if any(key.endswith(SUFFIXES) for key in backend.files(STACKS)):
        return 0
    backend.write(META, b"version: 1\n")
    return 1
