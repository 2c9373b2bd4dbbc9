"""`sluice promote`: lets a Rollout go on past the step that it waits at, or a Canary be promoted without waiting."""

from __future__ import annotations

import click

from cli.environment import open_environment
from cli.found import rollout_of
from cli.options import Where, namespace, optional_environment, where
from cli.requests import About, answering, ask
from cli.rollout_requests import ask as ask_rollout


@click.command(short_help="Let a Rollout go on past its step (--full: all); promote a Canary --now.")
@click.argument("name")
@click.option("--full", is_flag=True, help="Of a Rollout: past all steps, pauses and analyses.")
@click.option("--now", is_flag=True, help="Of a Canary: past all weights, checks and gates. For emergencies.")
@click.option("--reason", default="", help="Why: it is kept with your name and the time.")
@optional_environment
@namespace
@where
def promote(
    name: str,
    full: bool,
    now: bool,
    reason: str,
    environment: str | None,
    namespace: str | None,
    where: Where,
) -> None:
    """Let a Rollout go on past the step that it waits at, or past all of them (--full).

    With --env, --now and --reason: promote the revision of a Canary's run as soon as its pods are ready, whatever else
    is waited for. The policy pack is asked, and a gate promotion that is held stays closed.
    """
    if environment is None:
        if now or reason:
            raise click.UsageError("--now and --reason are for a Canary: name its environment with --env")
        cluster = where.cluster()
        live = rollout_of(cluster, name, namespace)
        click.echo(ask_rollout(cluster, live, "promote --full" if full else "promote"))
        return
    if full or not now or not reason:
        raise click.UsageError("a Canary is promoted by its run; in an emergency with --now --reason TEXT")
    opened = open_environment(environment, where)
    key = opened.find(name, namespace)
    asked = ask(opened, key, "promote", About(reason=reason))
    click.echo(
        f"asked to promote {key[1]}.{key[0]} (now {asked.phase}) without waiting; "
        f"{answering(opened, key, 'promotes it')}{asked.told}"
    )
