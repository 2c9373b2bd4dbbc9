"""What the cases need: both engines, interpreters that are quick to start, and what others do to the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.official.folder import official
from tests.engine.conformance import warm
from tests.engine.conformance.engines import ROOT, Engine, embedded_engine, official_engine


@pytest.fixture(scope="session")
def measure() -> Engine:
    """The official engine, built if it has not been yet (about ten minutes)."""
    return official_engine(official())


@pytest.fixture(scope="session")
def interpreters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A virtual environment, as far as engines look at it."""
    folder = tmp_path_factory.mktemp("interpreters")
    (folder / "bin").mkdir()
    address = folder / "socket"
    with warm.started(address, ROOT) as server:
        warm.client(folder / "bin", address)
        yield folder
        assert server.stdin is not None
        server.stdin.close()


@pytest.fixture(scope="session")
def embedded(interpreters: Path) -> Engine:
    """The embedded engine."""
    return embedded_engine(str(interpreters / "bin" / "python"))
