"""A Pulumi engine in Python: runs unmodified Pulumi programs where no Pulumi CLI can be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.command import EmbeddedPulumi

__all__ = ["EmbeddedPulumi"]


def __getattr__(name: str) -> Any:
    # Loaded when it is asked for: parts of this package must be usable without the SDK.
    if name == "EmbeddedPulumi":
        from engine.command import EmbeddedPulumi

        return EmbeddedPulumi
    raise AttributeError(f"module 'engine' has no attribute '{name}'")
