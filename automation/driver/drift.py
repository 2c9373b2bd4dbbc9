"""Which generated objects are not as they would be rendered now: deleted, changed, or made of what changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from automation.cluster.observer import REMEMBERED, changed_by, kinds
from automation.cluster.ports import Copies
from automation.core.kinds import CONFIG_KINDS, Kind, Manifest
from automation.core.observation import Drift
from automation.core.refusal import Refused
from automation.core.spec import Canary
from automation.errors import SluiceError
from components.covering import covers
from components.generated import Generated
from gateways.registry import gateway_of

Rendered = Callable[[Canary], Generated | None]
"""What the release's program would declare for what is in force; None where that can't be told."""
OF_THE_ENGINE = "pulumi.com/"


def drift_of(canary: Canary, rendered: Rendered, copies: Copies) -> tuple[Drift, ...]:
    """Compares each object that is rendered with the live one. What can't be rendered (a source that is gone, a
    cluster that is away) is said elsewhere and is no drift."""
    try:
        generated = rendered(canary)
    except (Refused, SluiceError):
        return ()
    if generated is None:
        return ()
    return tuple(_compared(canary, generated, copies))


def _compared(canary: Canary, generated: Generated, copies: Copies) -> Iterator[Drift]:
    known = {kind.kind: kind for kind in kinds()}
    for manifest in generated.objects:
        kind, name = known[manifest["kind"]], manifest["metadata"]["name"]
        live = copies.get(kind, canary.namespace, name)
        part = generated.part(manifest)
        if live is None:
            yield Drift(part, kind.kind, name, gone=True)
        elif not _agrees(kind, manifest, live):
            path = gateway_of(canary).ruled if part == "route" else ("f:spec",)
            yield Drift(part, kind.kind, name, by=changed_by(live, path))


def _agrees(kind: Kind, manifest: Manifest, live: Manifest) -> bool:
    if kind in CONFIG_KINDS.values():
        return bool(REMEMBERED[kind](manifest)["checksum"] == live["checksum"])
    return covers(_lasting(manifest), live)


def _lasting(manifest: Manifest) -> Mapping[str, Any]:
    """What has to stay so: neither what is said to the engine, nor how many pods somebody wants of a primary."""
    told = manifest["metadata"]
    metadata = {field: told[field] for field in ("labels", "ownerReferences") if field in told}
    annotations = {
        key: value
        for key, value in (told.get("annotations") or {}).items()
        if not key.startswith(OF_THE_ENGINE)
    }
    spec = {field: value for field, value in (manifest.get("spec") or {}).items() if field != "replicas"}
    return {"metadata": {**metadata, "annotations": annotations}, "spec": spec}
