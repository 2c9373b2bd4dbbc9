"""A route that somebody made under the name of a generated one. It leads users to the application, so it is left alone
until primary is to serve; then its rules are the release's, and it says itself what they were. Once users are back on
the target they are so again. The object stays its maker's own all the while."""

from __future__ import annotations

import json

from automation.core.kinds import Manifest
from automation.core.marks import LAST_APPLIED, ORIGINAL, RELEASE


def taken_over(route: Manifest, standing: Manifest) -> Manifest:
    """The generated route as a patch of the one that stands in its place."""
    metadata = {field: value for field, value in route["metadata"].items() if field != "ownerReferences"}
    said = standing["metadata"].get("annotations") or {}
    original = said.get(ORIGINAL) or json.dumps(_original(standing), separators=(",", ":"))
    metadata["annotations"] = {**metadata["annotations"], ORIGINAL: original}
    return {**route, "metadata": metadata}


def given_back(standing: Manifest) -> Manifest:
    """The patch by which it is what it was before."""
    metadata = {field: standing["metadata"][field] for field in ("name", "namespace")}
    return {
        "apiVersion": standing["apiVersion"],
        "kind": standing["kind"],
        "metadata": {**metadata, "annotations": dict(RELEASE)},
        "spec": _original(standing),
    }


def _original(standing: Manifest) -> Manifest:
    """What kubectl applied last, also in mid-run; otherwise what is remembered of it, or what it says now. Flagger
    looks in the same places."""
    said = standing["metadata"].get("annotations") or {}
    applied, remembered = _read(said.get(LAST_APPLIED)), _read(said.get(ORIGINAL))
    spec = applied.get("spec")
    return (spec if isinstance(spec, dict) else {}) or remembered or standing.get("spec") or {}


def _read(text: str | None) -> Manifest:
    """Nothing where somebody has made nonsense of it."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
