"""The contract of an API server, held by a real one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from automation.cluster.client import Cluster
from automation.cluster.ports import Objects
from lab import Lab
from tests.automation.cluster.objects import SPACE, ObjectsContract


@pytest.fixture(scope="module")
def objects(lab: Lab) -> Iterator[Objects]:
    cluster = Cluster.connect(str(lab.kubeconfig))
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}
    cluster.request("POST", "/api/v1/namespaces", body=body)
    yield cluster
    cluster.request("DELETE", f"/api/v1/namespaces/{SPACE}")


class TestRealApiServer(ObjectsContract):
    """Its objects are those of a real cluster."""
