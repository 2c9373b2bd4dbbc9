"""What can go wrong around the files of a stack.

StateError                1   something about the stored files
├── ConfigurationError    1   a configuration key or value
├── PassphraseError       1   the passphrase is missing or wrong
├── StackNotFound         6   no such stack
├── StackExists           1   a stack of that name is there already
├── StackLocked           1   somebody else is updating the stack
└── BrokenCheckpoint      1   a state file that is truncated, foreign or inconsistent
"""

from __future__ import annotations

from engine import errors
from engine.errors import EngineError


class StateError(EngineError):
    """Something about the stored files; the text says what to do about it."""


class ConfigurationError(StateError, errors.ConfigurationError):
    """The project's or the stack's configuration has to be changed."""


class PassphraseError(StateError):
    """The passphrase of the stack's secrets is missing or wrong."""


class StackNotFound(StateError, errors.StackNotFound):
    """The stack does not exist."""

    @classmethod
    def named(cls, name: str) -> StackNotFound:
        return cls(f"no stack named '{name}' found")


class StackExists(StateError):
    """A stack of that name is there already."""


class StackLocked(StateError):
    """Another update holds the lock of the stack."""


class BrokenCheckpoint(StateError):
    """The state cannot be used as it is."""
