"""What is generated for a Rollout: the stable ReplicaSet, whom its two Services select, and the route.

The Services are people's own, and keep what they select by; the revision is added to it. Before the stable pods can
answer they are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from automation.core.keeping import PodMetadata
from automation.core.kinds import SERVICE, Manifest
from automation.core.marks import NUMBER, POD_HASH, POD_METADATA, RELEASE, REVISION
from automation.core.refusal import Problem, Refused
from automation.core.spec import Canary
from components.revision import Revision
from workloads.registry import workload_of
from workloads.workload import Primary


def stable(canary: Canary, revision: Revision, replicas: int, owner: Manifest) -> Manifest:
    """The ReplicaSet that serves."""
    marks = {REVISION: revision.hash}
    return _replica_set(canary, _carrying(revision, canary.keeping.stable), replicas, owner, marks)


def tested(canary: Canary, revision: Revision, replicas: int, owner: Manifest, stable: str) -> Manifest:
    """The ReplicaSet of a revision under test, beside that of the `stable` one. It says what its pods were given, which
    those that are there have to be given where their part changes."""
    carried = canary.keeping.tested
    marks = {POD_METADATA: carried.text} if carried else {}
    apart = _kept_off(canary, _carrying(revision, carried), stable)
    return _replica_set(canary, apart, replicas, owner, marks)


_HAVE_TO, _PREFER = (
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)


def _kept_off(canary: Canary, revision: Revision, stable: str) -> Revision:
    """The revision, its pods off the nodes of stable ones where that is asked for, by the same term as Argo's."""
    asked = canary.keeping.apart
    if asked is None or not stable:
        return revision
    chosen = {"matchExpressions": [{"key": POD_HASH, "operator": "In", "values": [stable]}]}
    term: Manifest = {
        "labelSelector": chosen,
        "namespaces": [canary.namespace],
        "topologyKey": "kubernetes.io/hostname",
    }
    way, added = (
        (_HAVE_TO, term)
        if asked.weight is None
        else (_PREFER, {"weight": asked.weight, "podAffinityTerm": term})
    )
    spec = revision.template["spec"]
    affinity = spec.get("affinity") or {}
    anti = affinity.get("podAntiAffinity") or {}
    kept_off = {**affinity, "podAntiAffinity": {**anti, way: [*(anti.get(way) or ()), added]}}
    return replace(revision, template={**revision.template, "spec": {**spec, "affinity": kept_off}})


def _replica_set(
    canary: Canary, revision: Revision, replicas: int, owner: Manifest, marks: Mapping[str, str]
) -> Manifest:
    """The ReplicaSet of a recorded revision, with `marks` among its annotations."""
    kind = workload_of(canary)
    numbered = {NUMBER: str(revision.number)} if revision.number else {}
    return kind.primary(
        Primary(
            name=kind.primary_name(canary, revision.hash),
            namespace=canary.namespace,
            labels={POD_HASH: revision.hash},
            selected={},
            annotations={**numbered, **marks},
            owner=owner,
            template=revision.template,
            rollout=revision.rollout,
            replicas=replicas,
        )
    )


def _carrying(revision: Revision, carried: PodMetadata) -> Revision:
    """The revision, its pods with these labels and annotations."""
    if not carried:
        return revision
    metadata = revision.template.get("metadata") or {}
    labels = {**(metadata.get("labels") or {}), **carried.labels}
    annotations = {**(metadata.get("annotations") or {}), **carried.annotations}
    given = {**metadata, "labels": labels, "annotations": annotations}
    return replace(revision, template={**revision.template, "metadata": given})


def selecting(canary: Canary, name: str, live: Manifest | None, revision: str) -> Manifest:
    """The patch by which a Service selects the pods of one revision. Raises Refused where it isn't there."""
    if live is None:
        field = "stableService" if name == canary.primary_service else "canaryService"
        problem = f"Service {name}.{canary.namespace} not found"
        raise Refused((Problem(f"spec.strategy.canary.{field}", problem, "apply the Service"),))
    selector = {**((live.get("spec") or {}).get("selector") or {}), POD_HASH: revision}
    return {
        "apiVersion": SERVICE.api_version,
        "kind": SERVICE.kind,
        "metadata": {"name": name, "namespace": canary.namespace, "annotations": dict(RELEASE)},
        "spec": {"selector": selector},
    }
