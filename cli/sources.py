"""Documents that people name on a command line: files, folders, standard input."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from stacks.manifests import Broken, Found, manifests

SUFFIXES = (".yaml", ".yml", ".json")
CHART, TEMPLATES = "Chart.yaml", "templates"
"""What a folder is a Helm chart by, and the folder of it whose files are no YAML before Helm has rendered them."""
STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Read:
    """All documents, a sentence on each source, or document of one, that can't be read, the sources without any, and a
    sentence on each folder that was passed by."""

    found: tuple[Found, ...]
    unreadable: tuple[str, ...]
    empty: tuple[str, ...]
    passed: tuple[str, ...] = ()


def read(names: Sequence[str]) -> Read:
    """The documents of files, of folders (walked, in the order of their names) and of `-`, standard input.

    What is hidden in a folder, and the templates of a chart, are read where they are named themselves. What is named
    twice is read once.
    """
    sources = [source for name in dict.fromkeys(names) for source in _named(name)]
    every = [one for source in sources for one in source.held]
    return Read(
        tuple(one for one in every if isinstance(one, Found)),
        tuple(str(one) for one in every if isinstance(one, Broken)),
        tuple(source.origin for source in sources if not source.held and not source.passed),
        tuple(f"{source.origin}: {source.passed}" for source in sources if source.passed),
    )


@dataclass(frozen=True)
class _Source:
    """A file, a folder that can't be looked into or is `passed` by (why), or standard input, by the name that people
    are told."""

    origin: str
    held: tuple[Found | Broken, ...]
    passed: str = ""


def _named(name: str) -> Iterator[_Source]:
    if name == STANDARD_INPUT:
        yield _read("standard input", None)
    elif not name:
        yield _Source("''", (Broken("''", "an empty name; name a file, a folder, or - for standard input"),))
    elif not os.path.isdir(name):
        yield _read(click.format_filename(name), Path(name))
    else:
        yield from _inside(name)


def _inside(folder: str) -> Iterator[_Source]:
    walk = _Walk()
    walked = sorted(walk.documents(folder))
    for path in walked:
        yield _read(click.format_filename(path), path)
    for broken in walk.closed:
        yield _unreadable(click.format_filename(str(broken.filename)), broken)
    for path in sorted(walk.templates):
        chart = click.format_filename(path.parent)
        why = f"a chart's templates are not read; render them first: helm template {shlex.quote(chart)}"
        yield _Source(click.format_filename(path), (), f"{why} | sluice check -")
    if not walked and not walk.closed:
        yield _Source(click.format_filename(folder), ())


class _Walk:
    """A walk of a folder. `closed` gets the folders that can't be looked into, `templates` those of charts."""

    def __init__(self) -> None:
        self.closed: list[OSError] = []
        self.templates: list[Path] = []

    def documents(self, folder: str) -> Iterator[Path]:
        for where, folders, names in os.walk(folder, onerror=self.closed.append):
            folders[:] = [name for name in folders if not _is_hidden(name)]
            if CHART in names and TEMPLATES in folders:
                folders.remove(TEMPLATES)
                self.templates.append(Path(where, TEMPLATES))
            for path in (Path(where, name) for name in names if not _is_hidden(name)):
                if path.suffix in SUFFIXES and not _is_special(path):
                    yield path


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


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
