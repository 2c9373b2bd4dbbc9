"""What the cases need: the official engine, and what others do to the cluster."""

from __future__ import annotations

import pytest

from lab.official.folder import official
from tests.engine.conformance.engines import Engine, official_engine


@pytest.fixture(scope="session")
def measure() -> Engine:
    """The official engine, built if it has not been yet (about ten minutes)."""
    return official_engine(official())
