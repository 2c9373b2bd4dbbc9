"""`sluice check`: whether a Canary document can work, before anybody applies it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import yaml

from automation.core.refusal import Refused
from automation.errors import DocumentRefused
from documents.front import canary_of, front_of, is_release


@click.command(short_help="Whether Canary documents can work, and whether Flagger would understand them.")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def check(files: tuple[Path, ...]) -> None:
    """Whether Canary documents can work, and whether they round-trip through Flagger."""
    problems = []
    for path, document in documents(files):
        try:
            canary = canary_of(document)
        except Refused as refused:
            problems += [f"{path}: {problem}" for problem in refused.problems]
            continue
        ours = front_of(document).own_fields(document)
        trip = (
            f"uses fields that Flagger doesn't know: {', '.join(ours)}"
            if ours
            else "round-trips through Flagger"
        )
        click.echo(f"{path}: Canary {canary.full_name} can work; it {trip}")
    if problems:
        raise DocumentRefused("\n".join(problems))


def documents(files: tuple[Path, ...]) -> list[tuple[Path, Any]]:
    """Every Canary of the files. Raises DocumentRefused for what isn't YAML, or where there is no Canary at all."""
    found = []
    for path in files:
        try:
            loaded = list(yaml.safe_load_all(path.read_text()))
        except yaml.YAMLError as broken:
            raise DocumentRefused(f"{path} is not YAML: {' '.join(str(broken).split())}") from broken
        found += [(path, one) for one in loaded if is_release(one)]
    if not found:
        raise DocumentRefused(f"there is no Canary in {', '.join(map(str, files))}")
    return found
