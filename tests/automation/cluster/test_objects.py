"""The contract of an API server, held by the one in memory, and by the client over a connection to a simple one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from automation.cluster.ports import Objects
from automation.core.kinds import Kind
from automation.inmemory.cluster import MemoryCluster
from tests.automation.api import api
from tests.automation.cluster.objects import ObjectsContract, thing

NAMESPACE = Kind("/api/v1", "namespaces", "Namespace")


class TestInMemory(ObjectsContract):
    @pytest.fixture
    def objects(self) -> Objects:
        return MemoryCluster()


class TestOverAConnection(ObjectsContract):
    @pytest.fixture
    def objects(self, tmp_path: Path) -> Iterator[Objects]:
        with api(tmp_path) as served:
            served.serve(NAMESPACE.path(None, "kube-system"), thing(NAMESPACE, "kube-system"))
            yield served.cluster
