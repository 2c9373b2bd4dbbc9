"""Server-side apply, and what it says when fields belong to somebody else."""

from __future__ import annotations

import re
from http import HTTPStatus

from engine.kubernetes.client import ApiError
from engine.kubernetes.cluster import Collection, Write
from engine.kubernetes.objects import Object, title
from engine.provider import ProviderError


def apply(collection: Collection, name: str, body: Object, how: Write) -> Object:
    """The object after the apply. Raises `Conflict` when fields belong to other managers; nothing is changed then."""
    try:
        return collection.apply(name, body, how)
    except ApiError as error:
        conflicts = _conflicts(error)
        if conflicts:
            raise Conflict(body, conflicts) from error
        raise


class Conflict(ProviderError):
    """Fields belong to other managers. `fields` maps paths to the managers that own them."""

    def __init__(self, body: Object, fields: dict[str, str]):
        self.fields = fields
        listed = "".join(f'\n  - {field}: owned by "{manager}"' for field, manager in sorted(fields.items()))
        super().__init__(
            f"the API server refused to change {title(body)}, because other field managers own these fields:{listed}\n"
            'Take them over with the annotation pulumi.com/patchForce: "true", leave them to their owners with '
            "ignore_changes, or leave them out of the program. Nothing was changed. "
            "See https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/"
        )


def _conflicts(error: ApiError) -> dict[str, str]:
    causes = error.details.get("causes", [])
    conflicts = {}
    for cause in causes if error.status == HTTPStatus.CONFLICT else []:
        if cause.get("reason") == "FieldManagerConflict":
            manager = re.search(r'conflict with "([^"]*)"', cause.get("message", ""))
            conflicts[cause.get("field", "?")] = manager[1] if manager else "another manager"
    return conflicts
