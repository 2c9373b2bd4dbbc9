"""The outlines of live Canaries, taken once of each version: every event and every tick looks at all of them."""

from __future__ import annotations

from automation.core.kinds import Manifest
from documents.front import outline_of
from documents.outline import Outline


class Outlines:
    """Safe to use from several threads: at worst an outline is taken twice. Canaries that name no gateway have
    `provider`."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._known: dict[tuple[str, str], tuple[str, Outline]] = {}

    def of(self, live: Manifest) -> Outline:
        metadata = live["metadata"]
        key, version = (metadata["namespace"], metadata["name"]), metadata["resourceVersion"]
        known = self._known.get(key)
        if known is None or known[0] != version:
            known = self._known[key] = (version, outline_of(live, self._provider))
        return known[1]
