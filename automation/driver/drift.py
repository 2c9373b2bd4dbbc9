"""Which generated objects are not as they would be rendered now: deleted, changed, or made of what changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from automation.cluster.observer import REMEMBERED, changed_by, kinds_by_name
from automation.cluster.ports import Copies
from automation.core import managed_fields
from automation.core.kinds import CONFIG_KINDS, CONTENT, Kind, Manifest
from automation.core.managed_fields import Fields, Path
from automation.core.marks import EVIDENCE, is_ours
from automation.core.observation import Drift
from automation.core.refusal import Refused
from automation.core.spec import Canary
from automation.errors import SluiceError
from components.covering import covers, exceeds
from components.generated import Generated
from gateways.carrying import carried_by
from gateways.registry import gateway_of

Rendered = Callable[[Canary], Generated | None]
"""What the release's program would declare for what is in force; None where that can't be told."""
SPEC: Path = ("f:spec",)
SELECTOR: Path = (*SPEC, "f:selector")
REPLICAS: Path = (*SPEC, "f:replicas")
RESTARTS: Path = (*SPEC, "f:template", "f:metadata", "f:annotations")
CONTENTS: tuple[Path, ...] = tuple((f"f:{field}",) for field in (*CONTENT, "stringData"))
"""Where configuration is written."""
REASONS: Path = ("f:metadata", "f:annotations", f"f:{EVIDENCE}")
"""Why a route carries its traffic is written with each step. It leads nobody, so it is no drift when a document says
other sizes of steps since."""


def drift_of(canary: Canary, rendered: Rendered, copies: Copies) -> tuple[Drift, ...]:
    """Compares each object that is rendered with the live one."""
    generated = _generated(canary, rendered)
    return () if generated is None else tuple(_compared(canary, generated, copies))


def living(canary: Canary, rendered: Rendered, copies: Copies) -> dict[Drift, str]:
    """The uid of each object that is rendered ("" of one that isn't there), by what would be said of it if it were
    deleted."""
    generated = _generated(canary, rendered)
    return {
        replace(one.drift, gone=True): one.live["metadata"]["uid"] if one.live else ""
        for one in (_objects(canary, generated, copies) if generated else ())
    }


def _generated(canary: Canary, rendered: Rendered) -> Generated | None:
    """What would be rendered now. What can't be (a source that is gone, a cluster that is away) is said elsewhere and
    is no drift."""
    try:
        return rendered(canary)
    except (Refused, SluiceError):
        return None


class _Object(NamedTuple):
    """An object that is rendered, what is live of it, and what is said of it whatever is wrong."""

    manifest: Manifest
    live: Manifest | None
    kind: Kind
    drift: Drift


def _objects(canary: Canary, generated: Generated, copies: Copies) -> Iterator[_Object]:
    known = kinds_by_name()
    for manifest in generated.objects:
        kind, name = known[manifest["kind"]], manifest["metadata"]["name"]
        drift = Drift(generated.part(manifest), kind.kind, name)
        yield _Object(manifest, copies.get(kind, canary.namespace, name), kind, drift)


def _compared(canary: Canary, generated: Generated, copies: Copies) -> Iterator[Drift]:
    for manifest, live, kind, drift in _objects(canary, generated, copies):
        part, wanted = drift.part, _lasting(manifest)
        if live is None:
            yield replace(drift, gone=True)
        elif kind in CONFIG_KINDS.values() and REMEMBERED[kind](manifest)["checksum"] != live["checksum"]:
            # What is remembered of it does not tell whether something was added or changed.
            yield replace(drift, by=changed_by(live, *CONTENTS), added=True)
        elif not covers(wanted, live):
            yield replace(drift, by=_author(canary, part, live))
        elif exceeds(wanted, live, _of_others(live, closed_to_others(generated, manifest))) or (
            part == "route" and misleading(canary, manifest, live)
        ):
            yield replace(drift, by=_author(canary, part, live), added=True)
        elif exceeds(wanted, live, _ours(live)):
            yield drift


def _author(canary: Canary, part: str, live: Manifest) -> str:
    return changed_by(live, gateway_of(canary).ruled if part == "route" else SPEC)


def closed_to_others(generated: Generated, manifest: Manifest) -> Path:
    """The fields of a generated object that nobody else may add anything to. A Service that somebody else made may
    have more than is asked of it."""
    return SELECTOR if generated.is_foreign(manifest) else SPEC


def misleading(canary: Canary, route: Manifest, live: Manifest) -> frozenset[str]:
    """The annotations that somebody gave a live route to lead traffic elsewhere: those that it loses when it is given
    the traffic of the one that is rendered."""
    righted = gateway_of(canary).with_traffic(canary, live, carried_by(canary, route).traffic)
    return frozenset(_annotations(live)) - frozenset(_annotations(righted))


def _annotations(live: Manifest) -> Manifest:
    return live["metadata"].get("annotations") or {}


def _of_others(live: Manifest, path: Path) -> Fields:
    """What others wrote there, but for how many pods there are, and that they were restarted."""
    written = managed_fields.written(live, lambda manager: not is_ours(manager))
    return managed_fields.without(
        managed_fields.without(managed_fields.at(written, path), REPLICAS), RESTARTS
    )


def _ours(live: Manifest) -> Fields:
    """What was applied here. How many pods a primary has is not for good."""
    return managed_fields.without(
        managed_fields.without(managed_fields.applied(live, is_ours), REPLICAS), REASONS
    )


def _lasting(manifest: Manifest) -> Manifest:
    """What has to stay so: not how many pods somebody wants of a primary, nor why a route carries its traffic."""
    asked = manifest["metadata"]
    metadata = {field: asked[field] for field in ("labels", "ownerReferences") if field in asked}
    metadata["annotations"] = {
        name: value for name, value in _annotations(manifest).items() if name != EVIDENCE
    }
    spec = {field: value for field, value in (manifest.get("spec") or {}).items() if field != "replicas"}
    typed = {field: manifest[field] for field in ("type",) if field in manifest}
    return {"metadata": metadata, "spec": spec, **typed}
