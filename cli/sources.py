"""Documents that people name on a command line: files, folders, standard input."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from stacks.manifests import Broken, Found, manifests

SUFFIXES = (".yaml", ".yml", ".json")
STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Read:
    """All documents, a sentence on each source, or document of one, that can't be read, and the sources without any."""

    found: tuple[Found, ...]
    unreadable: tuple[str, ...]
    empty: tuple[str, ...]


def read(names: Sequence[str]) -> Read:
    """The documents of files, of folders (walked, in the order of their names) and of `-`, standard input."""
    sources = [source for name in names for source in _named(name)]
    every = [one for source in sources for one in source.held]
    return Read(
        tuple(one for one in every if isinstance(one, Found)),
        tuple(str(one) for one in every if isinstance(one, Broken)),
        tuple(source.origin for source in sources if not source.held),
    )


@dataclass(frozen=True)
class _Source:
    """A file, a folder that can't be looked into, or standard input, by the name that people are told."""

    origin: str
    held: tuple[Found | Broken, ...]


def _named(name: str) -> Iterator[_Source]:
    if name == STANDARD_INPUT:
        yield _read("standard input", None)
    elif not os.path.isdir(name):
        yield _read(click.format_filename(name), Path(name))
    else:
        closed: list[OSError] = []
        walked = sorted(_walked(name, closed))
        for path in walked:
            yield _read(click.format_filename(path), path)
        for broken in closed:
            yield _unreadable(click.format_filename(str(broken.filename)), broken)
        if not walked and not closed:
            yield _Source(click.format_filename(name), ())


def _walked(folder: str, closed: list[OSError]) -> Iterator[Path]:
    """The documents of a folder; `closed` gets the folders that can't be looked into."""
    for where, _, names in os.walk(folder, onerror=closed.append):
        for path in (Path(where, name) for name in names):
            if path.suffix in SUFFIXES and not _is_special(path):
                yield path


def _is_special(path: Path) -> bool:
    """Whether it is a pipe, say, which would be waited for; what can't be told is found when it is read."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _read(origin: str, source: Path | None) -> _Source:
    try:
        text = (_standard_input() if source is None else source.read_bytes()).decode("utf-8-sig")
    except OSError as broken:
        return _unreadable(origin, broken)
    except UnicodeDecodeError:
        return _Source(origin, (Broken(origin, "is not text in UTF-8; save it as such"),))
    return _Source(origin, tuple(manifests(origin, text)))


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise OSError(None, "it is closed")
    return sys.stdin.buffer.read()


def _unreadable(origin: str, broken: OSError) -> _Source:
    return _Source(origin, (Broken(origin, f"can't be read: {broken.strerror or broken}"),))
