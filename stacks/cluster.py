"""The cluster as a program reads it: GETs with the credentials that the provider uses, nothing written."""

from __future__ import annotations

import os
from typing import Any, Protocol

import requests
from kubernetes import client as kubernetes_client
from kubernetes import config as kubernetes_config
from yaml import YAMLError

from automation.core.kinds import Manifest

SECONDS = 10.0
UNREADABLE = (kubernetes_config.ConfigException, YAMLError, OSError, TypeError)
"""What the loader raises for a file that is missing, broken, or no kubeconfig at all."""


class Unreachable(Exception):
    """The cluster did not answer, or refused to. The text names it and says what to do."""


class Reader(Protocol):
    """What programs ask of a cluster. All methods raise `Unreachable`."""

    def get(self, path: str) -> Manifest | None:
        """The object at an API path; None where there is none (nor such a kind)."""
        ...

    def select(self, path: str, selector: str = "") -> list[Manifest]:
        """The objects of a collection, by label selector."""
        ...


class Cluster:
    """One API server. Safe to use from several threads."""

    def __init__(self, configuration: Any) -> None:
        self._configuration = configuration
        self._host = configuration.host.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = (configuration.ssl_ca_cert or True) if configuration.verify_ssl else False
        if configuration.cert_file:
            self._session.cert = (configuration.cert_file, configuration.key_file)

    def get(self, path: str) -> Manifest | None:
        return self._fetch(path, {})

    def select(self, path: str, selector: str = "") -> list[Manifest]:
        answer = self._fetch(path, {"labelSelector": selector} if selector else {})
        return list((answer or {}).get("items", []))

    def _fetch(self, path: str, query: dict[str, str]) -> Manifest | None:
        try:
            answer = self._session.get(
                self._host + path, params=query, headers=self._identification(), timeout=SECONDS
            )
        except (requests.RequestException, OSError) as failed:
            remedy = "check that the cluster runs and that KUBECONFIG names it"
            raise Unreachable(f"the cluster at {self._host} does not answer; {remedy} ({failed})") from failed
        if answer.status_code == 404:
            return None
        if answer.status_code >= 300:
            text = answer.text[:300]
            raise Unreachable(
                f"the cluster at {self._host} refused to show {path}: {text} ({answer.status_code})"
            )
        body: Manifest = answer.json()
        return body

    def _identification(self) -> dict[str, str]:
        settings = self._configuration.auth_settings()
        return {entry["key"]: entry["value"] for entry in settings.values() if entry.get("value")}


def connect(kubeconfig: str | None = None, context: str | None = None) -> Cluster:
    """The cluster of a kubeconfig (by the usual rules when none is named), or the one this process runs in.

    Raises `Unreachable` when no configuration names a cluster.
    """
    configuration = kubernetes_client.Configuration()
    try:
        kubernetes_config.load_kube_config(
            config_file=kubeconfig, context=context, client_configuration=configuration, persist_config=False
        )
    except UNREADABLE as missing:
        if kubeconfig or context or "KUBERNETES_SERVICE_HOST" not in os.environ:
            remedy = "set KUBECONFIG, or name one in the settings of the environment"
            raise Unreachable(f"no kubeconfig names a cluster; {remedy} ({missing})") from missing
        kubernetes_config.load_incluster_config(client_configuration=configuration)
    return Cluster(configuration)


def identity(cluster: Reader) -> str:
    """What tells this cluster from every other: the uid of its oldest namespace.

    Addresses and certificates change while a cluster stays the same; this does not.
    """
    system = cluster.get("/api/v1/namespaces/kube-system")
    return str(system["metadata"]["uid"]) if system else ""
