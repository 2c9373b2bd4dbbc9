"""Which rule goes with which kind, in one table."""

from __future__ import annotations

from collections.abc import Mapping

from engine.kubernetes.objects import WAIT_FOR, Object, annotation
from engine.kubernetes.waits import (
    daemonset,
    deployment,
    ingress,
    job,
    pod,
    service,
    simple,
    statefulset,
    storage,
)
from engine.kubernetes.waits.expressions import rule_of
from engine.kubernetes.waits.rule import Rule

RULES: Mapping[tuple[str, str], Rule] = {
    ("apiextensions.k8s.io", "CustomResourceDefinition"): simple.DEFINITION,
    ("apps", "DaemonSet"): daemonset.RULE,
    ("apps", "Deployment"): deployment.RULE,
    ("apps", "StatefulSet"): statefulset.RULE,
    ("batch", "Job"): job.RULE,
    ("networking.k8s.io", "Ingress"): ingress.RULE,
    ("", "PersistentVolume"): storage.VOLUME,
    ("", "PersistentVolumeClaim"): storage.CLAIM,
    ("", "Pod"): pod.RULE,
    ("", "ReplicationController"): simple.REPLICATION_CONTROLLER,
    ("", "ResourceQuota"): simple.QUOTA,
    ("", "Secret"): simple.SECRET,
    ("", "Service"): service.RULE,
}

# Of these a look tells whether they are ready; of the others only who has just written them asks.
_TOLD_WHEN_READ = frozenset({"DaemonSet", "Deployment", "Ingress", "Job", "Pod", "Service", "StatefulSet"})


def rule_for(document: Object, await_all: bool = False) -> Rule | None:
    """The rule for an object; None where existing is enough. Raises `ProviderError` for a bad annotation.

    With `await_all`, kinds without a rule of their own go by what most controllers agree on.
    """
    asked = annotation(document, WAIT_FOR)
    if asked:
        return rule_of(asked)
    return _own(document) or (simple.ANYTHING if await_all else None)


def rule_for_reading(document: Object) -> Rule | None:
    """The rule by which an object is judged that is only looked at; None where nobody asks whether it is ready."""
    return _own(document) if document.get("kind") in _TOLD_WHEN_READ else None


def _own(document: Object) -> Rule | None:
    group = str(document.get("apiVersion", "")).rpartition("/")[0]
    return RULES.get((group, str(document.get("kind"))))
