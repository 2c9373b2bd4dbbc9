"""The documents of a declared release: YAML files, sorted by what they are for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from automation.core.kinds import Manifest
from automation.core.refusal import Problem, Refused
from automation.core.shape import OBJECT, flaws
from documents.front import is_release, outline_of
from documents.shapes import shape_of
from stacks.settings import ReleaseSettings
from workloads.registry import SCALERS

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Each step reads the documents anew; the loader in C, where there is one, takes a tenth of the time."""


@dataclass(frozen=True)
class Documents:
    """`others` are metric templates and whatever else the files hold."""

    canary: Manifest
    target: Manifest
    autoscaler: Manifest | None
    route: Manifest | None
    others: tuple[Manifest, ...]


def read(release: ReleaseSettings, folder: Path) -> Documents:
    """The documents of a declared release; paths are relative to `folder`. Raises `Refused` with every problem."""
    problems: list[Problem] = []
    manifests = [manifest for path in release.documents for manifest in _load(folder / path, path, problems)]
    canary = _only(manifests, "Canary", release.name, problems)
    if canary is None:
        raise Refused(tuple(problems))
    outline = outline_of(canary)
    named = outline.target
    target = _only(manifests, named.kind, named.name, problems) if named else None
    if problems or target is None:
        raise Refused(tuple(problems))
    autoscaler = _scaling(manifests, target["metadata"]["name"])
    route = _found(manifests, outline.source.kind, outline.source.name) if outline.source else None
    used = [item for item in (canary, target, autoscaler, route) if item is not None]
    others = tuple(manifest for manifest in manifests if manifest not in used)
    return Documents(canary, target, autoscaler, route, others)


def _load(path: Path, shown: str, problems: list[Problem]) -> list[Manifest]:
    try:
        loaded = [document for document in yaml.load_all(path.read_text("utf-8"), _LOADER) if document]
    except OSError as missing:
        remedy = "mend the path in the settings of the environment; it is relative to the project"
        problems.append(Problem(shown, missing.strerror or "can't be read", remedy))
        return []
    except (yaml.YAMLError, ValueError, RecursionError) as broken:
        problems.append(Problem(shown, f"is not YAML: {' '.join(str(broken).split())}", "mend the file"))
        return []
    if not all(map(_is_object, loaded)):
        problems.append(
            Problem(shown, "holds something that is no Kubernetes object", "give it kind and metadata.name")
        )
        return []
    wrong = [flaw for item in loaded for flaw in _flaws(item, shown)]
    problems += wrong
    return [] if wrong else loaded


def _is_object(item: Any) -> bool:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    return isinstance(metadata, dict) and bool(metadata.get("name")) and isinstance(item.get("kind"), str)


def _flaws(item: Manifest, shown: str) -> Iterator[Problem]:
    """What is wrong with an object of the file; a Canary is read as a whole later."""
    shape = OBJECT if is_release(item) else shape_of(item["kind"])
    named = f"{shown}: {item['kind']} {item['metadata']['name']}"
    return (replace(flaw, path=f"{named}: {flaw.path}") for flaw in flaws(item, shape))


def _only(manifests: list[Manifest], kind: str, name: str, problems: list[Problem]) -> Manifest | None:
    found = _found(manifests, kind, name)
    if found is None:
        known = (
            ", ".join(sorted(item["metadata"]["name"] for item in manifests if item["kind"] == kind))
            or "none"
        )
        remedy = f"add the file that holds it to the release's documents (there: {known})"
        problems.append(Problem("releases[].documents", f"there is no {kind} {name!r}", remedy))
    return found


def _found(manifests: list[Manifest], kind: str, name: str) -> Manifest | None:
    return next(
        (item for item in manifests if item["kind"] == kind and item["metadata"]["name"] == name), None
    )


def _scaling(manifests: list[Manifest], target: str) -> Manifest | None:
    """The autoscaler of the target, also where the Canary names none: it decides who sets `replicas`."""
    scalers = (item for item in manifests if item["kind"] in SCALERS)
    return next((item for item in scalers if SCALERS[item["kind"]].target(item) == target), None)
