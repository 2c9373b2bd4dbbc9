"""How the driver reaches addresses that only exist inside the cluster.

Canary documents name `http://flagger-prometheus.apisix:9090` or `http://flagger-loadtester.test/`. From a pod these
names resolve. From a terminal or a CI job they don't, and then the same request goes through the API server's
service proxy (`/api/v1/namespaces/NS/services/NAME:PORT/proxy/…`), with the rights that the kubeconfig gives.
"""

from __future__ import annotations

import json
import re
import socket
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from automation.cluster.client import Cluster

_SERVICE = re.compile(r"^(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)(\.svc(\.cluster\.local)?)?$")

_BARE = re.compile(r"^[a-z]([a-z0-9-]*[a-z0-9])?$")


def service_path(url: str) -> str | None:
    """The service-proxy path of an in-cluster URL, or None where the host isn't of the form NAME.NAMESPACE."""
    parts = urlsplit(url)
    match = _SERVICE.match(parts.hostname or "")
    if not match:
        return None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    scheme = "https:" if parts.scheme == "https" else ""
    service = f"{scheme}{match['name']}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"/api/v1/namespaces/{match['namespace']}/services/{service}/proxy{parts.path or '/'}{query}"


@lru_cache(maxsize=256)
def resolves(host: str) -> bool:
    """Whether the name resolves from here. Remembered for the life of the process: a driver doesn't move."""
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True


def placed(url: str, namespace: str) -> str:
    """The URL of a Service that a document names without a namespace: it is that of `namespace`.

    A name that resolves here means what it means here.
    """
    host = urlsplit(url).hostname or ""
    if not _BARE.match(host) or resolves(host):
        return url
    return url.replace(host, f"{host}.{namespace}", 1)


def sentence(answer: str) -> str:
    """What an answer says: where the API server gave it in a service's place, its sentence; else the text as it is."""
    try:
        status = json.loads(answer)
    except ValueError:
        return answer
    said = status.get("message") if isinstance(status, dict) and status.get("kind") == "Status" else None
    return said if isinstance(said, str) else answer


def failure(url: str, error: Exception) -> str:
    """What went wrong with whom, without the rest of the URL, in which there may be credentials."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    where = urlsplit(url)
    return f"request failed: {where.scheme}://{where.netloc.rpartition('@')[2]}: {reason or error}"


class InClusterAdapter(HTTPAdapter):
    """Sends requests for in-cluster names through the API server; all others as they are."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(pool_connections=4, pool_maxsize=64)
        self._cluster = cluster

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        url = request.url or ""
        path = service_path(url)
        if path is None or resolves(urlsplit(url).hostname or ""):
            return super().send(request, **options)
        proxied = request.copy()
        proxied.url = self._cluster.address + path
        proxied.headers.pop("Host", None)
        proxied.headers.update(self._cluster.authorization())
        session = self._cluster.session
        options.update(verify=session.verify, cert=session.cert, proxies={})
        return session.get_adapter(proxied.url).send(proxied, **options)


def session(cluster: Cluster) -> requests.Session:
    """A session for Prometheus, hooks and whatever else a Canary names."""
    made = requests.Session()
    made.trust_env = False
    adapter = InClusterAdapter(cluster)
    made.mount("http://", adapter)
    made.mount("https://", adapter)
    return made
