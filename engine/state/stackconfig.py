"""`Pulumi.<stack>.yaml`: a stack's configuration and the salt of its secrets. Edits keep comments and order."""

from __future__ import annotations

import io
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

SALT, PROVIDER, KEY, CONFIG = "encryptionsalt", "secretsprovider", "encryptedkey", "config"


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
            document.get("environment"),
        )

    def save(self) -> None:
        """Writes what has changed into the file, atomically; the rest of it stays as it is."""
        editor = _editor()
        text = self.path.read_text() if self.path.exists() else ""
        document = editor.load(text) or {}
        for name, value in ((PROVIDER, self.secrets_provider), (KEY, self.encrypted_key), (SALT, self.salt)):
            _assign(document, name, value or None)
        old = document.get(CONFIG) or {}
        names = {parse_key(str(name), ""): name for name in old}
        new = {names.get(key, str(key)): value for key, value in self.config.items()}
        _assign(document, CONFIG, new or None)
        out = io.StringIO()
        editor.dump(document, out) if document else None
        _write(self.path, out.getvalue())


def _load(text: str, path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The document, and the raw texts of the scalars directly under `config`."""
    loader = yaml.SafeLoader(text)
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
    return editor


def _assign(container: Any, key: Any, value: Any) -> None:
    """Sets a value in a loaded document, touching only what differs; None removes it."""
    if value is None:
        if key in container:
            del container[key]
        return
    old = container.get(key)
    if isinstance(old, dict) and isinstance(value, dict):
        for name in [name for name in old if name not in value]:
            del old[name]
        for name, item in value.items():
            _assign(old, name, item)
    elif not _same(old, value):
        container[key] = value


def _same(old: Any, value: Any) -> bool:
    """Whether the file says it already. A scalar under `config` may stand there as a number or a boolean."""
    if type(old) is type(value) or isinstance(old, list | dict):
        return bool(old == value)
    return isinstance(value, str) and isinstance(old, str | int | float) and _text(old) == value


def _text(scalar: Any) -> str:
    return str(scalar).lower() if isinstance(scalar, bool) else str(scalar)


def _write(path: Path, text: str) -> None:
    try:
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
