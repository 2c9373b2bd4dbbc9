"""What workloads have in common that make pods of a template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from automation.core.kinds import Manifest
from automation.core.managed_fields import reported_at
from automation.core.marks import REVISION
from automation.core.moments import unix_seconds
from automation.core.observation import Workload
from automation.core.refusal import Problem
from workloads.conditions import refused


class Templated:
    """Each kind says for itself how many pods there are."""

    def template(self, live: Manifest) -> Manifest:
        template: Manifest = live["spec"]["template"]
        return template

    def selected(self, live: Manifest) -> Mapping[str, str]:
        labels: Mapping[str, str] = (live["spec"].get("selector") or {}).get("matchLabels") or {}
        return labels

    def problems(self, live: Manifest) -> tuple[Problem, ...]:
        return ()

    def resting(self, template: Manifest, theirs: Manifest) -> Manifest:
        return template

    def gap(self, live: Manifest) -> str:
        return ""

    def uncounted(self, live: Manifest) -> Workload:
        """All that can be said of it but the numbers of its pods."""
        status, metadata = live.get("status") or {}, live["metadata"]
        first = self.template(live)["spec"]["containers"][0]
        return Workload(
            name=metadata["name"],
            replicas=0,
            running=0,
            updated=0,
            available=0,
            generation=int(metadata.get("generation") or 1),
            observed_generation=int(status.get("observedGeneration") or 0),
            refused=refused(live),
            revision=(metadata.get("annotations") or {}).get(REVISION, ""),
            container=first.get("name", ""),
            image=first.get("image", ""),
        )

    def timed(self, live: Manifest, seen: Workload) -> Workload:
        """What was seen of one without conditions: if it lacks pods, it has since its numbers changed last."""
        if seen.available >= seen.replicas:
            return seen
        return replace(seen, short_since=unix_seconds(reported_at(live)) or None)
