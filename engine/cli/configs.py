"""`pulumi config …`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from engine.cli.arguments import Arguments
from engine.cli.tables import print_table
from engine.cli.verb import Verb, options
from engine.errors import ConfigurationError, EngineError
from engine.paths import written
from engine.state import history
from engine.state.configkey import ConfigKey, parse_key
from engine.state.configvalue import (
    ConfigMap,
    Masking,
    along,
    drop,
    find,
    has_secure,
    listed,
    of_type,
    put,
    secure,
    text,
)
from engine.state.projectconfig import with_defaults
from engine.state.secrets import Decrypter
from engine.state.strength import looks_secret
from engine.workplace import Workplace


def listing(place: Workplace, arguments: Arguments) -> None:
    place.require_stack()
    config, _ = with_defaults(place.config.config, place.project)
    decrypter = _decrypter(place, config) if arguments.flag("show-secrets") else None
    if arguments.flag("json"):
        entries = {str(key): listed(config[key], decrypter) for key in sorted(config)}
        place.shell.text(json.dumps(entries, indent=2, ensure_ascii=False))
        return
    shown = decrypter or Masking()
    rows = ((_short(place, key), text(config[key], shown)) for key in sorted(config))
    print_table(place, [("KEY", "VALUE"), *rows])


def get(place: Workplace, arguments: Arguments) -> None:
    name = arguments.positionals[0]
    place.require_stack()
    key = parse_key(name, place.project.name, path=arguments.flag("path"))
    value = _found(place, with_defaults(place.config.config, place.project)[0], key)
    decrypter = _decrypter(place, {key: value})
    if arguments.flag("json"):
        place.shell.text(json.dumps(listed(value, decrypter), indent=2, ensure_ascii=False))
    else:
        place.shell.text(text(value, decrypter))


def _found(place: Workplace, config: ConfigMap, key: ConfigKey) -> Any:
    """The value of a key. Raises `EngineError`."""
    try:
        return find(config, key)
    except KeyError as error:
        shown = written((key.name, *key.path)) if key.path else _short(place, key)
        raise EngineError(
            f"configuration key '{shown}' not found for stack '{place.shown(place.ref)}'"
        ) from error


def _decrypter(place: Workplace, config: ConfigMap) -> Decrypter:
    """What decrypts the values; nobody has to know the passphrase where none is secret."""
    return place.secrets if any(has_secure(value) for value in config.values()) else Masking()


def set_(place: Workplace, arguments: Arguments) -> None:
    place.require_stack()
    arguments.require_one_of("secret", "plaintext", "type")
    name = arguments.positionals[0]
    given = arguments.positionals[1] if len(arguments.positionals) > 1 else _read(place, arguments)
    key = parse_key(name, place.project.name, path=arguments.flag("path"))
    value = of_type(arguments.value("type"), given) if arguments.has("type") else along(key, given)
    if not arguments.flag("secret") and not arguments.flag("plaintext"):
        _require_public(key, given)
    try:
        _put(place, key, _secured(place, given) if arguments.flag("secret") else value)
    except ConfigurationError as error:
        raise ConfigurationError(f"could not set config: {error}") from error
    place.config.save()


def _read(place: Workplace, arguments: Arguments) -> str:
    """A value from standard input, without the end of its last line."""
    text = place.shell.read()
    return text if arguments.flag("raw") else text.removesuffix("\n")


def set_all(place: Workplace, arguments: Arguments) -> None:
    place.require_stack()
    path = arguments.flag("path")
    pairs = {False: arguments.values("plaintext"), True: arguments.values("secret")}
    for secret, given_pairs in pairs.items():
        for pair in given_pairs:
            name, equals, given = pair.partition("=")
            if not equals:
                raise ConfigurationError("config value must be in the form [key]=[value]")
            key = parse_key(name, place.project.name, path=path)
            _put(place, key, _secured(place, given) if secret else along(key, given))
    if arguments.has("json"):
        for name, entry in _entries(arguments.value("json")).items():
            _put_entry(place, name, entry)
    place.config.save()


def remove(place: Workplace, arguments: Arguments) -> None:
    place.require_stack()
    _drop(place, arguments.positionals[0], arguments.flag("path"))
    place.config.save()


def remove_all(place: Workplace, arguments: Arguments) -> None:
    place.require_stack()
    for name in arguments.positionals:
        _drop(place, name, arguments.flag("path"))
    place.config.save()


def refresh(place: Workplace, arguments: Arguments) -> None:
    found = history.updates(place.backend, place.existing, page_size=1)
    if not found:
        raise EngineError("getting latest configuration: no previous deployment")
    kept = None if arguments.flag("force") else _set_aside(place.config.path)
    if kept:
        place.shell.out(f"backed up existing configuration file to {kept}")
    place.config.config = dict(found[0].config)
    place.config.save()
    if kept:
        place.shell.out(f"refreshed configuration for stack '{place.ref.name}'")


def _set_aside(path: Path) -> Path | None:
    """A copy of the file under a name that is free; None for no file."""
    if not path.exists():
        return None
    copied = path
    while copied.exists():
        copied = copied.with_name(f"{copied.name}.bak")
    shutil.copy(path, copied)
    return copied


def copy(place: Workplace, arguments: Arguments) -> None:
    config, path = place.config.config, arguments.flag("path")
    keys = [parse_key(name, place.project.name, path=path) for name in arguments.positionals]
    values = {key: along(key, _found(place, config, key)) for key in keys} if keys else config
    copy_config(place, Workplace(place.shell, arguments.value("dest")), values)


def copy_config(source: Workplace, target: Workplace, values: ConfigMap) -> None:
    """Put values of one stack's configuration into another's; secrets are encrypted anew."""
    for key, value in values.items():
        target.config.config = put(target.config.config, key, _reencrypted(value, source, target))
    target.config.save()


def refuse_environments(place: Workplace, arguments: Arguments) -> None:
    raise EngineError(
        f"the backend '{place.backend.url}' does not support environments; keep the values in the stack's configuration"
    )


def _require_public(key: ConfigKey, given: str) -> None:
    name = written((key.name, *key.path))
    if looks_secret(name, given):
        raise ConfigurationError(
            f"config value for '{key.namespace}:{name}' looks like a secret; rerun with --secret to encrypt it, "
            "or --plaintext if you meant to store in plaintext"
        )


def _secured(place: Workplace, given: str) -> dict[str, str]:
    return secure(place.secrets.encrypt(given))


def _put(place: Workplace, key: ConfigKey, value: Any) -> None:
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
_NO_ENVIRONMENTS = {"open": "environments are kept by Pulumi's service; leave it out"}

VERBS = (
    Verb(
        "config",
        "List configuration",
        listing,
        options("", "show-secrets json open", j="json"),
        refused=_NO_ENVIRONMENTS,
    ),
    Verb("config get", "Show a value", get, options("", "path json open", j="json"), "KEY", _NO_ENVIRONMENTS),
    Verb(
        "config set",
        "Set a value",
        set_,
        options("type", "path secret plaintext raw", s="stack"),
        "KEY [VALUE]",
    ),
    Verb("config set-all", "Set several values", set_all, options("plaintext secret json", "path")),
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
        "NAME…",
    ),
    Verb(
        "config env rm",
        "Not supported by this backend",
        refuse_environments,
        options("", "yes json show-secrets"),
        "NAME",
    ),
    Verb(
        "config env ls",
        "Not supported by this backend",
        refuse_environments,
        options("", "yes json show-secrets"),
    ),
)
