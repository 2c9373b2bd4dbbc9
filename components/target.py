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

from automation.core.kinds import Manifest
from automation.core.marks import DECLARED, RELEASE, REPLICAS
from components.covering import by_name, covers, is_named
from workloads.registry import WORKLOADS


@dataclass(frozen=True)
class ImageRequest:
    """An image that configuration asks for. `request` is the id of an explicit request (`sluice release`);
    without one the image is a standing wish, which yields to whoever changes the live object."""

    image: str
    request: str = ""


@dataclass(frozen=True)
class DeclaredTarget:
    """The workload to declare, the paths the engine must leave alone, and what a person should be told."""

    manifest: Manifest
    ignore_changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Known:
    """The mark on the live object: what the stack knew when it last wrote it. The document's template, the image
    that was written for each container, and the requests that are answered."""

    template: Manifest
    images: Mapping[str, str]
    requests: Mapping[str, str]

    @property
    def text(self) -> str:
        known = {"template": self.template, "images": self.images, "requests": self.requests}
        return json.dumps(known, sort_keys=True, separators=(",", ":"))


def declared(
    document: Manifest, live: Manifest | None, images: Mapping[str, ImageRequest], scaled: bool
) -> DeclaredTarget:
    """The target workload to register.

    `document` is the manifest of the settings, `live` the object in the cluster (None before the first update),
    `images` the configured image of each container, `scaled` whether an autoscaler sets the number of replicas.
    """
    # Without an autoscaler the driver scales the target, from and to zero; an update must not undo that.
    left_alone = () if scaled else ("spec.replicas",)
    document = document if scaled else _asking(document)
    if live is None:
        manifest = _first(document, images)
        return DeclaredTarget(_without_replicas(manifest) if scaled else manifest, left_alone)
    before = _mark_on(live)
    theirs = live["spec"]["template"]
    chosen = _chosen(document["spec"]["template"], theirs, images, before)
    manifest = _changed(document, theirs, chosen, images, before)
    bare = _without_replicas(manifest)
    if covers(bare, live):
        # There is nothing to write, whatever the engine's own state remembers. Somebody may change the live
        # object between our reading and the engine's writing, and a write would undo that.
        left_alone = ("spec.template", *left_alone)
    return DeclaredTarget(bare if scaled else manifest, left_alone, _notes(chosen, images))


def _first(document: Manifest, images: Mapping[str, ImageRequest]) -> Manifest:
    """The target that is not there yet: the document, with the configured images."""
    wanted = document["spec"]["template"]
    chosen = {**_images(wanted), **{name: entry.image for name, entry in images.items()}}
    return _manifest(document, _with_images(wanted, chosen), _Known(wanted, chosen, _requests(images)))


def _changed(
    document: Manifest,
    theirs: Manifest,
    chosen: Mapping[str, str],
    images: Mapping[str, ImageRequest],
    before: _Known | None,
) -> Manifest:
    """The target that is there, as it should be; with its old mark where nothing new is asked for."""
    wanted = document["spec"]["template"]
    merged = _with_images(_merge(before and before.template, wanted, theirs), chosen)
    if row := WORKLOADS.get(document["kind"]):
        merged = row.resting(merged, theirs)
    answered = before.requests if before else {}
    known = _Known(wanted, chosen, {**answered, **_requests(images)})
    if before and (known.template, known.requests) == (before.template, before.requests):
        known = before if covers(merged, theirs) else known
    return _manifest(document, merged, known)


def _chosen(
    wanted: Manifest, theirs: Manifest, images: Mapping[str, ImageRequest], before: _Known | None
) -> dict[str, str]:
    """The image of each container: the live one, unless another is asked for that was not asked for before."""
    running = _images(theirs)
    return {
        name: _image(name, image, running.get(name, image), images.get(name), before)
        for name, image in _images(wanted).items()
    }


def _image(name: str, document: str, live: str, entry: ImageRequest | None, before: _Known | None) -> str:
    if entry and entry.request and (before is None or before.requests.get(name) != entry.request):
        return entry.image
    if before is None:
        return live
    if document != _images(before.template).get(name, document):
        return document
    if entry and not entry.request and before.images.get(name) == live:
        return entry.image
    return live


def _notes(chosen: Mapping[str, str], images: Mapping[str, ImageRequest]) -> tuple[str, ...]:
    """A line for each configured image that gave way."""
    return tuple(
        f"container {name} runs {chosen[name]}, which somebody set after {entry.image} was configured"
        for name, entry in images.items()
        if name in chosen and chosen[name] != entry.image
    )


def _requests(images: Mapping[str, ImageRequest]) -> dict[str, str]:
    return {container: entry.request for container, entry in images.items() if entry.request}


def _manifest(document: Manifest, template: Manifest, mark: _Known) -> Manifest:
    metadata = document["metadata"]
    annotations = {**(metadata.get("annotations") or {}), **RELEASE, DECLARED: mark.text}
    return {
        **document,
        "metadata": {**metadata, "annotations": annotations},
        "spec": {**document["spec"], "template": template},
    }


def _asking(document: Manifest) -> Manifest:
    """The document with its number of pods where the driver finds it at the next release."""
    if "replicas" not in document["spec"]:
        return document
    metadata = document["metadata"]
    annotations = {**(metadata.get("annotations") or {}), REPLICAS: str(document["spec"]["replicas"])}
    return {**document, "metadata": {**metadata, "annotations": annotations}}


def _without_replicas(manifest: Manifest) -> Manifest:
    spec = {key: value for key, value in manifest["spec"].items() if key != "replicas"}
    return {**manifest, "spec": spec}


def _mark_on(live: Manifest) -> _Known | None:
    text = (live["metadata"].get("annotations") or {}).get(DECLARED)
    try:
        known = json.loads(text) if text else None
    except ValueError:
        return None
    if not isinstance(known, dict):
        return None
    return _Known(known.get("template") or {}, known.get("images") or {}, known.get("requests") or {})


def _images(template: Manifest) -> dict[str, str]:
    return {container["name"]: container.get("image", "") for container in _containers(template)}


def _with_images(template: Manifest, chosen: Mapping[str, str]) -> Manifest:
    """The template with these images of its containers, those that it has."""
    changed = copy.deepcopy(template)
    for container in _containers(changed):
        container["image"] = chosen[container["name"]]
    return changed


def _containers(template: Manifest) -> list[Manifest]:
    spec = template.get("spec") or {}
    return [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]


def _merge(base: Any, ours: Any, theirs: Any) -> Any:
    """`ours` where it differs from `base`, the live value elsewhere; only what `ours` mentions appears."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        known = base if isinstance(base, dict) else {}
        return {key: _merge(known.get(key), value, theirs.get(key)) for key, value in ours.items()}
    if is_named(ours) and is_named(theirs):
        known, live = by_name(base if is_named(base) else []), by_name(theirs)
        return [_merge(known.get(item["name"]), item, live.get(item["name"])) for item in ours]
    return copy.deepcopy(theirs if theirs is not None and ours == base else ours)
