"""Every way in which Sluice ends other than well: what happened, to which thing, what to do next.

    SluiceError
    ├── RolledBack 20 · Ended 21 · StoppedByPolicy 22 · TimedOut 23
    │   OutputLost 24                                                      outcomes of a release
    └── Refusal 30 and up                                                nothing was begun

`cli.app` is the only place that turns these into an exit code. Codes are unique; `docs/errors.md`
is generated from this module.
"""

from __future__ import annotations

from typing import ClassVar


class SluiceError(Exception):
    """An expected failure. `problem` says what happened to which thing, `remedy` the next step."""

    exit_code: ClassVar[int] = 1
    meaning: ClassVar[str] = "an unexpected error, ours to mend"

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}\n{remedy}" if remedy else problem)
        self.problem = problem
        self.remedy = remedy


class RolledBack(SluiceError):
    exit_code = 20
    meaning = "the release failed its checks and all traffic is back on primary"


class Ended(SluiceError):
    exit_code = 21
    meaning = "the release was cancelled or aborted and all traffic is back on primary"


class StoppedByPolicy(SluiceError):
    exit_code = 22
    meaning = "a policy refused the next step; traffic stays where it is"


class TimedOut(SluiceError):
    exit_code = 23
    meaning = "the time that was given to wait is over; the release goes on when a driver runs"


class OutputLost(SluiceError):
    exit_code = 24
    meaning = "what was to be printed could not be written; a release goes on when a driver runs"


class DocumentRefused(SluiceError):
    exit_code = 30
    meaning = "a document can't be read, or a Canary or what it refers to can't work"


class ClusterAway(SluiceError):
    exit_code = 31
    meaning = "the cluster can't be reached"


class CanaryMissing(SluiceError):
    exit_code = 32
    meaning = "there is no Canary of that name, or several, in namespaces that `-n` tells apart"


class SettingsRefused(SluiceError):
    exit_code = 33
    meaning = "the settings or the configuration of an environment are wrong"


class ClusterRefused(SluiceError):
    exit_code = 34
    meaning = "the cluster refused a request (permissions, validation)"


class EngineMissing(SluiceError):
    exit_code = 35
    meaning = "the Pulumi engine that was asked for isn't here"


class StackLocked(SluiceError):
    exit_code = 36
    meaning = "somebody else holds the lock of the stack"


class UpdateFailed(SluiceError):
    exit_code = 37
    meaning = "a stack update failed"


class StateRefused(SluiceError):
    exit_code = 38
    meaning = "the state or its secrets can't be read"


class ImageRefused(SluiceError):
    exit_code = 39
    meaning = "the container or image that was named doesn't fit the target"


class ProjectMissing(SluiceError):
    exit_code = 40
    meaning = "this folder is not inside a Sluice project"


class RivalDriver(SluiceError):
    exit_code = 41
    meaning = "another driver (Flagger, or a second Sluice) works on the same Canary"


class NothingToDo(SluiceError):
    exit_code = 42
    meaning = "what was asked for makes no sense in the phase that the Canary is in"


class PortTaken(SluiceError):
    exit_code = 43
    meaning = "the driver can't listen on the address that it was given for metrics and probes"


def all_errors() -> tuple[type[SluiceError], ...]:
    """Every concrete error, ordered by exit code."""
    return tuple(sorted(SluiceError.__subclasses__(), key=lambda error: error.exit_code))
