"""What a program asks for: the goal of one resource."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.values import PropertyMap

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION = re.compile(r"(\d+(?:\.\d*)?)(h|ms|us|µs|ns|m|s)")


@dataclass(frozen=True)
class Alias:
    """Another identity that the resource may have had. Empty fields are the resource's own; `urn` is all or nothing."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass(frozen=True)
class PackageKey:
    """What decides which default provider a resource gets."""

    package: str
    version: str = ""
    download_url: str = ""


@dataclass(frozen=True)
class Goal:
    """One registration, in the engine's values. `None` stands for "not said" where the parent's word counts then.

    `adopt` takes the inputs of an import from what exists; `custom_timeouts` holds seconds under create, update
    and delete; `hooks` names of hooks by the moment they run.
    """

    type: str
    name: str
    custom: bool = False
    parent: str = ""
    inputs: PropertyMap = field(default_factory=dict)
    protect: bool | None = None
    provider: str = ""
    providers: Mapping[str, str] = field(default_factory=dict)
    package: PackageKey = PackageKey("")
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    delete_before_replace: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    import_id: str = ""
    adopt: bool = False
    custom_timeouts: Mapping[str, float] = field(default_factory=dict)
    aliases: tuple[Alias, ...] = ()
    retain_on_delete: bool | None = None
    deleted_with: str = ""
    replacement_trigger: Any = None
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hide_diffs: tuple[str, ...] = ()
    source_position: str = ""
    stack_trace: list[dict[str, str]] = field(default_factory=list)
    reports_results: bool = False


@dataclass(frozen=True)
class Reading:
    """A resource that is looked up by its id and not managed."""

    type: str
    name: str
    id: str
    parent: str = ""
    inputs: PropertyMap = field(default_factory=dict)
    provider: str = ""
    package: PackageKey = PackageKey("")
    dependencies: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    source_position: str = ""
    stack_trace: list[dict[str, str]] = field(default_factory=list)


def seconds(duration: str) -> float:
    """`1h30m`, `90s` or `250ms` in seconds; an empty text is 0. Raises `ValueError` for anything else."""
    if duration in ("", "0"):
        return 0.0
    if not _DURATION.fullmatch(duration) and not re.fullmatch(rf"({_DURATION.pattern})+", duration):
        raise ValueError(f"'{duration}' is not a duration; one looks like 5m, 1h30m or 90s")
    return sum(float(count) * _UNITS[unit] for count, unit in _DURATION.findall(duration))
