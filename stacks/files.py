"""The documents of a declared release: YAML files, sorted by what they are for."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from automation.core.kinds import Manifest
from automation.core.refusal import Problem, Refused
from automation.core.shape import OBJECT, flaws
from documents.front import is_release, outline_of
from documents.shapes import shape_of
from gateways.registry import DEFAULT
from stacks.manifests import Broken, Found, manifests
from stacks.settings import ReleaseSettings
from workloads.registry import SCALERS
from workloads.scaler_versions import current, warning

PROJECT = Path(__file__).resolve().parent.parent
"""What paths in settings are relative to."""


@dataclass(frozen=True)
class Documents:
    """`others` are metric templates and whatever else the files hold, `warnings` what a person should be told."""

    canary: Manifest
    target: Manifest
    autoscaler: Manifest | None
    route: Manifest | None
    others: tuple[Manifest, ...]
    warnings: tuple[str, ...] = ()


def read(release: ReleaseSettings, folder: Path, provider: str = DEFAULT) -> Documents:
    """The documents of a declared release; paths are relative to `folder`. A Canary that names no gateway has
    `provider`. Raises `Refused` with every problem."""
    problems: list[Problem] = []
    written = [manifest for path in release.documents for manifest in load(folder / path, path, problems)]
    every = [current(manifest) for manifest in written]
    canary = _only(every, "Canary", release.name, problems)
    if canary is None:
        raise Refused(tuple(problems))
    outline = outline_of(canary, provider)
    named = outline.target
    target = _only(every, named.kind, named.name, problems) if named else None
    if problems or target is None:
        raise Refused(tuple(problems))
    autoscaler = _scaling(every, target["metadata"]["name"])
    route = _found(every, outline.source.kind, outline.source.name) if outline.source else None
    used = [item for item in (canary, target, autoscaler, route) if item is not None]
    others = tuple(manifest for manifest in every if manifest not in used)
    return Documents(canary, target, autoscaler, route, others, tuple(filter(None, map(warning, written))))


def load(path: Path, shown: str, problems: list[Problem]) -> list[Manifest]:
    """The objects of a file that people know as `shown`; none where something is wrong, which joins `problems`."""
    try:
        found = _parsed(shown, path.read_bytes().decode("utf-8-sig"))
    except OSError as missing:
        remedy = "mend the path in the settings of the environment; it is relative to the project"
        problems.append(Problem(shown, missing.strerror or "can't be read", remedy))
        return []
    except UnicodeDecodeError:
        problems.append(Problem(shown, "is not text in UTF-8", "save it as such"))
        return []
    wrong = [problem for one in found for problem in _wrong(one, shown)]
    if not found:
        wrong.append(Problem(shown, "holds no Kubernetes object", "take it off the settings"))
    problems += wrong
    return [] if wrong else [deepcopy(one.document) for one in found if isinstance(one, Found)]


@lru_cache(maxsize=64)
def _parsed(shown: str, text: str) -> tuple[Found | Broken, ...]:
    """The objects of a file, which each step of a release asks for anew."""
    return tuple(manifests(shown, text))


def _wrong(one: Found | Broken, shown: str) -> Iterator[Problem]:
    if isinstance(one, Broken):
        problem, _, remedy = one.problem.partition("; ")
        yield Problem(one.origin, problem, remedy)
    elif not _is_named(one.document):
        yield Problem(one.origin, f"{one.document['kind']} has no name", "set metadata.name")
    else:
        yield from _flaws(one.document, shown)


def _is_named(item: Manifest) -> bool:
    metadata = item.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("name"))


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
