"""The contract of an API server, held by the one in memory, and by the client over a connection to a simple one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from automation.cluster.ports import Objects
from automation.core.kinds import Kind
from automation.inmemory.cluster import MemoryCluster
from tests.automation.api import api
from tests.automation.cluster.objects import INGRESS, SPACE, ObjectsContract, thing

NAMESPACE = Kind("/api/v1", "namespaces", "Namespace")


class TestInMemory(ObjectsContract):
    @pytest.fixture
    def objects(self) -> Objects:
        return MemoryCluster()

    def test_what_is_applied_goes_when_it_is_asked_for_no_more_and_what_others_said_stays(self) -> None:
        objects = MemoryCluster()
        bare = thing(INGRESS, "asked", spec={"rules": []})
        more = {**bare, "spec": {**bare["spec"], "ingressClassName": "c"}}
        objects.apply(INGRESS, {**more, "metadata": {**bare["metadata"], "annotations": {"ours": "1"}}})
        objects.patch(INGRESS, SPACE, "asked", {"metadata": {"annotations": {"theirs": "2"}}})
        left = objects.apply(INGRESS, bare)
        assert left["metadata"]["annotations"] == {"theirs": "2"}
        assert left["spec"].keys() == {"rules"}


class TestOverAConnection(ObjectsContract):
    @pytest.fixture
    def objects(self, tmp_path: Path) -> Iterator[Objects]:
        with api(tmp_path) as served:
            served.serve(NAMESPACE.path(None, "kube-system"), thing(NAMESPACE, "kube-system"))
            yield served.cluster
