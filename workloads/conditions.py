"""What a workload's controller says of it in conditions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from automation.core.kinds import Manifest

_POD = re.compile(r'^pods "[^"]*" is forbidden: ')
"""The name in it is made up anew for each pod that is tried."""


def conditions_of(live: Manifest) -> Mapping[str, Mapping[str, Any]]:
    """The conditions by their types."""
    status = live.get("status") or {}
    return {condition["type"]: condition for condition in status.get("conditions") or ()}


def refused(live: Manifest) -> str:
    """Why the cluster refuses new pods of it (a quota, an admission webhook), "" where it doesn't. A Deployment has the
    condition of its ReplicaSets."""
    failure = conditions_of(live).get("ReplicaFailure", {})
    return _POD.sub("", str(failure.get("message") or "")) if failure.get("status") == "True" else ""
