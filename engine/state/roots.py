"""What another stack exports, found in its checkpoint: read by every update that refers to it, and rarely changed."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from engine.state.checkpoint import Checkpoint, parse
from engine.urn import ROOT_TYPE

REMEMBERED = 4
"""Checkpoints that are not parsed again while their bytes stay the same."""


@lru_cache(REMEMBERED)
def rooted(data: bytes, origin: str) -> Checkpoint:
    """The checkpoint with the resource of the stack itself alone. Raises `BrokenCheckpoint`. Not to be changed."""
    checkpoint = parse(data, origin)
    if checkpoint.deployment is None:
        return checkpoint
    resources = checkpoint.deployment.get("resources") or []
    roots = [item for item in resources if isinstance(item, dict) and item.get("type") == ROOT_TYPE]
    return replace(checkpoint, deployment={**checkpoint.deployment, "resources": roots})
