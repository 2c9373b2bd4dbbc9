"""A provider on the real API server, a namespace for each test, and resources as the engine would run them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from engine.kubernetes import KubernetesPackage
from engine.kubernetes.client import Client
from engine.kubernetes.cluster import Cluster
from engine.kubernetes.kubeconfig import Source
from engine.kubernetes.provider import KubernetesProvider
from engine.provider import Diff, Operation, Read

_numbers = itertools.count(1)


@dataclass
class Resource:
    """One resource of a stack: its state, and the steps that the engine would take."""

    provider: KubernetesProvider
    type: str
    name: str = "thing"
    timeout: float | None = 20.0
    cancelled: Callable[[], bool] = lambda: False
    ignore_changes: tuple[str, ...] = ()
    id: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)

    def operation(self, preview: bool = False) -> Operation:
        return Operation(
            urn=f"urn:pulumi:s::p::{self.type}::{self.name}",
            preview=preview,
            timeout=self.timeout,
            ignore_changes=self.ignore_changes,
            log=lambda severity, message, ephemeral: self.log.append((severity, message)),
            cancelled=self.cancelled,
        )

    def check(self, document: dict[str, Any]) -> dict[str, Any]:
        checked = self.provider.check(self.operation(), self.type, self.inputs, document, b"\x0a\x1b\x2c\x3d")
        assert checked.failures == ()
        return checked.inputs

    def diff(self, document: dict[str, Any]) -> Diff:
        news = self.check(document)
        return self.provider.diff(self.operation(), self.type, self.id, self.inputs, self.outputs, news)

    def preview(self, document: dict[str, Any]) -> dict[str, Any]:
        news, operation = self.check(document), self.operation(preview=True)
        if not self.id:
            return self.provider.create(operation, self.type, news)[1]
        return self.provider.update(operation, self.type, self.id, self.inputs, self.outputs, news)

    def up(self, document: dict[str, Any]) -> dict[str, Any]:
        """Creates or updates it and returns the outputs."""
        news = self.check(document)
        if not self.id:
            self.id, self.outputs = self.provider.create(self.operation(), self.type, news)
        else:
            self.outputs = self.provider.update(
                self.operation(), self.type, self.id, self.inputs, self.outputs, news
            )
        self.inputs = news
        return self.outputs

    def read(self) -> Read:
        return self.provider.read(self.operation(), self.type, self.id, self.inputs, self.outputs)

    def down(self) -> None:
        self.provider.delete(self.operation(), self.type, self.id, self.inputs, self.outputs)

    def configured(self, **settings: Any) -> Resource:
        """The same resource under other settings of its provider."""
        changed = replace(self.provider.settings, **settings)
        return replace(self, provider=KubernetesProvider(self.provider.cluster, changed))


@pytest.fixture
def provider(api_server: Path) -> KubernetesProvider:
    return KubernetesPackage().configure({"kubeconfig": str(api_server)})


@pytest.fixture
def cluster(api_server: Path) -> Cluster:
    """Somebody else's hands on the cluster."""
    return Cluster(Source(str(api_server)))


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A fresh namespace. Its deletion is begun and not waited for: names are never used twice."""
    name = f"test-{next(_numbers)}-{time.time_ns() % 10**9}"
    namespaces = cluster.collection("v1", "Namespace")
    cluster.client.request("POST", namespaces.path(), body={"metadata": {"name": name}})
    yield name
    namespaces.delete(name, "Background")


@pytest.fixture
def resource(provider: KubernetesProvider) -> Callable[..., Resource]:
    """Makes resources of a type."""
    return lambda type, **options: Resource(provider, f"kubernetes:{type}", **options)


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requests of the API clients from here on, as `VERB path`."""
    sent: list[str] = []
    send = Client._send

    def counting(self: Client, method: str, target: str, *rest: Any, **options: Any) -> Any:
        sent.append(f"{method} {target.partition('?')[0]}")
        return send(self, method, target, *rest, **options)

    monkeypatch.setattr(Client, "_send", counting)
    return sent


def eventually(holds: Callable[[], bool], seconds: float = 15.0) -> None:
    """Returns as soon as the condition holds; fails after the deadline."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.02)
