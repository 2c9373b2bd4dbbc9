"""What a command works on: project, backend, stack, its configuration and its secrets, each found when needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from engine.errors import ConfigurationError
from engine.shell import Say, Shell
from engine.state import stacks
from engine.state.backend import Backend, open_backend
from engine.state.configvalue import has_secure, secrets_in
from engine.state.layout import ensure_layout
from engine.state.projectconfig import (
    ProgramConfig,
    program_config,
    validate,
    with_defaults,
    with_project_config,
)
from engine.state.reference import StackReference, parse_reference
from engine.state.secrets import SecretsManager, passphrase_from, require_passphrase_provider
from engine.state.snapshots import read_checkpoint
from engine.state.stackconfig import StackConfig
from engine.state.workspace import (
    Home,
    Project,
    backend_url,
    current_stack,
    find_project,
    require_project,
)


class Workplace:
    """The place of one command. What others may have changed is read anew for each command.

    `stack` and `config_file` are as the user gave them, empty if not at all.
    """

    def __init__(self, shell: Shell, stack: str = "", config_file: str = ""):
        self.shell, self._stack, self._config_file = shell, stack, config_file

    @property
    def cwd(self) -> Path:
        return self.shell.cwd

    @cached_property
    def project(self) -> Project:
        """Raises `StateError` outside of a project."""
        return self.found_project or require_project(self.cwd)

    @cached_property
    def found_project(self) -> Project | None:
        known = _projects.get(self.cwd)
        if known is not None and known[0] == _signature(known[1].path):
            return known[1]
        found = find_project(self.cwd)
        # One further up could be hidden by a file that is added later; one that lies right here cannot.
        if found is not None and found.folder == self.cwd:
            _projects[self.cwd] = _signature(found.path), found
        return found

    @cached_property
    def home(self) -> Home:
        return Home.of(self.shell.env)

    @cached_property
    def url(self) -> str:
        return backend_url(self.shell.env, self.found_project, self.home)

    @cached_property
    def backend(self) -> Backend:
        """Where the states are. Raises `StateError` if they lie there in a way that is not known."""
        _require_known_ways(self.shell.env)
        opened = open_backend(self.url, self.shell.env, self.cwd)
        if opened.url not in _known_layouts:
            ensure_layout(opened)
            _known_layouts.add(opened.url)
        return opened

    @cached_property
    def ref(self) -> StackReference:
        """The stack that is meant; it need not exist. Raises `StateError` if none is selected."""
        if self._stack:
            return self.reference(self._stack)
        return current_stack(self.shell.env, self.found_project, self.home, self.backend.url)

    @cached_property
    def existing(self) -> StackReference:
        """The stack that is meant. Raises `StackNotFound`."""
        self.require_stack()
        return self.ref

    def require_stack(self) -> None:
        """Raises `StackNotFound` if the stack that is meant does not exist."""
        stacks.require(self.backend, self.ref)

    @cached_property
    def config(self) -> StackConfig:
        """The stack's configuration file."""
        return StackConfig.read(self.config_path(self.ref.name))

    @cached_property
    def secrets(self) -> SecretsManager:
        """Raises `PassphraseError`. A stack that has no salt yet gets one, here and in its file."""
        require_passphrase_provider(self.config.secrets_provider)
        passphrase = passphrase_from(self.shell.env, self.cwd)
        salt = self.config.salt or read_checkpoint(self.backend, self.ref).salt
        if salt:
            return SecretsManager.open(salt, passphrase)
        manager = SecretsManager.create(passphrase)
        self.config.salt = manager.salt
        self.config.save()
        return manager

    def program_config(self, checked: bool) -> ProgramConfig:
        """What the program is given, with the project's defaults.

        Raises `ConfigurationError` if it is to be checked and something is missing or of the wrong type.
        """
        given, project = self.config.config, self.project
        if not checked:
            return program_config(with_defaults(given, project)[0], self.secrets)
        try:
            config = with_project_config(given, project, self.ref.name)
            validate(config, project, self.ref.name, self.secrets)
        except ConfigurationError as error:
            raise ConfigurationError(f"validating stack config: {error}") from error
        return program_config(config, self.secrets)

    def secret_texts(self) -> tuple[str, ...]:
        """Every secret of the configuration in plain text. Raises `PassphraseError`."""
        hidden = [value for value in self.config.config.values() if has_secure(value)]
        return tuple(text for value in hidden for text in secrets_in(value, self.secrets))

    def saying(self, out: Say) -> Workplace:
        """The same place, where lines are said in another way."""
        return Workplace(replace(self.shell, out=out), self.ref.full_name, self._config_file)

    def reference(self, name: str) -> StackReference:
        """The stack of a name as the user gives it."""
        return parse_reference(name, self.found_project.name if self.found_project else None)

    def config_path(self, stack: str) -> Path:
        """Where the configuration file of a stack lies."""
        if self._config_file:
            return self.cwd / self._config_file
        if self.found_project is None:
            raise ConfigurationError(f"no project was found from {self.cwd} upwards; change into its folder")
        return self.found_project.stack_config(stack)

    def shown(self, ref: StackReference) -> str:
        """A stack's name, short inside its own project."""
        return ref.shown_in(self.found_project.name if self.found_project else None)

    def at(self, ref: StackReference) -> Workplace:
        """The same place, for another stack."""
        return Workplace(self.shell, ref.full_name)


_known_layouts: set[str] = set()
"""Backends that this process has looked at: a driver opens one for each of its steps."""

_UNPACKED = "states are written unpacked, as every CLI reads them"
_WAYS = {
    "PULUMI_DIY_BACKEND_GZIP": _UNPACKED,
    "PULUMI_DIY_BACKEND_ZSTD": _UNPACKED,
    "PULUMI_SELF_MANAGED_STATE_GZIP": _UNPACKED,
    "PULUMI_SKIP_CHECKPOINTS": "an update that is interrupted would leave a state that knows nothing of what it did",
}


def _require_known_ways(env: Mapping[str, str]) -> None:
    """Raises `ConfigurationError` for a way of keeping states that is asked for and not there."""
    for name, reason in _WAYS.items():
        if env.get(name) in ("true", "1"):
            raise ConfigurationError(f"the embedded engine does not support {name}: {reason}; unset it")


Signature = tuple[int, int, int]

_projects: dict[Path, tuple[Signature | None, Project]] = {}
"""Projects by folder, for as long as their files stay as they were read."""


def _signature(path: Path) -> Signature | None:
    """What changes when a file is written; None for no file."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
