"""How a command can fail, and the exit code that says so.

EngineError                 1   anything a person can act on; its text is printed after `error: `
├── ConfigurationError      1   a wrong command line or configuration
├── ConsentMissing          2   nobody can be asked and `--yes` was not given
├── AuthenticationError     3   the state backend turned the user away
├── StackNotFound           6   no such stack
├── ChangesFound            7   `--expect-no-changes` and there were some
├── Cancelled               8   interrupted by the user
└── Bail                    1   what went wrong has been shown already; nothing is printed
"""

from __future__ import annotations


class EngineError(Exception):
    """A failure that is told to the user as one sentence, without a traceback."""

    exit_code = 1


class ConfigurationError(EngineError):
    """The command line, the project's or the stack's configuration has to be changed."""


class ConsentMissing(EngineError):
    """Nobody can be asked whether to go on, and `--yes` was not given."""

    exit_code = 2


class UsageError(EngineError):
    """The command line is not one that there is."""


class AuthenticationError(EngineError):
    """The state backend refused access."""

    exit_code = 3


class StackNotFound(EngineError):
    """The stack does not exist."""

    exit_code = 6


class ChangesFound(EngineError):
    """Changes were made or proposed although none were expected."""

    exit_code = 7

    def __init__(self, operation: str = "update") -> None:
        super().__init__(f"no changes were expected for {operation} but changes were proposed")


class Cancelled(EngineError):
    """The user interrupted the operation."""

    exit_code = 8


class Bail(EngineError):
    """The command failed and everything worth saying has been said."""
