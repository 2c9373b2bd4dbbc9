"""What workloads have in common whose primary is a copy beside them."""

from __future__ import annotations

from automation.core.kinds import Kind, Manifest
from automation.core.spec import Canary
from workloads.workload import Primary


class Copied:
    """The target is the canary, under its own name."""

    kind: Kind
    rollout_fields: tuple[str, ...]

    def canary_name(self, canary: Canary, revision: str) -> str:
        return canary.target.name

    def primary_name(self, canary: Canary, revision: str) -> str:
        return canary.primary_name

    def copy(self, parts: Primary) -> Manifest:
        """The primary, but for how many pods it has."""
        return {
            "apiVersion": self.kind.api_version,
            "kind": self.kind.kind,
            "metadata": {
                "name": parts.name,
                "namespace": parts.namespace,
                "labels": dict(parts.labels),
                "annotations": dict(parts.annotations),
                "ownerReferences": [parts.owner],
            },
            "spec": {
                **{field: parts.rollout[field] for field in self.rollout_fields if field in parts.rollout},
                "selector": {"matchLabels": dict(parts.selected)},
                "template": parts.template,
            },
        }
