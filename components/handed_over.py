"""What is generated for a Rollout: the stable ReplicaSet, whom its two Services select, and the route.

The Services are people's own, and keep what they select by; the revision is added to it. Before the stable pods can
answer they are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from automation.core.keeping import PodMetadata
from automation.core.kinds import SERVICE, Manifest
from automation.core.marks import NUMBER, POD_HASH, POD_METADATA, RELEASE, REVISION
from automation.core.refusal import Problem, Refused
from automation.core.spec import Canary
from components.generated import Generated
from components.inputs import Inputs
from components.revision import Revision
from components.routes import following
from components.routes import route as leading
from gateways.carrying import switches
from gateways.registry import is_of_people
from gateways.subsets import labelled, rule_of
from workloads.registry import workload_of
from workloads.workload import Primary


def generated(canary: Canary, inputs: Inputs, owner: Manifest) -> Generated:
    """All objects of a Rollout: Services and route come once the stable pods are to serve. Raises Refused."""
    revision, placement = inputs.revision, inputs.placement
    if revision is None:
        return Generated((), None, apex_is_foreign=True)
    pods = stable(canary, revision, _serving(canary, inputs), owner)
    if placement.apex == "target":
        return Generated((), None, apex_is_foreign=True, primary=pods, lasting=True)
    if placement.turned:
        return generated(canary.turned(True), _turned(inputs), owner)
    further = list(following(canary, inputs, owner))
    return Generated(
        (),
        None
        if switches(canary) or not canary.apex
        else selecting(canary, canary.apex, inputs.apex, revision.hash),
        apex_is_foreign=True,
        primary=pods,
        sides=tuple(_sides(canary, inputs, revision.hash)),
        further=tuple(route for route, foreign in further if not foreign),
        patched=tuple(route for route, foreign in further if foreign),
        route=leading(canary, inputs, owner),
        route_is_foreign=is_of_people(canary),
        lasting=True,
    )


def _turned(inputs: Inputs) -> Inputs:
    """What there is, the two Services in each other's places."""
    placed = replace(inputs.placement, turned=False)
    return replace(inputs, placement=placed, apex=inputs.canary, canary=inputs.apex)


def _sides(canary: Canary, inputs: Inputs, serving: str) -> Iterator[Manifest]:
    """What tells the pods of the canary from the stable ones: a Service, or subsets of one."""
    tested = inputs.placement.canary or serving
    if canary.service.canary:
        yield selecting(canary, canary.service.canary, inputs.canary, tested)
    if named := rule_of(canary):
        yield labelled(canary, inputs.others.get((named[0].kind, named[1])), serving, tested)


def _serving(canary: Canary, inputs: Inputs) -> int:
    """How many stable pods there are to be: as many as the Rollout asks for, until they serve. Then the driver makes
    room for others, and no update takes that back."""
    workload, live = workload_of(canary), inputs.primary
    if (
        live is None
        or inputs.placement.apex == "target"
        or not _runs(canary, live, inputs.placement.revision)
    ):
        return workload.replicas(inputs.target)
    return workload.replicas(live)


def _runs(canary: Canary, live: Manifest, revision: str) -> bool:
    return bool(live["metadata"]["name"] == workload_of(canary).primary_name(canary, revision))


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
