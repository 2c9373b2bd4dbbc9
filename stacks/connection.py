"""How a program reaches its cluster, and what the person who runs it is told when that fails."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests

from automation.cluster.client import Cluster, NoAnswer, NoConfiguration, Timeouts, said
from automation.errors import ClusterAway, ClusterRefused
from stacks.settings import ClusterSettings

READ_SECONDS = 60.0
"""The provider (client-go) sets no limit to how long it waits for an answer; a program waits for a minute."""


def connect(settings: ClusterSettings, read_seconds: float = READ_SECONDS) -> Cluster:
    """The cluster that the provider of the same settings works on. Raises NoConfiguration."""
    return Cluster.connect(settings.kubeconfig, settings.context, Timeouts(read=read_seconds))


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
