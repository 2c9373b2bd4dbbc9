"""`sluice promote`: lets a Rollout go on past the step that it waits at, or past all of them."""

from __future__ import annotations

import click

from cli.found import rollout_of
from cli.options import Where, namespace, where
from cli.rollout_requests import ask


@click.command(short_help="Let a Rollout go on past its step, or past all of them (--full).")
@click.argument("name")
@click.option("--full", is_flag=True, help="Past all steps, pauses and analyses.")
@namespace
@where
def promote(name: str, full: bool, namespace: str | None, where: Where) -> None:
    """Let a Rollout go on past the step that it waits at, or past all of them."""
    cluster = where.cluster()
    live = rollout_of(cluster, name, namespace)
    click.echo(ask(cluster, live, "promote --full" if full else "promote"))
