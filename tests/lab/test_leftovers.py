"""That what tests leave behind is found, and named."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import urllib3

from tests.engine.kubernetes.loopback import serving
from tests.lab.deadline import eventually
from tests.lab.leftovers import MARK, Holdings, holdings, left


def test_what_was_there_before_is_not_left_behind() -> None:
    before = Holdings(files=frozenset({"/tmp/a"}), mounts=frozenset({"/", "/proc"}))
    assert left(before, before) == []
    assert left(before, Holdings()) == []


def test_each_thing_that_is_left_is_named_with_its_kind() -> None:
    after = Holdings(
        descriptors=frozenset({"7 pipe:[1]"}),
        processes=frozenset({"4711 sleep 60"}),
        namespaces=frozenset({"blue"}),
        mounts=frozenset({"/mnt"}),
        files=frozenset({"/tmp/b", "/tmp/a"}),
    )
    assert left(Holdings(), after) == [
        "descriptors: 7 pipe:[1]",
        "processes: 4711 sleep 60",
        "namespaces: blue",
        "mounts: /mnt",
        "files: /tmp/a",
        "files: /tmp/b",
    ]


def test_an_open_descriptor_is_found(tmp_path: Path) -> None:
    path = tmp_path / "opened"
    with path.open("w") as opened:
        before = holdings(tmp_path / "elsewhere")
    assert any(line.endswith(str(path)) for line in left(Holdings(), before)), opened.name


def test_a_connection_is_found_until_it_is_given_back(tmp_path: Path) -> None:
    with serving() as server:
        before, pool = holdings(tmp_path), urllib3.PoolManager()
        answer = pool.request("GET", server.url, preload_content=False)
        assert any("socket:" in line for line in left(before, holdings(tmp_path)))
        answer.drain_conn()
        answer.release_conn()
        del answer
        eventually(lambda: not left(before, holdings(tmp_path)))


def test_a_file_and_an_empty_folder_are_found(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    assert holdings(tmp_path).files == {str(tmp_path / "folder"), str(tmp_path / "other" / "file")}


def test_a_process_is_found_also_when_its_parent_has_ended(tmp_path: Path) -> None:
    environment = {**os.environ, MARK: str(tmp_path)}
    script = "sleep 60 >/dev/null 2>&1 & echo $!"
    started = subprocess.run(
        ["/bin/sh", "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    pid = int(started.stdout)
    try:
        eventually(lambda: holdings(tmp_path).processes == {f"{pid} sleep 60"})
    finally:
        os.kill(pid, 9)
