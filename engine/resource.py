"""One resource of a stack as the state records it, and the deployment that holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.values import PropertyMap


@dataclass
class Resource:
    """A resource in the state. Field names follow the checkpoint's JSON (version 3), in Python spelling.

    `custom_timeouts` holds seconds under create, update and delete; times are RFC 3339 texts in UTC.
    `extra` keeps fields of the checkpoint that the engine has no use for, so that they survive a rewrite.
    """

    urn: str
    type: str
    custom: bool = False
    delete: bool = False
    id: str = ""
    inputs: PropertyMap = field(default_factory=dict)
    outputs: PropertyMap = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    taint: bool = False
    external: bool = False
    dependencies: list[str] = field(default_factory=list)
    init_errors: list[str] = field(default_factory=list)
    provider: str = ""
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    pending_replacement: bool = False
    additional_secret_outputs: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    import_id: str = ""
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list)
    created: str = ""
    modified: str = ""
    source_position: str = ""
    stack_trace: list[Any] = field(default_factory=list)
    ignore_changes: list[str] = field(default_factory=list)
    hide_diff: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    replacement_trigger: Any = None
    refresh_before_update: bool = False
    resource_hooks: dict[str, list[str]] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class PendingOperation:
    """An operation that was begun and not known to have ended.

    `type` is creating, updating, deleting, reading or importing.
    """

    resource: Resource
    type: str


@dataclass
class Deployment:
    """All resources of a stack, in an order in which nothing refers to anything later."""

    resources: list[Resource] = field(default_factory=list)
    pending_operations: list[PendingOperation] = field(default_factory=list)
    secrets_provider: dict[str, Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
