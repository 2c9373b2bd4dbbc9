from __future__ import annotations

from pathlib import Path

import pytest

from engine.state import secrets
from tests.engine.world import World


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deriving a key is slow on purpose; nothing here depends on how slow."""
    monkeypatch.setattr(secrets, "ITERATIONS", 1000)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.create(tmp_path)
