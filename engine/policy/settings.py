"""What the configuration of policies may say, and what follows for each policy of a pack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.policy.errors import PolicyPackError
from engine.policy.findings import Level

ALL = "all"
"""In a configuration file: the level of every policy that isn't named."""


@dataclass(frozen=True)
class Policy:
    """One policy as the pack declares it. `schema` and `required` describe its properties."""

    name: str
    level: Level
    for_stack: bool = False
    schema: Mapping[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class PolicySettings:
    """How one policy is to be run. A level of None leaves it to the policy."""

    level: Level | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


SettingsMap = Mapping[str, PolicySettings]


def read_settings(path: Path) -> SettingsMap:
    """The JSON file given with `--policy-pack-config`. Raises `PolicyPackError`."""
    try:
        text = path.read_text()
        document = json.loads(text) if text.strip() else {}
    except (OSError, ValueError) as error:
        raise PolicyPackError(
            f"could not read the policy configuration '{path}': {error}; correct the file"
        ) from error
    if not isinstance(document, dict):
        raise PolicyPackError(
            f"the policy configuration '{path}' has to be a JSON object of policies by name"
        )
    if "environments" in document:
        raise PolicyPackError(
            f"the policy configuration '{path}' imports environments, which this engine cannot; write the values out"
        )
    try:
        return {name: _parsed(entry) for name, entry in document.items()}
    except ValueError as error:
        raise PolicyPackError(f"the policy configuration '{path}' is wrong: {error}") from error


def effective(policies: tuple[Policy, ...], initial: SettingsMap, given: SettingsMap) -> SettingsMap:
    """Each policy's settings: schema defaults, then the pack's initial ones, then the given ones."""
    result = {policy.name: PolicySettings(policy.level, _defaults(policy)) for policy in policies}
    for layer in (initial, given):
        result = _overlaid(result, layer)
    return result


def problems(policies: tuple[Policy, ...], settings: SettingsMap) -> tuple[str, ...]:
    """What in the settings breaks a policy's schema, each with the policy's name."""
    described = [policy for policy in policies if policy.schema or policy.required]
    if not described:
        return ()
    # Imported late: few packs describe their configuration, and the library is slow to load.
    from jsonschema import Draft7Validator

    found = []
    for policy in described:
        schema = {"type": "object", "properties": dict(policy.schema), "required": list(policy.required)}
        for error in Draft7Validator(schema).iter_errors(dict(settings[policy.name].properties)):
            place = ".".join(str(step) for step in error.absolute_path)
            found.append(f"{policy.name}: {place + ': ' if place else ''}{error.message}")
    return tuple(found)


def _parsed(entry: Any) -> PolicySettings:
    if isinstance(entry, str):
        return PolicySettings(Level.parse(entry))
    if not isinstance(entry, dict):
        raise ValueError(f"{json.dumps(entry)} is not a valid value; it must be a string or object")
    level = entry.get("enforcementLevel")
    if level is not None and not isinstance(level, str):
        raise ValueError(f"{json.dumps(level)} is not a valid enforcement level; it must be a string")
    properties = {key: value for key, value in entry.items() if key != "enforcementLevel"}
    return PolicySettings(Level.parse(level) if level else None, properties)


def _defaults(policy: Policy) -> dict[str, Any]:
    entries = ((name, entry) for name, entry in policy.schema.items() if isinstance(entry, dict))
    return {name: entry["default"] for name, entry in entries if "default" in entry}


def _overlaid(base: SettingsMap, layer: SettingsMap) -> dict[str, PolicySettings]:
    common = layer[ALL].level if ALL in layer else None
    result = {
        name: replace(entry, level=common) if common is not None else entry for name, entry in base.items()
    }
    for name, entry in layer.items():
        if name in result:
            old = result[name]
            level = old.level if entry.level is None else entry.level
            result[name] = PolicySettings(level, {**old.properties, **entry.properties})
    return result
