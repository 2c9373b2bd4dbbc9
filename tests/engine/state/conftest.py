"""What the tests of the state files share: a folder to keep them in, a stack, and its secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.state.backend import open_backend
from engine.state.files import Backend
from engine.state.layout import ensure_layout
from engine.state.reference import StackReference
from engine.state.secrets import SecretsManager


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    """A fresh folder, laid out."""
    folder = tmp_path / "state"
    folder.mkdir()
    opened = open_backend(f"file://{folder}", {}, tmp_path)
    ensure_layout(opened)
    return opened


@pytest.fixture
def ref() -> StackReference:
    return StackReference("shop", "dev")


@pytest.fixture(scope="session")
def secrets() -> SecretsManager:
    """One for all: deriving a key takes a while."""
    return SecretsManager.create("correct horse")
