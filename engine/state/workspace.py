"""The files beside a program: `Pulumi.yaml`, and which backend and stack are selected for it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from engine.state.errors import ConfigurationError, StateError
from engine.state.reference import StackReference, parse_reference
from engine.yamltext import load

PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


@dataclass(frozen=True)
class Project:
    """`Pulumi.yaml`. `path` is the file's own absolute path; `config` the declarations by key as they stand there."""

    path: Path
    name: str
    runtime: str
    runtime_options: Mapping[str, Any] = field(default_factory=dict)
    main: str = ""
    description: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    stack_config_dir: str = ""
    backend_url: str = ""
    refresh_always: bool = False

    @property
    def folder(self) -> Path:
        return self.path.parent

    def stack_config(self, stack: str) -> Path:
        """Where the stack's configuration file lies."""
        return self.folder / self.stack_config_dir / f"Pulumi.{stack}{self.path.suffix}"


def find_project(cwd: Path) -> Project | None:
    """The project that a folder belongs to, looking upwards; None outside of any."""
    start = Path(os.path.abspath(cwd))
    for folder in (start, *start.parents):
        for name in PROJECT_FILES:
            if (folder / name).is_file():
                return read_project(folder / name)
    return None


def require_project(cwd: Path) -> Project:
    """Raises `StateError` outside of a project."""
    project = find_project(cwd)
    if project is None:
        raise StateError(
            f"no Pulumi.yaml project file found (searching upwards from {cwd}); "
            "change into the folder of a project, or name one with --cwd"
        )
    return project


def read_project(path: Path) -> Project:
    """Raises `ConfigurationError` for a file that can't be understood."""
    try:
        document = load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"could not load the project '{path}': {error}; correct the file") from error
    if not isinstance(document, dict) or not document.get("name"):
        raise ConfigurationError(f"could not load the project '{path}': it is missing a 'name'; add one")
    runtime = document.get("runtime")
    if not runtime:
        raise ConfigurationError(
            f"could not load the project '{path}': it is missing a 'runtime'; add `runtime: python`"
        )
    name, options = (
        (runtime, {}) if isinstance(runtime, str) else (runtime.get("name", ""), runtime.get("options") or {})
    )
    backend, general = document.get("backend") or {}, document.get("options") or {}
    config = document.get("config")
    return Project(
        Path(os.path.abspath(path)),
        str(document["name"]),
        name,
        options,
        document.get("main") or "",
        document.get("description") or "",
        config if isinstance(config, dict) else {},
        document.get("stackConfigDir") or (config if isinstance(config, str) else ""),
        backend.get("url") or "",
        general.get("refresh") == "always",
    )


@dataclass(frozen=True)
class Home:
    """`$PULUMI_HOME`: what the user has logged in to and selected, of all projects."""

    folder: Path

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Home:
        given = env.get("PULUMI_HOME")
        return cls(Path(given) if given else Path(env.get("HOME") or os.path.expanduser("~")) / ".pulumi")

    @property
    def current_backend(self) -> str:
        """The URL that `pulumi login` has left, or the empty text."""
        return str(_read_json(self.folder / "credentials.json").get("current") or "")

    def selected(self, project: Project, backend_url: str) -> str:
        """The name of the stack selected for a project, or the empty text."""
        settings = _read_json(self._workspace(project))
        stacks = settings.get("stacks") or {}
        return str(stacks.get(backend_url) or settings.get("stack") or "")

    def select(self, project: Project, backend_url: str, stack: str) -> None:
        """Remembers a stack by its full name; the empty text forgets what was selected."""
        path = self._workspace(project)
        settings = _read_json(path)
        stacks = {**(settings.get("stacks") or {}), backend_url: stack}
        kept = {key: value for key, value in settings.items() if key != "stack"}
        kept["stacks"] = {url: name for url, name in stacks.items() if name}
        _write_json(path, kept)

    def _workspace(self, project: Project) -> Path:
        digest = hashlib.sha1(str(project.path).encode(), usedforsecurity=False).hexdigest()
        return self.folder / "workspaces" / f"{project.name}-{digest}-workspace.json"


def backend_url(env: Mapping[str, str], project: Project | None, home: Home) -> str:
    """The backend in force: environment over project over login. Raises `StateError` if none is chosen."""
    url = env.get("PULUMI_BACKEND_URL") or (project.backend_url if project else "") or home.current_backend
    if not url:
        raise StateError(
            "no state backend is chosen; set PULUMI_BACKEND_URL, for example to file://~, or backend.url in Pulumi.yaml"
        )
    return url


def current_stack(env: Mapping[str, str], project: Project | None, home: Home, url: str) -> StackReference:
    """The stack that a command without `--stack` means. Raises `StateError` if none is selected."""
    name = env.get("PULUMI_STACK") or (home.selected(project, url) if project else "")
    if not name:
        raise StateError(
            "no stack selected; please use `pulumi stack select` or `pulumi stack init` to choose one"
        )
    return parse_reference(name, project.name if project else None)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StateError(f"could not read '{path}': {error}; correct or remove the file") from error
    return document if isinstance(document, dict) else {}


def _write_json(path: Path, document: dict[str, Any]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(document, file, indent=4)
        os.replace(temporary, path)
    except OSError as error:
        raise StateError(
            f"could not write '{path}': {error.strerror}; free space or rights there and try again"
        ) from error
