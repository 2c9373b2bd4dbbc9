"""What can go wrong with a policy pack itself, as opposed to what it finds."""

from __future__ import annotations

from engine.errors import EngineError


class PolicyPackError(EngineError):
    """A pack can't be found, started or configured, or failed while it judged. The text holds what it printed."""
