"""Jobs: a measurement is a Job that runs to its end, and succeeds or fails with it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from automation.cluster.client import Conflict
from automation.cluster.ports import Objects
from automation.core.decision import Take
from automation.core.kinds import JOB, Manifest
from automation.core.marks import POD_HASH, owner_reference
from automation.core.observation import Ended, QueryFailed, Unfinished
from automation.core.spec import Canary

KEPT_SECONDS = 3600
"""How long a Job that has ended stays for people to look at, unless its metric says otherwise."""


class Jobs:
    """Makes a Job for each measurement, and looks at it until it ends."""

    def __init__(self, cluster: Objects) -> None:
        self._cluster = cluster

    def take(
        self, canary: Canary, question: Take, settings: Mapping[str, Any]
    ) -> Ended | Unfinished | QueryFailed:
        name = job_name(canary, question)
        live = self._cluster.get(JOB, canary.namespace, name)
        if live is None:
            owner = self._cluster.get(canary.origin, canary.namespace, canary.name)
            if owner is None:
                return QueryFailed(f"{canary.origin.kind} {canary.full_name} is gone")
            with suppress(Conflict):  # an earlier tick, whose answer was lost
                self._cluster.create(JOB, _job(canary, name, settings, owner["metadata"]["uid"]))
            return Unfinished()
        return ended(live) or Unfinished()


def job_name(canary: Canary, question: Take) -> str:
    """The same for one measurement however often it is looked at, and another for every other."""
    told = f"{question.analysis}/{question.since}/{question.number}"
    digest = hashlib.sha256(told.encode()).hexdigest()[:8]
    return f"{canary.name}-{question.metric.name}"[:54].rstrip("-").lower() + f"-{digest}"


def ended(job: Manifest) -> Ended | None:
    """How a Job ended; None while it runs."""
    for condition in (job.get("status") or {}).get("conditions") or ():
        if condition.get("status") == "True" and condition.get("type") in ("Complete", "Failed"):
            told = ": ".join(filter(None, (condition.get("reason"), condition.get("message"))))
            return Ended(condition["type"] == "Complete", "" if condition["type"] == "Complete" else told)
    return None


def _job(canary: Canary, name: str, settings: Mapping[str, Any], uid: str) -> Manifest:
    metadata = settings.get("metadata") or {}
    labels = {name: str(value) for name, value in (metadata.get("labels") or {}).items() if name != POD_HASH}
    return {
        "apiVersion": JOB.api_version,
        "kind": JOB.kind,
        "metadata": {
            "name": name,
            "namespace": canary.namespace,
            "labels": labels,
            "annotations": dict(metadata.get("annotations") or {}),
            "ownerReferences": [owner_reference(canary.origin, canary.name, uid)],
        },
        "spec": {"ttlSecondsAfterFinished": KEPT_SECONDS, **copy.deepcopy(dict(settings["spec"]))},
    }
