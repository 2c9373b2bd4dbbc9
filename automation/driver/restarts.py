"""Restarts the pods of a Rollout as `restartAt` asks: they are evicted, and their ReplicaSets make others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from automation.cluster.ports import Objects
from automation.core.keeping import Replacement
from automation.core.kinds import POD, Kind, Manifest, Scope
from automation.core.marks import POD_HASH, is_deleted
from automation.core.moments import timestamp, unix_seconds
from automation.core.restarting import Pod, outdated, to_restart
from automation.core.rollout import CanarySteps
from automation.errors import ClusterAway, ClusterRefused
from documents.argo.standing import Standing


class Restarts:
    """Evictions. One that a PodDisruptionBudget forbids is tried again by a later tick."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def keep(self, at: Standing) -> str:
        """Restarts what may go now; the time of the last restart that is done."""
        asked, done = at.document.restart_at, str((at.live.get("status") or {}).get("restartedAt") or "")
        if asked is None or at.now < asked or (done and unix_seconds(done) >= asked):
            return done
        pods = tuple(self._pods(at))
        for pod in to_restart(pods, asked, at.document.replicas, _unavailable(at)):
            self._evict(at.canary.namespace, pod.name)
        return done if outdated(pods, asked) else timestamp(asked)

    def _pods(self, at: Standing) -> Iterator[Pod]:
        for one in at.sets:
            selector = f"{POD_HASH}={one['metadata']['labels'][POD_HASH]}"
            for pod in self._objects.select(POD, Scope(at.canary.namespace, selector=selector)):
                made = unix_seconds(pod["metadata"].get("creationTimestamp") or "")
                yield Pod(pod["metadata"]["name"], made, _is_ready(pod), is_deleted(pod))

    def _evict(self, namespace: str, name: str) -> None:
        kind = Kind(POD.api, f"{POD.plural}/{name}/eviction", "Eviction")
        body = {
            "apiVersion": "policy/v1",
            "kind": kind.kind,
            "metadata": {"name": name, "namespace": namespace},
        }
        with suppress(ClusterAway, ClusterRefused):  # which is how a budget's no is told
            self._objects.create(kind, body)


def _unavailable(at: Standing) -> int:
    strategy, asked = at.document.strategy, at.document.replicas
    if isinstance(strategy, CanarySteps):
        return asked - strategy.replacement.of(asked).least
    return asked - Replacement(0, strategy.unavailable).of(asked).least


def _is_ready(pod: Manifest) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
