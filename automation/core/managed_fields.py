"""Who wrote which field of an object, as server-side apply records it in `metadata.managedFields`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.core.kinds import Manifest


def writers(live: Manifest, path: tuple[str, ...]) -> list[Mapping[str, Any]]:
    """The entries of those who wrote the field at `path`, such as ("f:spec", "f:http"), in the API server's order.

    Those who wrote through a subresource are left out: a status is nobody's intention.
    """
    return [
        entry
        for entry in live["metadata"].get("managedFields") or ()
        if not entry.get("subresource") and _has(entry.get("fieldsV1"), path)
    ]


def _has(fields: Any, path: tuple[str, ...]) -> bool:
    for step in path:
        if not isinstance(fields, Mapping) or step not in fields:
            return False
        fields = fields[step]
    return True
