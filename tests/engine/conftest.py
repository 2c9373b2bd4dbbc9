"""What the engine's tests share: one API server for the whole session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.apiserver import ApiServer


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """The running server itself, for tests that need more than its address."""
    server = ApiServer.start(tmp_path_factory.mktemp("apiserver"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def api_server(control_plane: ApiServer) -> Path:
    """The path of a kubeconfig for a real API server. All tests of a session share it: use own namespaces."""
    return control_plane.kubeconfig
