"""A step: one thing that happens to one resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.provider import PropertyDiff
from engine.resource import Resource


class Op(StrEnum):
    """The kinds of steps, by the names that events and histories use."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    REFRESH = "refresh"
    DISCARD = "discard"
    DISCARD_REPLACED = "discard-replaced"
    REMOVE_PENDING_REPLACE = "remove-pending-replace"
    IMPORT = "import"
    IMPORT_REPLACEMENT = "import-replacement"


# Steps that are parts of another one: shown, but not counted.
UNCOUNTED = frozenset(
    {Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED, Op.DISCARD_REPLACED, Op.REMOVE_PENDING_REPLACE}
)
# Parts of a replacement, of which another step tells as a whole.
PARTS = UNCOUNTED | {Op.READ_REPLACEMENT}
# Kinds of steps that leave everything as it was.
UNCHANGING = frozenset(
    {Op.SAME, Op.READ, Op.DISCARD, Op.READ_REPLACEMENT, Op.REFRESH, Op.REMOVE_PENDING_REPLACE}
)


@dataclass(frozen=True)
class Step:
    """What happens to one resource: from `old` to `new`, either of which may be absent.

    `keys` are the properties that force a replacement, `diffs` the changed ones, `detailed` what changed path by
    path, None where nobody has looked. An `internal` step concerns a default provider: recorded, but neither displayed
    nor counted.
    """

    op: Op
    urn: str
    type: str
    old: Resource | None = None
    new: Resource | None = None
    keys: tuple[str, ...] = ()
    diffs: tuple[str, ...] = ()
    detailed: Mapping[str, PropertyDiff] | None = None
    internal: bool = False

    @property
    def resource(self) -> Resource:
        """The newest state that the step knows of."""
        found = self.new or self.old
        assert found is not None
        return found
