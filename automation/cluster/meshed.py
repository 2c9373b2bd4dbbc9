"""Two clusters as one: the workload's own, and the one whose API server has the objects of its mesh."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import requests

from automation.cluster.client import Cluster


class Meshed(Cluster):
    """The cluster of the workload. What is asked of the groups `apis`, by their paths, goes to `mesh`."""

    def __init__(self, own: Cluster, mesh: Cluster, apis: Iterable[str]) -> None:
        super().__init__(own.configuration, own.timeouts)
        self._mesh = mesh
        self._apis = tuple(f"{api}/" for api in apis)

    def mesh_identity(self) -> str:
        return self._mesh.identity()

    def _send(self, method: str, path: str, **asked: Any) -> requests.Response:
        if path.startswith(self._apis):
            return self._mesh._send(method, path, **asked)
        return super()._send(method, path, **asked)
