"""A Service of the apex's name that somebody else made, before it is taken over for a release."""

from __future__ import annotations

from automation.core.kinds import Manifest
from automation.core.managed_fields import writers
from automation.core.marks import is_ours
from automation.core.refusal import Problem
from automation.core.spec import Canary


def is_taken(service: Manifest) -> bool:
    """Whether a live Service selects by what a release wrote."""
    return any(is_ours(entry.get("manager", "")) for entry in writers(service, ("f:spec", "f:selector")))


def apex_problems(canary: Canary, service: Manifest) -> tuple[Problem, ...]:
    """Why it can't be taken over: a name in the DNS selects no pods, whatever its selector
    (https://kubernetes.io/docs/concepts/services-networking/service/#externalname)."""
    spec = service.get("spec") or {}
    if spec.get("type") != "ExternalName":
        return ()
    return (
        Problem(
            "spec.service.name",
            f"Service {canary.apex}.{canary.namespace} is of type ExternalName and leads to "
            f"{spec.get('externalName')}: it can't be made to select the pods of a release",
            "name another Service, or delete this one once nobody needs it: one that leads to the target is made then",
        ),
    )
