"""`sluice abort`, `retry` and `retire`: what a person asks for and the Canary's driver answers at its next tick."""

from __future__ import annotations

import uuid

import click

from automation.core.kinds import CANARY
from automation.core.status import Phase, Request, Status
from automation.errors import CanaryMissing, NothingToDo
from cli.environment import Environment, open_environment, person
from cli.options import Where, environment, namespace, where

REST = (Phase.NONE, Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED, Phase.TERMINATING, Phase.TERMINATED)

LEAVABLE = (Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED, Phase.TERMINATING)
"""Where a Canary can be retired from; what was begun and interrupted goes on."""


@click.command(short_help="End the run that is under way: all traffic back to primary.")
@click.argument("name")
@environment
@namespace
@where
def abort(name: str, environment: str, namespace: str | None, where: Where) -> None:
    """End the run that is under way: all traffic back to primary."""
    opened = open_environment(environment, where)
    key = opened.find(name, namespace)
    phase = ask(opened, key, "abort")
    click.echo(
        f"asked to abort {key[1]}.{key[0]} (now {phase}); its driver takes the traffic back at its next tick. "
        f"To run the same image again afterwards: {opened.command('retry', key)}"
    )


@click.command(short_help="Run the revision that failed once more.")
@click.argument("name")
@environment
@namespace
@where
def retry(name: str, environment: str, namespace: str | None, where: Where) -> None:
    """Run the revision that failed once more."""
    opened = open_environment(environment, where)
    key = opened.find(name, namespace)
    ask(opened, key, "retry")
    click.echo(f"asked to retry {key[1]}.{key[0]}; drive it with: {opened.command('release', key)}")


def ask(opened: Environment, key: tuple[str, str], verb: str) -> Phase:
    """Writes the request into the status. Raises NothingToDo where it makes no sense in the present phase."""
    live = opened.cluster.get(CANARY, *key)
    if live is None:
        raise CanaryMissing(f"Canary {key[1]}.{key[0]} is not in the cluster")
    phase = Status.parse(live.get("status") or {}).phase
    if verb == "abort" and phase in REST:
        raise NothingToDo(
            f"{key[1]}.{key[0]} is {phase or 'new'}: there is no run to abort",
            f"what its driver says: {opened.events(key)}",
        )
    if verb == "retry" and phase is not Phase.FAILED:
        raise NothingToDo(
            f"{key[1]}.{key[0]} is {phase or 'new'}: only a run that failed can be retried",
            f"what its driver says: {opened.events(key)}; a new image runs by itself",
        )
    if verb == "retire" and phase not in LEAVABLE:
        raise NothingToDo(
            f"{key[1]}.{key[0]} is {phase or 'new'}: only a Canary at rest can be retired",
            f"end its run first: {opened.command('abort', key)}",
        )
    request = Request(verb, uuid.uuid4().hex[:8], person())
    opened.cluster.patch(CANARY, *key, {"status": {"request": request.document()}}, subresource="status")
    return phase
