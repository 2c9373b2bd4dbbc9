"""Values of configuration as the files hold them: texts, `{"secure": <cipher text>}`, and objects of these."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from engine.paths import written
from engine.state.configkey import ConfigKey, Path
from engine.state.errors import ConfigurationError
from engine.state.properties import compact
from engine.state.secrets import Decrypter

ConfigMap = dict[ConfigKey, Any]
"""Keys without a path to values as the file holds them."""

_INTEGER = re.compile(r"[+-]?(0|[1-9][0-9]*)")
_TYPES = {
    "string": re.compile(".*", re.DOTALL),
    "int": re.compile("[+-]?[0-9]+"),
    "bool": re.compile("1|t|T|TRUE|true|True|0|f|F|FALSE|false|False"),
    "float": re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"),
}


_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})


class Masking:
    """A decrypter for what is shown to everybody."""

    def decrypt(self, ciphertext: str) -> str:
        return "[secret]"


def secure(ciphertext: str) -> dict[str, str]:
    """A secret as the files hold it."""
    return {"secure": ciphertext}


def is_secure(value: Any) -> bool:
    """Whether the value is one secret."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("secure"), str)


def has_secure(value: Any) -> bool:
    """Whether there is a secret anywhere in the value."""
    if is_secure(value):
        return True
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(has_secure(item) for item in items)


def is_object(value: Any) -> bool:
    """Whether the value is a map or a list rather than a text or a secret."""
    return isinstance(value, dict | list) and not is_secure(value)


def plain(value: Any, decrypter: Decrypter) -> Any:
    """The value with every secret in it decrypted."""
    if is_secure(value):
        return decrypter.decrypt(value["secure"])
    if isinstance(value, dict):
        return {key: plain(value[key], decrypter) for key in sorted(value)}
    if isinstance(value, list):
        return [plain(item, decrypter) for item in value]
    return value


def secrets_in(value: Any, decrypter: Decrypter) -> Iterator[str]:
    """The secrets at any depth of a value, decrypted."""
    if is_secure(value):
        yield str(plain(value, decrypter))
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from secrets_in(item, decrypter)


def text(value: Any, decrypter: Decrypter) -> str:
    """What a program is given: a text as it is, an object as JSON, secrets decrypted."""
    shown = plain(value, decrypter)
    return shown if isinstance(shown, str) else compact(shown)


def listed(value: Any, decrypter: Decrypter | None) -> dict[str, Any]:
    """The entry of `config --json`. Without a decrypter a secret has no value."""
    hidden = has_secure(value)
    if hidden and decrypter is None:
        return {"secret": True}
    shown = plain(value, decrypter or Masking())
    entry = {"value": shown if isinstance(shown, str) else compact(shown)}
    return {**entry, **({"objectValue": shown} if is_object(value) else {}), "secret": hidden}


def along(key: ConfigKey, given: Any) -> Any:
    """What is stored for a given value: along a path true, false and integers are values of these kinds."""
    if not key.path or not isinstance(given, str):
        return given
    if given in ("true", "false"):
        return given == "true"
    return int(given) if _INTEGER.fullmatch(given) else given


def of_type(name: str, given: str) -> Any:
    """The value of the type that a text stands for. Raises `ConfigurationError` if it is none, or the type is none."""
    if name not in _TYPES:
        raise ConfigurationError(f'invalid type "{name}"; must be one of string, int, bool, or float')
    if not _TYPES[name].fullmatch(given):
        raise ConfigurationError(f"the value '{given}' is no {name}; give one, or another --type")
    if name == "bool":
        return given in _TRUE
    return int(given) if name == "int" else float(given) if name == "float" else given


def find(config: ConfigMap, key: ConfigKey) -> Any:
    """The value at the key and its path. Raises `KeyError` if there is none."""
    value = config[ConfigKey(key.namespace, key.name)]
    for step in key.path:
        value = _at(value, step)
    return value if isinstance(value, str | dict | list) else compact(value)


def _at(container: Any, step: str | int) -> Any:
    if isinstance(container, dict) and isinstance(step, str) and not is_secure(container):
        return container[step]
    if isinstance(container, list) and isinstance(step, int) and step < len(container):
        return container[step]
    raise KeyError(step)


def put(config: ConfigMap, key: ConfigKey, value: Any) -> ConfigMap:
    """The configuration with a value at the key and its path. Raises `ConfigurationError` where it doesn't fit."""
    root = ConfigKey(key.namespace, key.name)
    if not key.path:
        return {**config, root: value}
    old = config.get(root)
    # Along a path, a text at the top gives way to an object.
    return {**config, root: _with(old if is_object(old) else None, key.path, value, (key.name,))}


def drop(config: ConfigMap, key: ConfigKey) -> ConfigMap:
    """The configuration without what is at the key and its path; unchanged if nothing is there."""
    root = ConfigKey(key.namespace, key.name)
    if root not in config:
        return config
    if not key.path:
        return {other: value for other, value in config.items() if other != root}
    return {**config, root: _without(config[root], key.path)}


def _with(container: Any, path: Path, value: Any, at: Path) -> Any:
    """The container, which stands at `at`, with the value at `path` in it; None for one that is yet to be made."""
    step, rest = path[0], path[1:]
    place = (*at, step)
    if container is None:
        container = [None] * (step + 1) if isinstance(step, int) else {}
    if not is_object(container):
        wanted = "an array" if isinstance(step, int) else "a map"
        raise ConfigurationError(f"{written(at)}: expected {wanted}")
    if isinstance(container, dict):
        if isinstance(step, int):
            raise ConfigurationError(f"{written(place)}: key for a map must be a string")
        item = _with(container.get(step), rest, value, place) if rest else value
        return _unreserved({**container, step: item})
    if not isinstance(step, int):
        raise ConfigurationError(f"{written(place)}: key for an array must be an int")
    if step > len(container):
        raise ConfigurationError(f"{written(place)}: array index out of range")
    old = container[step] if step < len(container) else None
    item = _with(old, rest, value, place) if rest else value
    return [*container[:step], item, *container[step + 1 :]]


def _without(container: Any, path: Path) -> Any:
    step, rest = path[0], path[1:]
    if isinstance(container, list) and isinstance(step, int) and step < len(container):
        item = [_without(container[step], rest)] if rest else []
        return [*container[:step], *item, *container[step + 1 :]]
    if isinstance(container, dict) and not is_secure(container) and step in container:
        if rest:
            return {**container, step: _without(container[step], rest)}
        return _unreserved({key: value for key, value in container.items() if key != step})
    return container


def _unreserved(entries: dict[Any, Any]) -> dict[Any, Any]:
    if is_secure(entries):
        raise ConfigurationError('maps with the single key "secure" are reserved')
    return entries
