"""What of the machine a pod has besides its root."""

import sys
from pathlib import Path

import pytest

from lab.node.home import interpreter_folders


@pytest.mark.parametrize("base", ["/usr", "/usr/local", "/"])
def test_a_python_of_the_system_hides_nothing_of_the_image(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", "/home/someone/sluice/.venv")
    monkeypatch.setattr(sys, "base_prefix", base)
    assert interpreter_folders() == {Path("/home/someone/sluice/.venv")}


def test_a_python_with_a_folder_of_its_own_is_there_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/home/someone/sluice/.venv")
    monkeypatch.setattr(sys, "base_prefix", "/home/someone/.pyenv/versions/3.12.1")
    assert Path("/home/someone/.pyenv/versions/3.12.1") in interpreter_folders()
