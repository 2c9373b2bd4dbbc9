"""Whether another driver works on the Canaries of a cluster."""

from __future__ import annotations

from typing import Any

from automation.cluster.ports import Objects
from automation.core.kinds import DEPLOYMENT
from automation.core.refusal import Problem, Refused


def refuse_flagger(cluster: Objects) -> None:
    """Raises Refused when Flagger runs in the cluster, ClusterAway or ClusterRefused when that can't be told."""
    for deployment in cluster.select(DEPLOYMENT):
        if deployment["spec"].get("replicas", 1) and any(map(_is_flagger, _images(deployment))):
            metadata = deployment["metadata"]
            raise Refused((_rival(f"{metadata['name']}.{metadata['namespace']}"),))


def _rival(name: str) -> Problem:
    namespace = name.partition(".")[2]
    return Problem(
        path=f"deployment {name}",
        problem="Flagger runs in this cluster. Two drivers on one Canary write its status, weights and replicas "
        "against each other: traffic would jump between their ideas of it, and a rollback of one could be undone "
        "by the other",
        remedy=f"hand over first: wait until no Canary is Progressing, then "
        f"`kubectl -n {namespace} scale deployment/{name.partition('.')[0]} --replicas=0`, and run this again; "
        "the Canaries, primaries and routes stay as they are and are adopted",
    )


def _images(deployment: dict[str, Any]) -> list[str]:
    return [
        str(container.get("image", "")) for container in deployment["spec"]["template"]["spec"]["containers"]
    ]


def _is_flagger(image: str) -> bool:
    repository = image.partition("@")[0].rsplit("/", 1)[-1].partition(":")[0]
    return repository == "flagger"
