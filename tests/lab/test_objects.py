"""The contract of an API server, held by a real one."""

from __future__ import annotations

from contextlib import suppress

import pytest

from automation.cluster.client import Cluster, Conflict
from automation.cluster.ports import Objects
from lab import Lab
from tests.automation.cluster.objects import SPACE, ObjectsContract


@pytest.fixture(scope="module")
def objects(lab: Lab) -> Objects:
    cluster = Cluster.connect(str(lab.kubeconfig))
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}
    with suppress(Conflict):
        cluster.request("POST", "/api/v1/namespaces", body=body)
    return cluster


class TestRealApiServer(ObjectsContract):
    """Its objects are those of a real cluster."""
