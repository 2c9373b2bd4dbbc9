"""Documents that people name on a command line: files, folders, standard input."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from cli.manifests import Broken, Found, manifests

SUFFIXES = (".yaml", ".yml", ".json")
STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Read:
    """All documents, and a sentence on each source, or document of one, that can't be read."""

    found: tuple[Found, ...]
    unreadable: tuple[str, ...]


def read(names: Sequence[str]) -> Read:
    """The documents of files, of folders (walked, in the order of their names) and of `-`, standard input."""
    every = [one for name in names for one in _named(name)]
    return Read(
        tuple(one for one in every if isinstance(one, Found)),
        tuple(str(one) for one in every if isinstance(one, Broken)),
    )


def _named(name: str) -> Iterator[Found | Broken]:
    if name == STANDARD_INPUT:
        yield from _read("standard input", None)
    elif not os.path.isdir(name):
        yield from _read(click.format_filename(name), Path(name))
    else:
        closed: list[OSError] = []
        for path in sorted(_walked(name, closed)):
            yield from _read(click.format_filename(path), path)
        for broken in closed:
            yield _unreadable(click.format_filename(str(broken.filename)), broken)


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


def _read(origin: str, source: Path | None) -> Iterator[Found | Broken]:
    try:
        text = (_standard_input() if source is None else source.read_bytes()).decode("utf-8-sig")
    except OSError as broken:
        yield _unreadable(origin, broken)
    except UnicodeDecodeError:
        yield Broken(origin, "is not text in UTF-8; save it as such")
    else:
        yield from manifests(origin, text)


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise OSError(None, "it is closed")
    return sys.stdin.buffer.read()


def _unreadable(origin: str, broken: OSError) -> Broken:
    return Broken(origin, f"can't be read: {broken.strerror or broken}")
