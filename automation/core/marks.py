"""Labels and annotations that Sluice writes, and those of others that a copy must not carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.core.kinds import Kind, Manifest

ATTEMPT = "sluice.delivery/attempt"
"""On the generated route: the attempt whose weights are in force."""

TRAFFIC = "sluice.delivery/traffic"
"""On a generated route that does more than to share all requests: its traffic, as compact JSON."""

CANARY_SERVICE = "sluice.delivery/canary-service"
"""On a generated route: the Service, or `subset NAME`, that leads to the canary, where its name does not tell."""

STABLE_SERVICE = "sluice.delivery/stable-service"
"""On a route of people's own: the Service, or `subset NAME`, that leads to primary."""

SIDES = "sluice.delivery/sides"
"""On a Service that switches all users at once: the revisions of its stable and its other side."""

WEIGHT = "sluice.delivery/weight"
"""On a Service that stands for a route: the percentage of the requests that the canary is to get."""

REVISION = "sluice.delivery/revision"
"""On the primary Deployment: the recorded revision that it was rendered from."""

EVIDENCE = "sluice.delivery/evidence"
"""On the generated route: what was measured before these weights were set, as compact JSON."""

DECLARED = "sluice.delivery/declared"
"""On a declared target: what the stack asked for when it last wrote the pod template."""

REPLICAS = "sluice.delivery/replicas"
"""On a declared target that no autoscaler scales: how many pods its document asks for. The driver scales the object
itself, from and to zero, so its own number says nothing of that."""

CANARY = "sluice.delivery/canary"
"""Label of everything that is recorded for a Canary; its value is the Canary's name."""

STATUS = "sluice.delivery/status"
"""On a Rollout: all that is remembered of its release. Its `.status` is what the model reports there, and no more."""

POD_HASH = "rollouts-pod-template-hash"
"""Label of the pods of a Rollout and their ReplicaSet, and of what its Services select: the revision. Argo's name."""

NUMBER = "rollout.argoproj.io/revision"
"""On a ReplicaSet of a Rollout: which of its revisions it is, counted from 1. Argo's name."""

SCALE_DOWN = "argo-rollouts.argoproj.io/scale-down-deadline"
"""On a ReplicaSet of a Rollout that serves nobody any more: when its pods go. Argo's name."""

POD_METADATA = "rollout.argoproj.io/ephemeral-metadata"
"""On a ReplicaSet of a Rollout: the labels and annotations that its pods were given for as long as they have a part in
a release, as JSON. Argo's name."""

MADE_FOR = "sluice.delivery/made-for"
"""On what may as well be somebody else's, where it was made here: on an apex Service the name of its Canary, on a
namespace that of its platform stack."""

ORIGINAL = "flagger.kubernetes.io/original-configuration"
"""On a route that somebody made and a release has taken over: its spec before that, as JSON. Flagger's own name."""

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

FINALIZER = "finalizer.flagger.app"
"""On a Canary with `revertOnDeletion`: it is there until users are back on the target. Flagger's own name, so that
either driver can end what the other one began."""

PATCH_MANAGER = "pulumi.com/patchFieldManager"
FIELD_MANAGER = "sluice"

RELEASE = {
    "pulumi.com/skipAwait": "true",
    "pulumi.com/patchForce": "true",
    PATCH_MANAGER: FIELD_MANAGER,
}
"""On every object of a release. The driver observes readiness, so an update need not wait for it; one fixed
field manager means that the driver's own patches and the stack's updates never conflict; force, because a
weight that a GitOps tool wrote must not block the way back."""

UNMANAGED_BY_FLUX = {
    "kustomize.toolkit.fluxcd.io/reconcile": "disabled",
    "helm.toolkit.fluxcd.io/driftDetection": "disabled",
}

_MARKS_OF_OTHERS = (
    LAST_APPLIED,
    "toolkit.fluxcd.io",
    "argocd.argoproj.io/",
    "meta.helm.sh/",
    "deployment.kubernetes.io/",
    "deprecated.daemonset.template.generation",
    "pulumi.com/",
    "sluice.delivery/",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
)


def is_ours(manager: str) -> bool:
    """Whether a field manager is one under which drivers and stacks write."""
    return manager == FIELD_MANAGER or manager.startswith((f"{FIELD_MANAGER}-", "pulumi-kubernetes"))


def owner_reference(origin: Kind, name: str, uid: Any) -> Manifest:
    """A release's document as controller: what is generated goes when it goes. `uid` may be an Output."""
    return {
        "apiVersion": origin.api_version,
        "kind": origin.kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def inherited(marks: Mapping[str, str] | None) -> dict[str, str]:
    """Labels or annotations of an original that its copy may carry.

    Tracking marks stay behind: a pruning GitOps tool would take the copy for its own and delete it.
    """
    return {
        key: value
        for key, value in (marks or {}).items()
        if not any(mark in key for mark in _MARKS_OF_OTHERS)
    }


def replicas_asked(live: Manifest) -> int | None:
    """How many pods the document of a declared workload asks for; None where it leaves that open."""
    text = (live["metadata"].get("annotations") or {}).get(REPLICAS, "")
    return int(text) if text.isdecimal() else None


def is_deleted(live: Manifest) -> bool:
    """Whether somebody has deleted an object that its finalizers keep."""
    return "deletionTimestamp" in (live.get("metadata") or {})


def is_held(live: Manifest) -> bool:
    """Whether a Canary stays when it is deleted, until it is let go."""
    return FINALIZER in finalizers(live)


def finalizers(live: Manifest) -> list[str]:
    return list(live["metadata"].get("finalizers") or ())
