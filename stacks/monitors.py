"""The ServiceMonitors that the platform's Prometheus goes by: YAML files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from automation.core.kinds import Manifest
from automation.core.refusal import Problem, Refused
from components import service_monitors
from components.service_monitors import KIND
from stacks.files import load


def read(paths: Sequence[str], folder: Path) -> tuple[Manifest, ...]:
    """The monitors of the files; paths are relative to `folder`. Raises `Refused` with every problem."""
    problems: list[Problem] = []
    every = [(path, manifest) for path in paths for manifest in load(folder / path, path, problems)]
    problems += [problem for path, manifest in every for problem in _problems(path, manifest)]
    if problems:
        raise Refused(tuple(problems))
    return tuple(manifest for _, manifest in every)


def _problems(path: str, manifest: Manifest) -> Iterator[Problem]:
    named = f"{path}: {manifest['kind']} {manifest['metadata']['name']}"
    if manifest["kind"] != KIND:
        yield Problem(named, "is no ServiceMonitor", "move it to a file that Prometheus is not told of")
        return
    yield from (
        replace(problem, path=f"{named}: {problem.path}") for problem in service_monitors.problems(manifest)
    )
