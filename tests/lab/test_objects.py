"""The contract of an API server, held by a real one."""

from __future__ import annotations

import pytest

from automation.cluster.client import Cluster
from automation.cluster.ports import Objects
from tests.automation.cluster.objects import ObjectsContract


class TestRealApiServer(ObjectsContract):
    """Its objects are those of a real cluster."""

    @pytest.fixture
    def objects(self, contract_cluster: Cluster) -> Objects:
        return contract_cluster
