"""What a project says about its configuration: defaults, types, what is required, and what a program is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.state.configkey import parse_key
from engine.state.configvalue import ConfigMap, Masking, has_secure, plain, text
from engine.state.errors import ConfigurationError
from engine.state.properties import compact
from engine.state.secrets import Decrypter
from engine.state.workspace import Project


@dataclass(frozen=True)
class ProgramConfig:
    """What a program is given: texts by full key, which of the keys hold a secret, and the texts without secrets."""

    values: dict[str, str]
    secret_keys: tuple[str, ...]
    blinded: dict[str, str] = field(default_factory=dict)


def program_config(config: ConfigMap, decrypter: Decrypter) -> ProgramConfig:
    """Decrypts a stack's configuration."""
    keys = sorted(config)
    return ProgramConfig(
        {str(key): text(config[key], decrypter) for key in keys},
        tuple(str(key) for key in keys if has_secure(config[key])),
        {str(key): text(config[key], Masking()) for key in keys},
    )


def with_project_config(config: ConfigMap, project: Project, stack: str) -> ConfigMap:
    """The stack's configuration with the project's defaults. Raises `ConfigurationError` for missing values."""
    merged, missing = with_defaults(config, project)
    if missing:
        raise ConfigurationError(_missing(stack, missing))
    return merged


def with_defaults(config: ConfigMap, project: Project) -> tuple[ConfigMap, list[str]]:
    """The stack's configuration with the project's defaults, and the names of what neither gives."""
    merged, missing = dict(config), []
    for name in sorted(project.config):
        key, declared = parse_key(name, project.name), _declaration(project.config[name], ":" in name)
        if key in merged:
            continue
        default = declared.get("default", declared.get("value"))
        if default is not None:
            merged[key] = _stored(default)
        elif key.namespace == project.name:
            missing.append(name)
    return merged, missing


def validate(config: ConfigMap, project: Project, stack: str, decrypter: Decrypter) -> None:
    """Checks values against the types that the project declares. Raises `ConfigurationError`."""
    for name in sorted(project.config):
        declared = _declaration(project.config[name], ":" in name)
        key = parse_key(name, project.name)
        if not declared.get("type") or key not in config:
            continue
        value = config[key]
        subject = f"Stack '{stack}' with configuration key '{name}' must be"
        if declared.get("secret") and not has_secure(value):
            raise ConfigurationError(f"{subject} encrypted as it's secret")
        content = plain(value, decrypter)
        if not _fits(content, declared["type"], declared.get("items")):
            raise ConfigurationError(
                f"{subject} of type '{_type_name(declared['type'], declared.get('items'))}'"
            )


def _declaration(entry: Any, foreign: bool) -> Mapping[str, Any]:
    """A declaration in full; a bare value is the default, and for keys of other namespaces the value."""
    if isinstance(entry, dict) and entry.keys() & {
        "type",
        "default",
        "value",
        "secret",
        "items",
        "description",
    }:
        return entry
    return {"value" if foreign else "default": entry}


def _stored(value: Any) -> Any:
    if isinstance(value, dict | list):
        return value
    return value if isinstance(value, str) else compact(value)


def _missing(stack: str, names: list[str]) -> str:
    if len(names) == 1:
        return f"Stack '{stack}' is missing configuration value '{names[0]}'"
    quoted = [f"'{name}'" for name in names]
    return f"Stack '{stack}' is missing configuration values {', '.join(quoted[:-1])} and {quoted[-1]}"


def _fits(content: Any, wanted: str, items: Any) -> bool:
    if wanted == "string":
        return isinstance(content, str)
    if wanted == "integer":
        return _is_integer(content)
    if wanted == "boolean":
        return isinstance(content, bool) or content in ("true", "false")
    if wanted == "object":
        return isinstance(content, dict)
    if wanted == "array":
        inner = items or {}
        return isinstance(content, list) and all(
            _fits(item, inner.get("type", "string"), inner.get("items")) for item in content
        )
    raise ConfigurationError(
        f"'{wanted}' is not a type of configuration; use string, integer, boolean, object or array in Pulumi.yaml"
    )


def _is_integer(content: Any) -> bool:
    if isinstance(content, str):
        return content.lstrip("+-").isdigit()
    return isinstance(content, int) and not isinstance(content, bool)


def _type_name(wanted: str, items: Any) -> str:
    if wanted != "array":
        return wanted
    inner = items or {}
    return f"array<{_type_name(inner.get('type', 'string'), inner.get('items'))}>"
