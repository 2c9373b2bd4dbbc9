"""`sluice status`: the table of Canaries and Rollouts, once or live."""

from __future__ import annotations

import time
from typing import Any

import click
from rich.live import Live
from rich.table import Table

from automation.cluster.watches import key_of
from automation.core.kinds import CANARY, ROLLOUT, Manifest, Scope
from cli.display import as_json, show
from cli.environment import open_environment
from cli.options import Where, namespace, output, where
from documents.front import outline_of

COLUMNS = ("NAMESPACE", "NAME", "STATUS", "WEIGHT", "LASTTRANSITIONTIME")
WIDE = ("FAILED", "INTERVAL", "STEP", "MAX", "REASON")


@click.command(short_help="The table of Canaries and Rollouts, once or live (-w).")
@click.option("-w", "--watch", is_flag=True, help="Stay and follow.")
@click.option("--wide", is_flag=True, help="More columns.")
@click.option(
    "--env", "environment", metavar="NAME", help="Say which of them this environment does not drive."
)
@namespace
@output
@where
def status(
    watch: bool, wide: bool, environment: str | None, namespace: str | None, output: str, where: Where
) -> None:
    """The table of Canaries and Rollouts, once or live."""
    opened = open_environment(environment, where) if environment else None
    cluster = opened.cluster if opened else where.cluster()

    def rows() -> list[dict[str, Any]]:
        kinds = {CANARY: row, ROLLOUT: rollout_row}
        return [
            told(live)
            for kind, told in kinds.items()
            for live in sorted(cluster.select(kind, Scope(namespace)), key=key_of)
        ]

    if output == "json":
        click.echo(as_json(rows()))
        return
    if not watch:
        found = rows()
        show(table(found, wide))
        for key in [(row["NAMESPACE"], row["NAME"]) for row in found]:
            if opened and not opened.drives(key[0]):
                click.echo(opened.stranger(key), err=True)
        return
    with Live(table(rows(), wide), auto_refresh=False) as live:
        while True:
            live.update(table(rows(), wide), refresh=True)
            time.sleep(1)


def row(canary: Manifest) -> dict[str, Any]:
    """One Canary as the columns of `kubectl get canaries -o wide` show it, and why it stands so."""
    found = canary.get("status") or {}
    outline = outline_of(canary)
    condition: dict[str, Any] = next(iter(found.get("conditions") or ()), {})
    return {
        "NAMESPACE": outline.namespace,
        "NAME": outline.name,
        "STATUS": found.get("phase", ""),
        "WEIGHT": found.get("canaryWeight", 0),
        "LASTTRANSITIONTIME": found.get("lastTransitionTime", ""),
        "FAILED": found.get("failedChecks", 0),
        "INTERVAL": outline.pace,
        "STEP": outline.steps,
        "MAX": outline.limit,
        "REASON": condition.get("message", ""),
    }


def rollout_row(rollout: Manifest) -> dict[str, Any]:
    """One Rollout under the same columns."""
    found, outline = rollout.get("status") or {}, outline_of(rollout)
    weights = (found.get("canary") or {}).get("weights") or {}
    changed = [str(one.get("lastTransitionTime") or "") for one in found.get("conditions") or ()]
    return {
        "NAMESPACE": outline.namespace,
        "NAME": outline.name,
        "STATUS": found.get("phase", ""),
        "WEIGHT": (weights.get("canary") or {}).get("weight", 0),
        "LASTTRANSITIONTIME": max(changed, default=""),
        "FAILED": "",
        "INTERVAL": outline.pace,
        "STEP": outline.steps,
        "MAX": outline.limit,
        "REASON": found.get("message", ""),
    }


def table(rows: list[dict[str, Any]], wide: bool) -> Table:
    columns = COLUMNS + WIDE if wide else COLUMNS
    made = Table(*columns, box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for entry in rows:
        made.add_row(*(str(entry[column]) for column in columns))
    return made
