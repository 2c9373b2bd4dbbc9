"""`sluice settings`: the merged settings of an environment, and where each value comes from."""

from __future__ import annotations

import os

import click
from rich.table import Table

from automation.core.refusal import Refused
from automation.errors import SettingsRefused, SluiceError
from automation.updates import engines
from automation.updates.stacks import Stacks
from cli.display import as_json, show
from cli.environment import configured
from cli.options import Where, environment, output, where
from stacks import settings_for
from stacks.explain import explain
from stacks.overrides import Overrides


def pulumi_config(environment: str, where: Where) -> Overrides | None:
    """What Pulumi config overrides; None, with a message, if the state can't be read."""
    try:
        stacks = Stacks(where.project(), engines.choose(os.environ), dict(os.environ))
        return configured(settings_for(environment), stacks)
    except SluiceError as unread:
        click.echo(f"Pulumi config is not shown: {unread.problem}", err=True)
        return None


@click.command(short_help="The merged settings of an environment, and where each value comes from.")
@environment
@output
@where
def settings(environment: str, output: str, where: Where) -> None:
    """The merged settings of an environment, and where each value comes from."""
    try:
        explained = explain(environment, pulumi_config(environment, where))
    except Refused as refused:
        raise SettingsRefused("\n".join(str(problem) for problem in refused.problems)) from refused
    if output == "json":
        click.echo(as_json([{"path": e.path, "value": e.value, "source": e.source} for e in explained]))
        return
    table = Table("SETTING", "VALUE", "FROM", "MEANING", box=None, padding=(0, 2, 0, 0))
    for entry in explained:
        table.add_row(
            entry.path, "-" if entry.value is None else str(entry.value), entry.source, entry.description
        )
    show(table)
