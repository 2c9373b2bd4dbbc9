"""`Pulumi.<stack>.yaml`: a stack's configuration and the salt of its secrets. Edits keep comments and order."""

from __future__ import annotations

import io
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from engine.state.configkey import parse_key
from engine.state.configvalue import ConfigMap
from engine.state.errors import ConfigurationError, StateError
from engine.yamltext import PulumiLoader, is_ambiguous

SALT, PROVIDER, KEY, CONFIG = "encryptionsalt", "secretsprovider", "encryptedkey", "config"
ENVIRONMENT = "environment"


@dataclass
class StackConfig:
    """The file's content. `salt`, `secrets_provider` and `encrypted_key` are empty if absent.

    `environment` is what the file imports from elsewhere, which the engine doesn't do.
    """

    path: Path
    config: ConfigMap = field(default_factory=dict)
    salt: str = ""
    secrets_provider: str = ""
    encrypted_key: str = ""
    environment: Any = None

    @classmethod
    def read(cls, path: Path) -> StackConfig:
        """An absent file is empty. Raises `ConfigurationError` for one that can't be understood."""
        try:
            text = path.read_text()
        except FileNotFoundError:
            return cls(path)
        document, scalars = _load(text, path)
        config: ConfigMap = {}
        for name, value in (document.get(CONFIG) or {}).items():
            # `port: 8080` and `port: "8080"` mean the same.
            config[parse_key(str(name), "")] = scalars.get(name, value)
        return cls(
            path,
            config,
            str(document.get(SALT) or ""),
            str(document.get(PROVIDER) or ""),
            str(document.get(KEY) or ""),
            document.get(ENVIRONMENT),
        )

    def save(self) -> None:
        """Writes what has changed into the file, atomically; the rest of it stays as it is."""
        _write(self.path, self._in_json() if self.path.suffix == ".json" else self._in_yaml())

    def _in_json(self) -> str:
        """The whole of it; JSON has no comments that could be lost."""
        document = {
            PROVIDER: self.secrets_provider,
            KEY: self.encrypted_key,
            SALT: self.salt,
            CONFIG: {str(key): self.config[key] for key in sorted(self.config, key=str)},
            ENVIRONMENT: self.environment,
        }
        return json.dumps(
            {name: value for name, value in document.items() if value}, indent=4, ensure_ascii=False
        )

    def _in_yaml(self) -> str:
        before = StackConfig.read(self.path)
        editor = _editor()
        document = editor.load(self.path.read_text()) if self.path.exists() else None
        document = {} if document is None else document
        for name, value in ((PROVIDER, self.secrets_provider), (KEY, self.encrypted_key), (SALT, self.salt)):
            _set_or_drop(document, name, value or None)
        if self.config and not document.get(CONFIG):
            document[CONFIG] = {}
        names = {parse_key(str(name), ""): name for name in document.get(CONFIG) or ()}
        new = sorted(self.config.keys() - before.config.keys(), key=str)
        for key in (*before.config, *new):
            if before.config.get(key) != self.config.get(key):
                _set_or_drop(document[CONFIG], names.get(key, str(key)), self.config.get(key))
        if CONFIG in document and not document[CONFIG]:
            del document[CONFIG]
        out = io.StringIO()
        if document:
            editor.dump(document, out)
        text = out.getvalue()
        # The mark after a text that ends with empty lines is needed by no reader; it stands alone on its line.
        return text.removesuffix("...\n") if text.endswith("\n...\n") else text


def _load(text: str, path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The document, and the raw texts of the scalars directly under `config`."""
    loader = PulumiLoader(text)
    try:
        node = loader.get_single_node()
        document = loader.construct_document(node) if node else {}
    except yaml.YAMLError as error:
        raise ConfigurationError(f"could not read '{path}': {error}; correct the file") from error
    finally:
        loader.dispose()
    if not isinstance(document, dict) or not isinstance(document.get(CONFIG) or {}, dict):
        raise ConfigurationError(
            f"could not read '{path}': 'config' has to be a map of keys to values; correct the file"
        )
    return document, _scalars(node)


def _scalars(root: Any) -> dict[str, str]:
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    config = next((value for key, value in pairs if key.value == CONFIG), None)
    entries = config.value if isinstance(config, yaml.MappingNode) else []
    return {
        key.value: "" if value.tag.endswith(":null") else value.value
        for key, value in entries
        if isinstance(value, yaml.ScalarNode)
    }


def _editor() -> Any:
    # Imported late: only edits need it, and it is slow to load.
    from ruamel.yaml import YAML

    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 100_000
    editor.indent(mapping=2, sequence=4, offset=2)
    editor.representer.add_representer(_Null, _represented)
    return editor


class _Null:
    """A null that is written out; for None the editor leaves its place empty, as it may have found it."""


def _represented(representer: Any, _: _Null) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def _set_or_drop(entries: Any, key: str, value: Any) -> None:
    if value is None:
        entries.pop(key, None)
    else:
        _assign(entries, key, value)


def _assign(container: Any, key: Any, value: Any) -> None:
    """Sets a value in a loaded document, touching only what differs in it."""
    old = container.get(key) if isinstance(container, dict) else container[key]
    if isinstance(old, dict) and isinstance(value, dict):
        for name in [name for name in old if name not in value]:
            del old[name]
        for name, item in _in_order(value):
            _assign(old, _styled(name), item)
    elif isinstance(old, list) and isinstance(value, list) and old:
        del old[len(value) :]
        for position, item in enumerate(value[: len(old)]):
            _assign(old, position, item)
        old.extend(map(_styled, value[len(old) :]))
    elif old != value or isinstance(old, bool) is not isinstance(value, bool):
        container[key] = _styled(value)
    elif isinstance(container, dict):
        # An entry that is null and one that is missing read the same.
        container.setdefault(key, _styled(value))


def _in_order(entries: dict[Any, Any]) -> list[tuple[Any, Any]]:
    return sorted(entries.items(), key=lambda entry: str(entry[0]))


def _styled(value: Any) -> Any:
    """A value as the official CLI writes a new one: texts in double quotes where they have to be, lines as a block."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    if isinstance(value, dict):
        return {_styled(key): _styled(item) for key, item in _in_order(value)}
    if isinstance(value, list):
        return [_styled(item) for item in value]
    if not isinstance(value, str):
        return _Null() if value is None else value
    if "\n" in value:
        return LiteralScalarString(value)
    return DoubleQuotedScalarString(value) if is_ambiguous(value) else value


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".Pulumi.", dir=path.parent)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(text)
            os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o644)
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise StateError(
            f"could not write '{path}': {error.strerror}; free space or rights there and try again"
        ) from error
