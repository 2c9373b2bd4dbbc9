"""`sluice history`: each step of a Canary's releases, with who, from, to, checks and duration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click
from rich.table import Table

from automation.updates.history import HistoryEntry, steps
from cli.display import as_json, show
from cli.environment import open_environment
from cli.options import Where, environment, namespace, output, where
from documents.front import release_kinds


@click.command(short_help="Each step of a Canary's releases: when, who, from, to, checks, duration.")
@click.argument("name")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="How many updates back.",
)
@environment
@namespace
@output
@where
def history(
    name: str, limit: int, environment: str, namespace: str | None, output: str, where: Where
) -> None:
    """Each step of a Canary's releases: number, when, who, from, to, checks with values, duration."""
    opened = open_environment(environment, where)
    stack = opened.stack_of(*opened.find(name, namespace, release_kinds()))
    found = steps(opened.stacks.history(stack, opened.program(stack)))[-limit:]
    if output == "json":
        click.echo(as_json([asdict(step) for step in found]))
        return
    show(table(found))


def table(found: list[HistoryEntry]) -> Table:
    made = Table(
        "#", "WHEN", "WHO", "STEP", "FROM", "TO", "CHECKS", "RESULT", "TOOK", box=None, padding=(0, 2, 0, 0)
    )
    for step in found:
        made.add_row(
            str(step.number),
            step.at,
            step.by or "-",
            step.kind or step.message or "by hand",
            step.before,
            step.after,
            "; ".join(found_by(step)),
            step.result,
            f"{step.seconds:.0f}s" if step.seconds >= 1 else "<1s",
        )
    return made


def found_by(step: HistoryEntry) -> list[str]:
    """The checks of a step, and who let it pass a gate."""
    checks = [check_text(check) for check in step.checks if worth_showing(check)]
    return [*checks, *(f"approved: {approval}" for approval in step.approvals)]


def worth_showing(check: Mapping[str, Any]) -> bool:
    """Whether a check is shown. That the pods were ready is shown only if they were not."""
    return check.get("kind") != "readiness" or not check.get("passed")


def check_text(check: Mapping[str, Any]) -> str:
    """`request-success-rate 100.00 (min 99)`, or the detail of a check without a number."""
    mark = "" if check.get("passed") else "FAILED "
    if check.get("value") is None:
        return f"{mark}{check['name']}" + (f": {check['detail']}" if check.get("detail") and mark else "")
    bounds = [f"{bound} {check[bound]:g}" for bound in ("min", "max") if check.get(bound) is not None]
    return f"{mark}{check['name']} {check['value']:.2f}" + (f" ({', '.join(bounds)})" if bounds else "")
