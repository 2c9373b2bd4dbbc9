"""The target as the stack declares it: whoever changed it last owns its pod template.

A three-way comparison of what the stack asked for when it last wrote (kept in an annotation), what it asks for
now and what is live. A request that is new wins; everything else yields to the live object. The reasons stand
in docs/decisions/0002-target-belongs-to-whoever-changed-it-last.md.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.marks import DECLARED, RELEASE, Manifest


@dataclass(frozen=True)
class ImageRequest:
    """An image that configuration asks for. `request` is the id of an explicit request (`sluice release`);
    without one the image is a standing wish, which yields to whoever changes the live object."""

    image: str
    request: str = ""


@dataclass(frozen=True)
class Target:
    """The Deployment to declare, the paths the engine must leave alone, and what a person should be told."""

    manifest: Manifest
    ignore_changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Base:
    """What the stack asked for when it last wrote the live object."""

    template: Manifest
    requests: Mapping[str, str]


def declared(
    document: Manifest, live: Manifest | None, images: Mapping[str, ImageRequest], scaled: bool
) -> Target:
    """The target Deployment to register.

    `document` is the manifest of the settings, `live` the object in the cluster (None before the first update),
    `images` the configured image of each container, `scaled` whether an autoscaler sets the number of replicas.
    """
    # Without an autoscaler the driver scales the target, from and to zero; an update must not undo that.
    left_alone = () if scaled else ("spec.replicas",)
    wanted = _with_images(document["spec"]["template"], images)
    asked = _asked(wanted, images)
    if live is None:
        return Target(_manifest(document, wanted, asked, scaled), left_alone)
    base = _base(live)
    theirs = live["spec"]["template"]
    merged = _merge(base.template if base else None, wanted, theirs)
    notes = _settle_images(merged, theirs, images, base)
    if base and base.requests == _requests(images) and _covers(merged, theirs):
        asked = live["metadata"]["annotations"][DECLARED]
    manifest = _manifest(document, merged, asked, scaled)
    if _covers(_without_replicas(manifest), live):
        # There is nothing to write, whatever the engine's own state remembers. Somebody may change the live
        # object between our reading and the engine's writing, and a write would undo that.
        return Target(manifest, ("spec.template", *left_alone), notes)
    return Target(manifest, left_alone, notes)


def _asked(wanted: Manifest, images: Mapping[str, ImageRequest]) -> str:
    """The mark on the live object: what the stack asks for, to be compared with next time."""
    return json.dumps(
        {"template": wanted, "requests": _requests(images)}, sort_keys=True, separators=(",", ":")
    )


def _requests(images: Mapping[str, ImageRequest]) -> dict[str, str]:
    return {container: entry.request for container, entry in images.items() if entry.request}


def _manifest(document: Manifest, template: Manifest, asked: str, scaled: bool) -> Manifest:
    metadata = document["metadata"]
    annotations = {**metadata.get("annotations", {}), **RELEASE, DECLARED: asked}
    manifest = {
        **document,
        "metadata": {**metadata, "annotations": annotations},
        "spec": {**document["spec"], "template": template},
    }
    return _without_replicas(manifest) if scaled else manifest


def _without_replicas(manifest: Manifest) -> Manifest:
    spec = {key: value for key, value in manifest["spec"].items() if key != "replicas"}
    return {**manifest, "spec": spec}


def _base(live: Manifest) -> _Base | None:
    text = (live["metadata"].get("annotations") or {}).get(DECLARED)
    try:
        asked = json.loads(text) if text else None
    except ValueError:
        return None
    return (
        _Base(asked.get("template") or {}, asked.get("requests") or {}) if isinstance(asked, dict) else None
    )


def _with_images(template: Manifest, images: Mapping[str, ImageRequest]) -> Manifest:
    wanted = copy.deepcopy(template)
    for container in _containers(wanted):
        if container["name"] in images:
            container["image"] = images[container["name"]].image
    return wanted


def _settle_images(
    merged: Manifest, theirs: Manifest, images: Mapping[str, ImageRequest], base: _Base | None
) -> tuple[str, ...]:
    """Decides each container's image in `merged`; returns a line for each configured image that gave way."""
    live = {container["name"]: container.get("image") for container in _containers(theirs)}
    written = {
        container["name"]: container.get("image") for container in _containers(base.template if base else {})
    }
    notes = []
    for container in _containers(merged):
        name = container["name"]
        entry, running = images.get(name), live.get(name)
        if entry and entry.request and (base is None or base.requests.get(name) != entry.request):
            container["image"] = entry.image
        elif running is not None and running != written.get(name):
            container["image"] = running
            if entry and entry.image != running:
                notes.append(
                    f"container {name} runs {running}, which somebody set after {entry.image} was configured"
                )
    return tuple(notes)


def _containers(template: Manifest) -> list[Manifest]:
    spec = template.get("spec") or {}
    return [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]


def _merge(base: Any, ours: Any, theirs: Any) -> Any:
    """`ours` where it differs from `base`, the live value elsewhere; only what `ours` mentions appears."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        known = base if isinstance(base, dict) else {}
        return {key: _merge(known.get(key), value, theirs.get(key)) for key, value in ours.items()}
    if _named(ours) and _named(theirs):
        known, live = _by_name(base if _named(base) else []), _by_name(theirs)
        return [_merge(known.get(item["name"]), item, live.get(item["name"])) for item in ours]
    return copy.deepcopy(theirs if theirs is not None and ours == base else ours)


def _covers(ours: Any, theirs: Any) -> bool:
    """Whether the live value already says everything that `ours` says."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(_covers(value, theirs.get(key)) for key, value in ours.items())
    if _named(ours) and _named(theirs):
        live = _by_name(theirs)
        return all(item["name"] in live and _covers(item, live[item["name"]]) for item in ours)
    return bool(ours == theirs)


def _named(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and "name" in item for item in value)
    )


def _by_name(items: list[Manifest]) -> dict[str, Manifest]:
    return {item["name"]: item for item in items}
