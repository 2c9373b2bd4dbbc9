"""`sluice settings`: the merged settings of an environment, and where each value comes from."""

from __future__ import annotations

import os

import click
from rich.table import Table

from automation import engines
from automation.cli.display import as_json, show
from automation.cli.environment import configured
from automation.cli.options import Where, environment, output, where
from automation.core.refusal import Refused
from automation.errors import SettingsRefused
from automation.updates import Stacks
from stacks import settings_for
from stacks.explain import explain


@click.command(short_help="The merged settings of an environment, and where each value comes from.")
@environment
@output
@where
def settings(environment: str, output: str, where: Where) -> None:
    """The merged settings of an environment, and where each value comes from."""
    try:
        stacks = Stacks(where.project(), engines.choose(os.environ), dict(os.environ))
        explained = explain(environment, configured(settings_for(environment), stacks))
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
