"""`sluice check`: whether documents can work, before anybody applies them."""

from __future__ import annotations

import click

from automation.errors import DocumentRefused
from cli.findings import Reviewed
from cli.review import review
from cli.sources import read
from gateways.registry import DEFAULT, GATEWAYS


@click.command(short_help="Whether documents can work, and whether Flagger would understand them.")
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER|-…")
@click.option(
    "--provider",
    type=click.Choice(list(GATEWAYS)),
    default=DEFAULT,
    show_default=True,
    help="Gateway of Canaries that name none, as the environment's settings say.",
)
def check(files: tuple[str, ...], provider: str) -> None:
    """Whether Canaries can work with their targets, routes, autoscalers and metric templates, and whether they
    round-trip through Flagger. Argo's Rollouts and AnalysisTemplates are looked at likewise.

    All documents of the files (folders are walked, but for what is hidden in them; - is standard input) are looked at
    together, as if they were in the cluster; shop.yaml[2] is the second one of a file. Nothing is applied, and no
    cluster is asked.
    """
    sources = read(files)
    reviewed = review(sources.found, provider)
    problems = [*sources.unreadable, *map(str, reviewed.problems)]
    nothing = f"there is no Kubernetes object in {', '.join(sources.empty)}"
    for line in sources.passed:
        click.echo(line)
    if not problems and not sources.found:
        raise DocumentRefused(nothing)
    for line in (*_told(reviewed), *([nothing] if sources.empty else [])):
        click.echo(line)
    if problems:
        raise DocumentRefused("\n".join(problems))
    if not reviewed.canaries and not reviewed.rollouts:
        click.echo(_without_canary(len(sources.found), bool(reviewed.findings)))


def _without_canary(objects: int, remarked: bool) -> str:
    named = "the object is no Canary" if objects == 1 else f"no Canary among the {objects} objects"
    return named if remarked else f"{named}; nothing is wrong with {'it' if objects == 1 else 'them'}"


def _told(reviewed: Reviewed) -> list[str]:
    told = [str(finding) for finding in reviewed.findings if finding.kind == "remark"]
    for origin, canary, ours in reviewed.canaries:
        trip = (
            f"uses fields that Flagger doesn't know: {', '.join(ours)}"
            if ours
            else "round-trips through Flagger"
        )
        told.append(f"{origin}: Canary {canary.full_name} can work; it {trip}")
    return told
