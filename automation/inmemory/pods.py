"""What controllers make of workloads: the pods they ask for, at once and ready, unless their status was set."""

from __future__ import annotations

from automation.core.kinds import DAEMON_SET, DEPLOYMENT, Kind, Manifest
from automation.inmemory.cluster import MemoryCluster
from workloads.daemon_set import DAEMON_SETS

NODES = 2
"""How many nodes DaemonSets find."""


def run_pods(cluster: MemoryCluster, workload: Kind = DEPLOYMENT) -> None:
    """Has the cluster run the pods of its workloads of a kind from now on."""

    def after(verb: str, kind: Kind, live: Manifest) -> None:
        if kind == workload and verb not in ("put", "status", "delete"):
            cluster.put(kind, {**live, "status": _daemons(live) if kind == DAEMON_SET else _status(live)})

    cluster.after = after


def _status(live: Manifest) -> Manifest:
    """All pods ready; those that were said not to be stay so, however many there are."""
    known, wanted = live.get("status") or {}, live["spec"].get("replicas", 1)
    troubled = known.get("availableReplicas", 0) < known.get("updatedReplicas", 0)
    ready = min(wanted, known["availableReplicas"]) if troubled else wanted
    return {
        **({"conditions": known["conditions"]} if troubled and "conditions" in known else {}),
        "observedGeneration": live["metadata"]["generation"],
        "replicas": wanted,
        "updatedReplicas": wanted,
        "readyReplicas": ready,
        "availableReplicas": ready,
    }


def _daemons(live: Manifest) -> Manifest:
    """One on each node, or none where it is told to have none."""
    generation, counted = live["metadata"]["generation"], {"status": {"desiredNumberScheduled": NODES}}
    pods = DAEMON_SETS.replicas({**live, **counted})
    numbers = ("desired", "current", "updated")
    return {
        "observedGeneration": generation,
        **{f"{number}NumberScheduled": pods for number in numbers},
        "numberMisscheduled": 0,
        "numberAvailable": pods,
    }
