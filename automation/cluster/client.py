"""The Kubernetes API as driver, command line and programs use it: plain objects in and out, errors of our own.

Which server, which credentials and how they are refreshed follows kubeconfig rules (`kubernetes.config`); the
requests themselves go over one session, so that connections are reused. docs/decisions/0011 says why not a library.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from kubernetes import client as kubernetes_client
from kubernetes import config as kubernetes_config
from yaml import YAMLError

from automation.cluster import connections
from automation.core.kinds import EVERYWHERE, NAMESPACE, Kind, Manifest, Scope
from automation.errors import ClusterAway, ClusterRefused

MANAGER = "sluice"
UNREADABLE = (kubernetes_config.ConfigException, YAMLError, OSError, TypeError)
"""What the loader raises for a file that is missing, broken, or no kubeconfig at all."""
READ_SECONDS = 15.0
"""How long the driver waits for an answer: a rollback may be what the request is for, or what comes after it."""
BUSY_RETRIES, LONGEST_BUSY_SECONDS = 5, 2.0
WATCH_SECONDS = 60
"""When a connection dies unnoticed, its watch sees nothing for this long and a little more."""


class NoConfiguration(ClusterAway):
    """Nothing names a cluster. The cause is what became of the kubeconfig."""


class NoAnswer(ClusterAway):
    """The API server could not be reached, or took too long. The cause is a `requests.RequestException`."""


class Conflict(ClusterRefused):
    """The object changed since it was read (HTTP 409); read again and decide again."""


class WatchExpired(Exception):
    """The watch's starting point is gone (HTTP 410): list again."""


@dataclass(frozen=True)
class Timeouts:
    """In seconds: how long one connection may take to be opened, its TLS handshake included, and an answer to come."""

    connect: float = 5.0
    read: float = READ_SECONDS


class Cluster:
    """One API server. Safe to use from several threads. `timeouts` says for how long.

    An error answer raises ClusterAway, Conflict or ClusterRefused; its cause is the `requests.HTTPError`.
    """

    def __init__(self, configuration: Any, timeouts: Timeouts = Timeouts()) -> None:
        self.configuration = configuration
        self.timeouts = timeouts
        self._refresh = threading.Lock()
        self.address: str = configuration.host.rstrip("/")
        self.session = connections.session(configuration)

    @classmethod
    def connect(
        cls, kubeconfig: str | None = None, context: str | None = None, timeouts: Timeouts = Timeouts()
    ) -> Cluster:
        """The cluster of a kubeconfig (a path, or the usual rules with None), or the one this process runs in.

        Raises NoConfiguration.
        """
        configuration = kubernetes_client.Configuration()
        try:
            kubernetes_config.load_kube_config(
                config_file=kubeconfig,
                context=context,
                client_configuration=configuration,
                persist_config=False,
            )
        except UNREADABLE as missing:
            if kubeconfig or context or "KUBERNETES_SERVICE_HOST" not in os.environ:
                raise NoConfiguration(
                    f"no cluster: {missing}",
                    "set KUBECONFIG or pass --kubeconfig, or start a lab: sluice lab up",
                ) from missing
            kubernetes_config.load_incluster_config(client_configuration=configuration)
        return cls(configuration, timeouts)

    def identity(self) -> str:
        """What tells this cluster from every other: the uid of its oldest namespace.

        Addresses and certificates change while a cluster stays the same; this does not.
        """
        system = self.get(NAMESPACE, None, "kube-system")
        return str(system["metadata"]["uid"]) if system else ""

    def mesh_identity(self) -> str:
        """The same of the cluster that the mesh's objects are in; "" where that is this one."""
        return ""

    def get(self, kind: Kind, namespace: str | None, name: str) -> Manifest | None:
        """The object, or None where there is none (nor such a kind)."""
        return self.request("GET", kind.path(namespace, name), missing_ok=True)

    def select(self, kind: Kind, scope: Scope = EVERYWHERE) -> list[Manifest]:
        return self.list_page(kind, scope)[0]

    def list_page(self, kind: Kind, scope: Scope) -> tuple[list[Manifest], str]:
        """(objects, resourceVersion to watch from); none and "" where the cluster has no such kind.

        Objects of a list carry no kind on the wire; they get it here.
        """
        path = kind.path(scope.namespace)
        answer = self.request("GET", path, params=scope.params, missing_ok=True)
        if answer is None:
            return [], ""
        items = [{"apiVersion": kind.api_version, "kind": kind.kind, **item} for item in answer["items"]]
        return items, answer["metadata"].get("resourceVersion", "")

    def may_list(self, kind: Kind) -> bool:
        """Whether the API server lists the kind for all namespaces. Raises ClusterAway."""
        try:
            self.request("GET", kind.path(None), params={"limit": "1"}, missing_ok=True)
        except ClusterRefused:
            return False
        return True

    def create(self, kind: Kind, body: Manifest) -> Manifest:
        path = kind.path(body["metadata"].get("namespace"))
        return self._sure(self.request("POST", path, body=body, params={"fieldManager": MANAGER}))

    def patch(self, kind: Kind, namespace: str, name: str, body: Manifest, subresource: str = "") -> Manifest:
        """A merge patch. With `metadata.resourceVersion` in it, raises Conflict when the object has changed."""
        path = kind.path(namespace, name) + (f"/{subresource}" if subresource else "")
        headers = {"Content-Type": "application/merge-patch+json"}
        return self._sure(
            self.request("PATCH", path, body=body, params={"fieldManager": MANAGER}, headers=headers)
        )

    def replace_status(self, kind: Kind, body: Manifest) -> Manifest:
        """Writes `.status` whole. Raises Conflict when the object has changed since it was read."""
        metadata = body["metadata"]
        path = kind.path(metadata["namespace"], metadata["name"]) + "/status"
        return self._sure(self.request("PUT", path, body=body, params={"fieldManager": MANAGER}))

    def strategic_patch(self, kind: Kind, namespace: str, name: str, body: Manifest) -> Manifest:
        """A strategic merge patch (lists of containers are merged by name), as `kubectl set image` makes."""
        headers = {"Content-Type": "application/strategic-merge-patch+json"}
        path = kind.path(namespace, name)
        return self._sure(
            self.request("PATCH", path, body=body, params={"fieldManager": MANAGER}, headers=headers)
        )

    def apply(self, kind: Kind, body: Manifest) -> Manifest:
        """A forced server-side apply under the field manager that release stacks use."""
        path = kind.path(body["metadata"].get("namespace"), body["metadata"]["name"])
        headers = {"Content-Type": "application/apply-patch+yaml"}
        params = {"fieldManager": MANAGER, "force": "true"}
        return self._sure(self.request("PATCH", path, body=body, params=params, headers=headers))

    def delete(self, kind: Kind, namespace: str, name: str) -> None:
        self.request("DELETE", kind.path(namespace, name), missing_ok=True)

    def watch(self, kind: Kind, scope: Scope, since: str) -> Iterator[tuple[str, Manifest]]:
        """(ADDED|MODIFIED|DELETED|BOOKMARK, object) until the server ends the watch. Raises WatchExpired."""
        params = {
            **scope.params,
            "watch": "true",
            "resourceVersion": since,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(WATCH_SECONDS),
        }
        with self._send("GET", kind.path(scope.namespace), params=params, stream=True) as response:
            if response.status_code == 410:
                raise WatchExpired
            self._refuse(response, kind.path(scope.namespace))
            for line in response.iter_lines(chunk_size=None):
                if not line:
                    continue
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise WatchExpired
                yield event["type"], event["object"]

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        missing_ok: bool = False,
    ) -> Manifest | None:
        """The decoded answer; None for 404 with `missing_ok`. Raises ClusterAway, Conflict or ClusterRefused.

        A server that is busy and says for how long (a kind of objects that was just defined) is asked again.
        """
        response = self._send(method, path, body=body, params=params, headers=headers)
        for _ in range(BUSY_RETRIES):
            if not (pause := busy_seconds(response)):
                break
            time.sleep(pause)
            response = self._send(method, path, body=body, params=params, headers=headers)
        if response.status_code == 404 and missing_ok:
            return None
        self._refuse(response, path)
        try:
            answer: Manifest = response.json()
        except ValueError as garbage:
            text = f"{self.address} answered {method} {path} with something that is no JSON"
            raise ClusterAway(text, "is there a proxy or a login page in between?") from garbage
        return answer

    def authorization(self) -> dict[str, str]:
        """Request headers that identify us, refreshed where the kubeconfig says how."""
        with self._refresh:
            settings = self.configuration.auth_settings()
        return {entry["key"]: entry["value"] for entry in settings.values() if entry.get("value")}

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
    ) -> requests.Response:
        read = WATCH_SECONDS + self.timeouts.read if stream else self.timeouts.read
        try:
            return self.session.request(
                method,
                self.address + path,
                params=dict(params or {}),
                data=None if body is None else json.dumps(body),
                headers={"Content-Type": "application/json", **self.authorization(), **(headers or {})},
                timeout=(self.timeouts.connect, read),
                stream=stream,
            )
        except requests.RequestException as away:
            raise NoAnswer(
                f"the API server {self.address} did not answer {method} {path}: {_root(away)}",
                "is the cluster up, and does the kubeconfig name it? (kubectl get --raw /readyz)",
            ) from away

    @staticmethod
    def _refuse(response: requests.Response, path: str) -> None:
        try:
            response.raise_for_status()
        except requests.HTTPError as answer:
            raise _refusal(response, path) from answer

    @staticmethod
    def _sure(answer: Manifest | None) -> Manifest:
        assert answer is not None
        return answer


def _refusal(response: requests.Response, path: str) -> ClusterAway | ClusterRefused:
    message = said(response)
    if response.status_code == 409:
        return Conflict(f"{path}: {message}")
    if response.status_code in (429, 500, 502, 503, 504):
        return ClusterAway(f"the API server answered {response.status_code} to {path}: {message}")
    return ClusterRefused(f"the API server refused {path}: {message} ({response.status_code})")


def said(response: requests.Response) -> str:
    """What an answer says: the API server's own sentence, whole; of a page that somebody else sent, its beginning."""
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return response.text[:300]


def busy_seconds(response: requests.Response) -> float:
    """Seconds after which a busy server wants to be asked again; 0 if it isn't busy or doesn't say."""
    wanted = response.headers.get("Retry-After", "")
    busy = response.status_code == 429 and wanted.isdigit()
    return min(float(wanted), LONGEST_BUSY_SECONDS) if busy else 0.0


def _root(error: BaseException) -> str:
    """The innermost cause: what a person can act on, without the layers of the HTTP client around it."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return str(reason or error)
