"""`sluice approve`, `hold` and `resume`: what a person says of a gate, with a reason that is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from automation.core.words import GATES
from cli.environment import open_environment
from cli.options import Where, environment, namespace, where
from cli.requests import About, answering, ask

Command = Callable[..., Any]


def _about_a_gate(command: Command) -> Command:
    """The arguments of the three verbs."""
    gate = click.option(
        "--gate",
        type=click.Choice([*GATES]),
        default="promotion",
        show_default=True,
        help="Before a run begins (rollout), before its weight rises (traffic), before it is promoted.",
    )
    reason = click.option("--reason", required=True, help="Why: it is kept with your name and the time.")
    for wrap in (where, namespace, environment, reason, gate, click.argument("name")):
        command = wrap(command)
    return command


@click.command(short_help="Let the revision under test pass a gate, whatever its hooks say.")
@_about_a_gate
def approve(name: str, gate: str, reason: str, environment: str, namespace: str | None, where: Where) -> None:
    """Let the revision under test pass a gate, whatever its hooks say. The next revision is asked about anew."""
    _say("approve", name, About(gate, reason), (environment, namespace, where))


@click.command(short_help="Keep a gate of a Canary closed until it is resumed.")
@_about_a_gate
def hold(name: str, gate: str, reason: str, environment: str, namespace: str | None, where: Where) -> None:
    """Keep a gate of a Canary closed until it is resumed, or approved. Checks go on: what is bad is rolled back."""
    _say("hold", name, About(gate, reason), (environment, namespace, where))


@click.command(short_help="Take a hold away: the gate's hooks are asked again.")
@_about_a_gate
def resume(name: str, gate: str, reason: str, environment: str, namespace: str | None, where: Where) -> None:
    """Take a hold away: the gate's hooks are asked again, if it has any."""
    _say("resume", name, About(gate, reason), (environment, namespace, where))


def _say(verb: str, name: str, about: About, place: tuple[str, str | None, Where]) -> None:
    environment, namespace, where = place
    opened = open_environment(environment, where)
    key = opened.find(name, namespace)
    asked = ask(opened, key, verb, about)
    click.echo(
        f"asked to {verb} gate {about.gate} of {key[1]}.{key[0]} (now {asked.phase}); "
        f"{answering(opened, key, 'keeps it')}"
    )
