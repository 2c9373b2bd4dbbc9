"""Releases as the command line finds them: Rollouts by name, without an environment, and where a release stands."""

from __future__ import annotations

from automation.cluster.ports import Objects
from automation.core.kinds import ROLLOUT, Manifest, Scope
from automation.core.refusal import Refused
from automation.core.status import Status
from automation.errors import CanaryMissing, DocumentRefused
from documents.front import front_of, status_of


def rollout_of(cluster: Objects, name: str, namespace: str | None) -> Manifest:
    """The Rollout of this name. Raises CanaryMissing, which lists the known ones, or those of that name where there is
    more than one."""
    known = cluster.select(ROLLOUT, Scope(namespace))
    found = [one for one in known if one["metadata"]["name"] == name]
    if len(found) == 1:
        return found[0]
    if found:
        which = " or ".join(f"-n {one['metadata']['namespace']}" for one in found)
        raise CanaryMissing(f"{name} is the name of {len(found)} Rollouts", f"say which: {which}")
    where = f" in namespace {namespace}" if namespace else ""
    names = ", ".join(sorted(map(full_name, known))) or "none"
    remedy = f"known: {names}; a Canary needs --env ENV"
    raise CanaryMissing(f"there is no Rollout {name}{where}", remedy)


def full_name(live: Manifest) -> str:
    return f"{live['metadata']['name']}.{live['metadata']['namespace']}"


def standing_of(live: Manifest) -> Status:
    """Where its release stands. Raises DocumentRefused where that can't be read."""
    try:
        return status_of(live)
    except Refused as refused:
        raise DocumentRefused(f"{front_of(live).kind.kind} {full_name(live)}: {refused}") from refused
