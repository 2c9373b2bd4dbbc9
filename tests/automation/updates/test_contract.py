"""The contract of stacks, held by those in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from automation.core.kinds import CONFIG_MAP, Manifest
from automation.core.refusal import Problem, Refused
from automation.inmemory.cluster import MemoryCluster
from automation.inmemory.stacks import Declared, MemoryStacks
from automation.updates.ports import Program
from tests.automation.updates.contract import Site, StackUpdatesContract


def program(manifests: Sequence[Manifest], refuses: bool) -> Program:
    def declare() -> Iterable[Declared]:
        if refuses:
            raise Refused((Problem("status.inForce.revision", "no such revision", "record it"),))
        return [(CONFIG_MAP, manifest) for manifest in manifests]

    return declare


class TestInMemory(StackUpdatesContract):
    @pytest.fixture
    def site(self) -> Site:
        cluster = MemoryCluster()
        return Site(MemoryStacks(cluster), cluster, program)
