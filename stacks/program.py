"""The program of a stack: what Pulumi runs, and what the driver hands to the Automation API."""

from __future__ import annotations

from collections.abc import Callable

import pulumi

from automation.core.refusal import Refused
from automation.errors import ClusterAway, ClusterRefused
from stacks import connection, names, overrides, platform, release
from stacks.canary_state import CanaryState
from stacks.environments import settings_for
from stacks.release import ProgramRun
from stacks.settings import ClusterSettings


def program_for(
    stack: str,
    attempt: str | None = None,
    rollout: CanaryState | None = None,
    at: ClusterSettings | None = None,
) -> Callable[[], None]:
    """The inline program of a platform or release stack.

    `attempt` is the id under which the driver makes an intent live; without it the program renders what is in
    force, so an update by hand moves no traffic. With `rollout` the program need not read the cluster. `at` is
    the cluster to work on, if the caller chooses it and not the settings. The program raises `pulumi.RunError`,
    without a traceback, for what a person can mend.
    """

    def program() -> None:
        try:
            _declare(stack, attempt, rollout, at)
        except Refused as refused:
            raise pulumi.RunError(str(refused)) from None
        except (ClusterAway, ClusterRefused) as failed:
            raise pulumi.RunError(connection.told(failed)) from None

    return program


def _declare(
    stack: str, attempt: str | None, rollout: CanaryState | None, at: ClusterSettings | None
) -> None:
    name = names.parse(stack)
    configured = overrides.configured()
    settings = settings_for(name.environment, configured.settings)
    if at is not None:
        settings = settings.model_copy(update={"cluster": at})
    if not name.canary:
        platform.declare(settings, connection.connect(settings.cluster))
    else:
        release.declare(settings, ProgramRun(name, configured, attempt, rollout))
