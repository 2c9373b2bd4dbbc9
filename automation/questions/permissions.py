"""Whether the cluster lets a person approve a gate, and whom the cluster takes somebody for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automation.cluster.ports import Objects
from automation.core.decision import AskPermission
from automation.core.kinds import CANARY, Kind
from automation.core.observation import Permission
from automation.core.spec import Canary
from automation.errors import ClusterRefused

ACCESS = Kind("/apis/authorization.k8s.io/v1", "subjectaccessreviews", "SubjectAccessReview")
OWN_ACCESS = Kind("/apis/authorization.k8s.io/v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview")
IDENTITY = Kind("/apis/authentication.k8s.io/v1", "selfsubjectreviews", "SelfSubjectReview")
VERB = "approve"
"""What a Role has to allow for `canaries/GATE`, such as canaries/promotion."""


@dataclass(frozen=True)
class User:
    """Whom the API server takes somebody for."""

    name: str
    groups: tuple[str, ...]


def permission(cluster: Objects, canary: Canary, asked: AskPermission) -> Permission:
    """What the API server says of a person; one that it refuses to judge may not. Raises ClusterAway."""
    spec = {"user": asked.user, "groups": list(asked.groups), "resourceAttributes": _gate(canary, asked.gate)}
    try:
        said = _answer(cluster, ACCESS, spec)
    except ClusterRefused as refused:
        return Permission(False, f"the driver can't ask whether {asked.user} may: {refused.problem}")
    return _permission(canary, asked, said)


def own_permission(cluster: Objects, canary: Canary, asked: AskPermission) -> Permission:
    """The same of whoever this process is to the API server. Raises ClusterAway or ClusterRefused."""
    return _permission(
        canary, asked, _answer(cluster, OWN_ACCESS, {"resourceAttributes": _gate(canary, asked.gate)})
    )


def identity(cluster: Objects) -> User:
    """Who this process is to the API server, which has to be of Kubernetes 1.28 or later. Raises ClusterAway or
    ClusterRefused."""
    info = _answer(cluster, IDENTITY, {}).get("userInfo") or {}
    return User(str(info.get("username") or ""), tuple(map(str, info.get("groups") or ())))


def _permission(canary: Canary, asked: AskPermission, said: Mapping[str, Any]) -> Permission:
    told = f"{asked.user} may not {VERB} {CANARY.plural}/{asked.gate} of {canary.full_name}"
    return Permission(bool(said.get("allowed")), ": ".join(filter(None, (told, said.get("reason")))))


def _gate(canary: Canary, gate: str) -> Mapping[str, str]:
    return {
        "namespace": canary.namespace,
        "verb": VERB,
        "group": CANARY.group,
        "resource": CANARY.plural,
        "subresource": gate,
        "name": canary.name,
    }


def _answer(cluster: Objects, kind: Kind, spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an API server that is asked says: nothing is created by it."""
    question = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {}, "spec": dict(spec)}
    return cluster.create(kind, question).get("status") or {}
