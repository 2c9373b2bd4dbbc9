"""How a program reaches its cluster, and what the person who runs it is told when that fails."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests

from automation.cluster.client import Cluster, NoAnswer, NoConfiguration, Timeouts, said
from automation.cluster.meshed import Meshed
from automation.errors import ClusterAway, ClusterRefused
from gateways.registry import mesh_apis
from stacks.settings import ClusterSettings, MeshSettings

READ_SECONDS = 60.0
"""The provider (client-go) sets no limit to how long it waits for an answer; a program waits for a minute."""


def connect(settings: ClusterSettings, read_seconds: float = READ_SECONDS) -> Cluster:
    """The cluster that the providers of the same settings work on, that of the mesh with it. Raises NoConfiguration."""
    timeouts = Timeouts(read=read_seconds)
    own = Cluster.connect(settings.kubeconfig, settings.context, timeouts)
    mesh = mesh_of(settings)
    if mesh is None:
        return own
    return Meshed(own, Cluster.connect(mesh.kubeconfig, mesh.context, timeouts), mesh_apis())


def mesh_of(settings: ClusterSettings) -> MeshSettings | None:
    """Where the mesh's objects are, if elsewhere: a context alone is one of the workload's own kubeconfig."""
    mesh = settings.mesh
    return mesh and mesh.model_copy(update={"kubeconfig": mesh.kubeconfig or settings.kubeconfig})


def told(error: ClusterAway | ClusterRefused) -> str:
    """The text of an error for whoever runs a program. The remedies name settings, since a program has no options."""
    cause = error.__cause__
    if isinstance(error, NoConfiguration):
        remedy = "set KUBECONFIG, or name one in the settings of the environment"
        return f"no kubeconfig names a cluster; {remedy} ({cause})"
    if isinstance(error, NoAnswer) and isinstance(cause, requests.RequestException) and cause.request:
        remedy = "check that the cluster runs and that KUBECONFIG names it"
        return f"the cluster at {_server(cause.request.url)} does not answer; {remedy} ({cause})"
    if isinstance(cause, requests.HTTPError) and cause.response is not None:
        answer = cause.response
        asked = f"the cluster at {_server(answer.url)} refused to show {urlsplit(answer.url).path}"
        return f"{asked}: {said(answer)} ({answer.status_code})"
    return str(error)


def _server(url: str | None) -> str:
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc}"
