"""What is generated for a Rollout: the stable ReplicaSet, whom its two Services select, and the route.

The Services are people's own, and keep what they select by; the revision is added to it. Before the stable pods can
answer they are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from automation.core.kinds import SERVICE, Manifest
from automation.core.marks import NUMBER, POD_HASH, RELEASE, REVISION
from automation.core.refusal import Problem, Refused
from automation.core.spec import Canary
from components.revision import Revision
from workloads.registry import workload_of
from workloads.workload import Primary


def replica_set(
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


def stable(canary: Canary, target: Manifest, revision: Revision, owner: Manifest) -> Manifest:
    """The ReplicaSet that serves, with as many pods as the Rollout asks for."""
    pods = workload_of(canary).replicas(target)
    return replica_set(canary, revision, pods, owner, {REVISION: revision.hash})


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
