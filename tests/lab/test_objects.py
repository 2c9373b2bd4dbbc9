"""The contract of an API server, held by a real one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from automation.cluster.client import Cluster
from automation.cluster.ports import Objects
from lab import Lab
from tests.automation.cluster.objects import ObjectsContract


class TestRealApiServer(ObjectsContract):
    @pytest.fixture(scope="class")
    def objects(self, lab: Lab) -> Iterator[Objects]:
        cluster = Cluster.connect(str(lab.kubeconfig))
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "test"}}
        cluster.request("POST", "/api/v1/namespaces", body=body)
        yield cluster
        cluster.request("DELETE", "/api/v1/namespaces/test")
