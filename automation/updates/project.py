"""Where the Pulumi project is: the nearest folder upwards that holds a Pulumi.yaml."""

from __future__ import annotations

from pathlib import Path

from automation.errors import ProjectMissing


def find(start: Path) -> Path:
    """The project's folder. Raises ProjectMissing."""
    for folder in (start, *start.parents):
        if (folder / "Pulumi.yaml").exists():
            return folder
    raise ProjectMissing(
        f"no Pulumi.yaml in {start} or above it",
        "run the command inside the project's folder, or pass --project FOLDER",
    )
