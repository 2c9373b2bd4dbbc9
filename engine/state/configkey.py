"""Keys of configuration: `namespace:name`, and paths into values."""

from __future__ import annotations

from dataclasses import dataclass

from engine.paths import parse as parse_property_path
from engine.state.errors import ConfigurationError

Path = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class ConfigKey:
    """Written `namespace:name`. `path` leads into the value; it is empty for the whole of it."""

    namespace: str
    name: str
    path: Path = ()

    def __str__(self) -> str:
        return f"{self.namespace}:{self.name}"


def parse_key(text: str, project: str, path: bool = False) -> ConfigKey:
    """The key that `name`, `namespace:name` or `namespace:config:name` means in a project.

    With `path`, what follows the namespace is a path such as `servers[0].host` or `["a.b"]`.
    Raises `ConfigurationError`.
    """
    namespace, name = _split(text, project)
    if not path:
        return ConfigKey(namespace, name)
    try:
        steps = parse_property_path(name)
    except ValueError as error:
        raise ConfigurationError(f"invalid config key path: {error}") from error
    if not steps or not isinstance(steps[0], str) or not steps[0]:
        raise ConfigurationError(f"invalid config key path: '{name}' must begin with the name of a key")
    return ConfigKey(namespace, steps[0], steps[1:])


def _split(text: str, project: str) -> tuple[str, str]:
    head, colon, rest = text.partition(":")
    if not colon:
        namespace, name = project, head
    else:
        namespace, name = head, rest.removeprefix("config:")
    if not namespace or not name or (":" in name and "[" not in name):
        raise ConfigurationError(
            f"invalid configuration key: could not parse {text} as a configuration key "
            "(configuration keys should be of the form `<namespace>:<name>`)"
        )
    return namespace, name
