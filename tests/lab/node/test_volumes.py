"""Volumes as programs in pods find them."""

import stat
from pathlib import Path

from lab.node.volumes import File, write


def content(folder: Path) -> dict[str, bytes]:
    """What a program finds that does not look at names beginning with dots."""
    found = (
        path for path in folder.rglob("*") if path.is_file() and ".." not in str(path.relative_to(folder))
    )
    seen = {str(path.relative_to(folder)): path.read_bytes() for path in found}
    links = {path.name for path in folder.iterdir() if not path.name.startswith("..")}
    for name in links:
        if (folder / name).is_dir():
            for path in (folder / name).iterdir():
                seen[f"{name}/{path.name}"] = path.read_bytes()
    return seen


def test_files_are_written_with_their_modes(tmp_path: Path) -> None:
    write(tmp_path, {"a": File(b"1", 0o400), "sub/b": File(b"2")})
    assert content(tmp_path) == {"a": b"1", "sub/b": b"2"}
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o400


def test_a_change_replaces_all_files_in_one_step(tmp_path: Path) -> None:
    write(tmp_path, {"a": File(b"1"), "gone": File(b"x")})
    before = (tmp_path / "..data").readlink()
    write(tmp_path, {"a": File(b"2"), "new": File(b"y")})
    assert content(tmp_path) == {"a": b"2", "new": b"y"}
    assert not (tmp_path / before).exists()


def test_nothing_is_touched_where_nothing_has_changed(tmp_path: Path) -> None:
    write(tmp_path, {"a": File(b"1")})
    before = (tmp_path / "..data").readlink()
    write(tmp_path, {"a": File(b"1")})
    assert (tmp_path / "..data").readlink() == before


def test_an_empty_volume_is_a_folder(tmp_path: Path) -> None:
    write(tmp_path, {})
    assert content(tmp_path) == {}
    assert (tmp_path / "..data").is_dir()
