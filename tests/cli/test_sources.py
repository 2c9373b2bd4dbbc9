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


def written(folder: Path, *names: str) -> Path:
    """A folder with an object in each of these files."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("kind: A")
    return folder


def origins(*names: str | Path) -> list[str]:
    return [one.origin for one in read([str(name) for name in names]).found]


def test_what_is_hidden_in_a_folder_is_left_out(tmp_path: Path) -> None:
    written(tmp_path, ".github/ci.yaml", ".hid.yaml", "deep/.git/config.yaml", "deep/seen.yaml", "seen.yaml")
    assert origins(tmp_path) == [f"{tmp_path}/deep/seen.yaml", f"{tmp_path}/seen.yaml"]


@pytest.mark.parametrize("name", [".hid", ".hid/a.yaml", ".hid/.b.yaml"])
def test_what_is_hidden_is_read_where_it_is_named(tmp_path: Path, name: str) -> None:
    written(tmp_path, ".hid/a.yaml", ".hid/.b.yaml")
    named = tmp_path / name
    assert origins(named) == [str(named / "a.yaml" if named.is_dir() else named)]


def test_the_templates_of_a_chart_are_told_and_not_read(tmp_path: Path) -> None:
    templated = tmp_path / "my chart/templates/web.yaml"
    written(
        tmp_path, "my chart/Chart.yaml", "my chart/crds/a.yaml", "templates/no-chart.yaml", str(templated)
    )
    templated.write_text("{{ if .Values.web }}\nkind: A\n{{ end }}")
    (tmp_path / "my chart/Chart.yaml").write_text("apiVersion: v2\nname: web")
    done = read([str(tmp_path)])
    assert done.unreadable == ()
    assert [one.origin for one in done.found] == [
        f"{tmp_path}/my chart/crds/a.yaml",
        f"{tmp_path}/templates/no-chart.yaml",
    ]
    assert done.passed == (
        f"{tmp_path}/my chart/templates: a chart's templates are not read; render them first: "
        f"helm template '{tmp_path}/my chart' | sluice check -",
    )


def test_an_empty_name_is_told_as_such() -> None:
    assert unreadable("") == ["'': an empty name; name a file, a folder, or - for standard input"]


def test_what_is_named_twice_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text("kind: Canary\nmetadata: {name: shop}\n")
    assert len(read([str(path), str(path)]).found) == 1
