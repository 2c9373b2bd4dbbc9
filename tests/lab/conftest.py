"""One lab for all tests that need one, brought up when the first of them asks for it."""

import os
from collections.abc import Iterator

import pytest

from lab import Lab


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A running lab. Tests share it: use a namespace of your own, and undo what you do to its components."""
    running = Lab.up(f"tests-{os.getpid()}")
    yield running
    running.down()
