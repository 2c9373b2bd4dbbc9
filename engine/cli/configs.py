"""`pulumi config …`."""

from __future__ import annotations

import json
from typing import Any

from engine.cli.arguments import Arguments
from engine.cli.verb import Verb, options
from engine.errors import ConfigurationError, EngineError
from engine.state import history
from engine.state.configkey import ConfigKey, parse_key
from engine.state.configvalue import drop, find, has_secure, listed, put, secure, text, typed
from engine.state.projectconfig import with_defaults
from engine.workplace import Workplace


def listing(place: Workplace, arguments: Arguments) -> None:
    place.require_stack()
    config, _ = with_defaults(place.config.config, place.project)
    show = arguments.flag("show-secrets")
    decrypter = place.secrets if show and any(has_secure(value) for value in config.values()) else None
    if arguments.flag("json"):
        entries = {str(key): _listed(config[key], decrypter, show) for key in sorted(config)}
        place.shell.text(json.dumps(entries, indent=2, ensure_ascii=False))
        return
    rows = [("KEY", "VALUE")]
    for key in sorted(config):
        hidden = has_secure(config[key]) and not show
        rows.append(
            (
                _short(place, key),
                "[secret]" if hidden else str(_listed(config[key], decrypter, show)["value"]),
            )
        )
    width = max(len(row[0]) for row in rows)
    for name, value in rows:
        place.shell.out(f"{name.ljust(width)}  {value}".rstrip())


def get(place: Workplace, arguments: Arguments) -> None:
    name = arguments.positional(0, "the key")
    place.require_stack()
    key = parse_key(name, place.project.name, path=arguments.flag("path"))
    try:
        value = find(place.config.config, key)
    except KeyError as error:
        shown = name if key.path else _short(place, key)
        raise EngineError(
            f"configuration key '{shown}' not found for stack '{place.shown(place.ref)}'"
        ) from error
    decrypter = place.secrets if has_secure(value) else None
    if arguments.flag("json"):
        place.shell.text(json.dumps(_listed(value, decrypter, True), indent=2, ensure_ascii=False))
    else:
        place.shell.text(
            text(value, place.secrets) if decrypter else str(_listed(value, None, True)["value"])
        )


def set_(place: Workplace, arguments: Arguments) -> None:
    place.require_stack()
    name = arguments.positional(0, "the key")
    given = arguments.positionals[1] if len(arguments.positionals) > 1 else place.shell.read().rstrip("\n")
    _put(place, name, given, secret=arguments.flag("secret"), path=arguments.flag("path"))
    place.config.save()


def set_all(place: Workplace, arguments: Arguments) -> None:
    place.require_stack()
    path = arguments.flag("path")
    for option, secret in (("plaintext", False), ("secret", True)):
        for pair in arguments.values(option):
            name, equals, given = pair.partition("=")
            if not equals:
                raise ConfigurationError(f"'{pair}' is not of the form key=value")
            _put(place, name, given, secret, path)
    if arguments.has("json"):
        for name, entry in _entries(arguments.value("json")).items():
            _put_entry(place, name, entry)
    place.config.save()


def remove(place: Workplace, arguments: Arguments) -> None:
    place.require_stack()
    _drop(place, arguments.positional(0, "the key"), arguments.flag("path"))
    place.config.save()


def remove_all(place: Workplace, arguments: Arguments) -> None:
    place.require_stack()
    for name in arguments.positionals:
        _drop(place, name, arguments.flag("path"))
    place.config.save()


def refresh(place: Workplace, arguments: Arguments) -> None:
    found = history.updates(place.backend, place.existing, page_size=1)
    if not found:
        raise EngineError(
            f"no previous deployment of stack '{place.shown(place.ref)}': there is no configuration to take over"
        )
    if place.config.config != found[0].config and place.config.path.exists() and not arguments.flag("force"):
        raise EngineError(
            f"config file '{place.config.path}' has local changes; pass --force to overwrite it"
        )
    place.config.config = dict(found[0].config)
    place.config.save()
    place.shell.out(f"refreshed configuration for stack '{place.shown(place.ref)}'")


def copy(place: Workplace, arguments: Arguments) -> None:
    target = Workplace(place.shell, arguments.value("dest"))
    wanted = arguments.positionals
    for key, value in place.config.config.items():
        if wanted and key not in [parse_key(name, place.project.name) for name in wanted]:
            continue
        moved = _reencrypted(value, place, target)
        target.config.config = put(target.config.config, key, moved)
    target.config.save()


def refuse_environments(place: Workplace, arguments: Arguments) -> None:
    raise EngineError(
        f"the backend '{place.backend.url}' does not support environments; keep the values in the stack's configuration"
    )


def _put(place: Workplace, name: str, given: str, secret: bool, path: bool) -> None:
    key = parse_key(name, place.project.name, path=path)
    value: Any = (
        secure(place.secrets.encrypt(given)) if secret else typed(given) if path and key.path else given
    )
    place.config.config = put(place.config.config, key, value)


def _put_entry(place: Workplace, name: str, entry: Any) -> None:
    key = parse_key(name, place.project.name)
    content = entry.get("objectValue", entry.get("value")) if isinstance(entry, dict) else entry
    if isinstance(entry, dict) and entry.get("secret"):
        plain = content if isinstance(content, str) else json.dumps(content, separators=(",", ":"))
        content = secure(place.secrets.encrypt(plain))
    place.config.config = put(place.config.config, key, content)


def _drop(place: Workplace, name: str, path: bool) -> None:
    key = parse_key(name, place.project.name, path=path)
    place.config.config = drop(place.config.config, key)


def _entries(document: str) -> dict[str, Any]:
    try:
        entries = json.loads(document)
    except ValueError as error:
        raise ConfigurationError(f"--json takes a JSON object of keys to values: {error}") from error
    if not isinstance(entries, dict):
        raise ConfigurationError("--json takes a JSON object of keys to values")
    return entries


def _listed(value: Any, decrypter: Any, show: bool) -> dict[str, Any]:
    return listed(value, decrypter if show else None)


def _reencrypted(value: Any, source: Workplace, target: Workplace) -> Any:
    if isinstance(value, dict) and set(value) == {"secure"}:
        return secure(target.secrets.encrypt(source.secrets.decrypt(value["secure"])))
    if isinstance(value, dict):
        return {name: _reencrypted(item, source, target) for name, item in value.items()}
    if isinstance(value, list):
        return [_reencrypted(item, source, target) for item in value]
    return value


def _short(place: Workplace, key: ConfigKey) -> str:
    own = place.found_project is not None and key.namespace == place.found_project.name
    return key.name if own else str(key)


_PATH = options("", "path")

VERBS = (
    Verb("config", "List configuration", listing, options("", "show-secrets json open", j="json")),
    Verb("config get", "Show a value", get, options("", "path json open", j="json"), "KEY"),
    Verb(
        "config set", "Set a value", set_, options("type", "path secret plaintext", s="stack"), "KEY [VALUE]"
    ),
    Verb("config set-all", "Set several values", set_all, options("plaintext secret json", "path"), ""),
    Verb("config rm", "Remove a value", remove, _PATH, "KEY"),
    Verb("config rm-all", "Remove several values", remove_all, _PATH, "KEY…"),
    Verb(
        "config refresh",
        "Take over the configuration of the last update",
        refresh,
        options("", "force", f="force"),
    ),
    Verb(
        "config cp", "Copy configuration to another stack", copy, options("dest", "path", d="dest"), "[KEY]"
    ),
    Verb(
        "config env",
        "Not supported by this backend",
        refuse_environments,
        options("", "yes json show-secrets"),
    ),
    Verb(
        "config env add",
        "Not supported by this backend",
        refuse_environments,
        options("", "yes json show-secrets"),
    ),
    Verb(
        "config env rm",
        "Not supported by this backend",
        refuse_environments,
        options("", "yes json show-secrets"),
    ),
    Verb(
        "config env ls",
        "Not supported by this backend",
        refuse_environments,
        options("", "yes json show-secrets"),
    ),
)
