"""The `kubernetes` package: makes providers out of configurations and lets them share connections."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

from engine.kubernetes.cluster import Cluster
from engine.kubernetes.kubeconfig import Source, choose
from engine.kubernetes.objects import SECRET_FIELDS
from engine.kubernetes.patience import Patience
from engine.kubernetes.provider import KubernetesProvider
from engine.kubernetes.settings import Settings, refusals, source
from engine.provider import Change, Checked, CheckFailure, Diff, Operation, ProviderError
from engine.values import PropertyMap, has_unknown, reveal

_CLUSTER_KEYS = ("kubeconfig", "context", "cluster")
_IDENTIFIER = "clusterIdentifier"


class KubernetesPackage:
    """Keep one for the life of a process: connections and discovered kinds are kept for every cluster.

    `environment` is where `KUBECONFIG` and `PULUMI_K8S_*` are looked up.
    """

    name = "kubernetes"

    def __init__(self, environment: Mapping[str, str] = os.environ, clusters: Clusters | None = None) -> None:
        self._environment = environment
        self._clusters = clusters or Clusters()

    def within(self, environment: Mapping[str, str]) -> KubernetesPackage:
        """The same package, with the same connections, for a program that has another environment."""
        return KubernetesPackage(environment, self._clusters)

    def check_config(self, operation: Operation, news: PropertyMap) -> Checked:
        return Checked(news, tuple(CheckFailure(name, reason) for name, reason in refusals(news)))

    def diff_config(self, operation: Operation, olds: PropertyMap, news: PropertyMap) -> Diff:
        """A provider of another cluster is another provider; everything else is changed in place."""
        old, new = reveal(olds), reveal(news)
        changed = tuple(key for key in sorted({*old, *new}) if old.get(key) != new.get(key))
        if not changed:
            return Diff()
        return Diff(Change.SOME, self._replacing(old, new, changed), changed)

    def configure(self, inputs: PropertyMap) -> KubernetesProvider:
        """Never fails for a cluster that can't be reached: the operations on it do."""
        settings = Settings.parse(inputs, self._environment)
        return KubernetesProvider(self._clusters.get(settings.source, settings.patience), settings)

    def secret_outputs(self, type: str) -> tuple[str, ...]:
        return SECRET_FIELDS if type.startswith("kubernetes:core/v1:Secret") else ()

    def _replacing(self, old: PropertyMap, new: PropertyMap, changed: tuple[str, ...]) -> tuple[str, ...]:
        """The inputs that lead to another cluster. One that gets an identifier, or loses it, stays what it is."""
        identifiers = [inputs.get(_IDENTIFIER) for inputs in (old, new)]
        if all(identifiers) and _IDENTIFIER not in changed:
            return ()
        named = (_IDENTIFIER,) if all(identifiers) else ()
        candidates = tuple(key for key in _CLUSTER_KEYS if key in changed)
        unknown = tuple(key for key in candidates if has_unknown(new.get(key)))
        if unknown or not candidates:
            return (*named, *unknown)
        return (*named, *(candidates if self._active_cluster(old) != self._active_cluster(new) else ()))

    def _active_cluster(self, inputs: PropertyMap) -> object:
        """The entry of the cluster that the inputs lead to; where they lead nowhere, why is all there is to compare."""
        try:
            return choose(source(inputs, self._environment)).cluster
        except ProviderError as error:
            return str(error)


class Clusters:
    """One `Cluster` for each way into one, as long as its kubeconfig stays as it is. Thread-safe."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Cluster] = {}
        self._lock = threading.Lock()

    def get(self, source: Source, patience: Patience = Patience()) -> Cluster:
        with self._lock:
            return self._known.setdefault((*source.fingerprint(), patience), Cluster(source, patience))
