"""Whether another driver works on the releases of a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from automation.cluster.ports import Objects
from automation.core.kinds import DEPLOYMENT, ROLLOUT, Kind
from automation.core.refusal import Problem, Refused


@dataclass(frozen=True)
class _Rival:
    """Another driver: `image` is the last part of its image's name, `releases` what it drives."""

    name: str
    image: str
    releases: str
    wait: str
    kept: str


_FLAGGER = _Rival(
    "Flagger",
    "flagger",
    "Canary",
    "no Canary is Progressing",
    "the Canaries, primaries and routes stay as they are and are adopted",
)
_ARGO = _Rival(
    "Argo's controller",
    "argo-rollouts",
    "Rollout",
    "every Rollout is Healthy",
    "the Rollouts, pods and routes stay as they are and are adopted",
)


def refuse_flagger(cluster: Objects) -> None:
    """Raises Refused when Flagger runs in the cluster, ClusterAway or ClusterRefused when that can't be told."""
    _refuse(cluster, _FLAGGER)


def refuse_rivals(cluster: Objects, kind: Kind) -> None:
    """Raises Refused when somebody else drives releases of this kind here; otherwise as `refuse_flagger`."""
    _refuse(cluster, _ARGO if kind == ROLLOUT else _FLAGGER)


def _refuse(cluster: Objects, rival: _Rival) -> None:
    for deployment in cluster.select(DEPLOYMENT):
        running = deployment["spec"].get("replicas", 1)
        if running and any(_repository(image) == rival.image for image in _images(deployment)):
            metadata = deployment["metadata"]
            raise Refused((_problem(rival, metadata["name"], metadata["namespace"]),))


def _problem(rival: _Rival, name: str, namespace: str) -> Problem:
    return Problem(
        path=f"deployment {name}.{namespace}",
        problem=f"{rival.name} runs in this cluster. Two drivers on one {rival.releases} write its status, weights and "
        "replicas against each other: traffic would jump between their ideas of it, and a rollback of one could be "
        "undone by the other",
        remedy=f"hand over first: wait until {rival.wait}, then "
        f"`kubectl -n {namespace} scale deployment/{name} --replicas=0`, and run this again; {rival.kept}",
    )


def _images(deployment: dict[str, Any]) -> list[str]:
    return [
        str(container.get("image", "")) for container in deployment["spec"]["template"]["spec"]["containers"]
    ]


def _repository(image: str) -> str:
    """The last part of an image's name, without tag or digest."""
    return image.partition("@")[0].rsplit("/", 1)[-1].partition(":")[0]
