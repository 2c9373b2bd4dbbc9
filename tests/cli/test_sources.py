"""Files, folders and standard input are found and read; what can't be read is told with its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.sources import Read, read


def unreadable(*names: str | Path) -> list[str]:
    return list(read([str(name) for name in names]).unreadable)


def test_links_that_lead_nowhere_or_in_circles_are_told(tmp_path: Path) -> None:
    (tmp_path / "nowhere.yaml").symlink_to("absent")
    (tmp_path / "circle.yaml").symlink_to("circle.yaml")
    assert unreadable(tmp_path) == [
        f"{tmp_path}/circle.yaml: can't be read: Too many levels of symbolic links",
        f"{tmp_path}/nowhere.yaml: can't be read: No such file or directory",
    ]


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert read([str(tmp_path)]) == Read((), (), (str(tmp_path),))


def test_a_folder_that_may_not_be_looked_into_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "open.yaml").write_text("kind: A")
    look = os.scandir

    def guarded(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return look(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert unreadable(tmp_path) == [f"{tmp_path}/closed: can't be read: Permission denied"]
    assert [one.origin for one in read([str(tmp_path)]).found] == [f"{tmp_path}/open.yaml"]


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert unreadable(tmp_path / "a.yaml") == [f"{tmp_path}/a.yaml: can't be read: Permission denied"]


def test_a_name_that_can_not_be_printed_is_shown_as_well_as_can_be(tmp_path: Path) -> None:
    (told,) = unreadable(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml"))
    assert told.encode().decode() == f"{tmp_path}/\ufffd.yaml: can't be read: No such file or directory"
