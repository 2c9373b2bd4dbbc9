"""Documents that people name on a command line: files, folders, standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from automation.core.kinds import Manifest

SUFFIXES = (".yaml", ".yml", ".json")
STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Found:
    """A document, and where it stands: `shop.yaml`, or `shop.yaml[2]` for the second one of a file."""

    origin: str
    document: Manifest


@dataclass(frozen=True)
class Read:
    """All documents, and a sentence on each source that can't be read."""

    found: tuple[Found, ...]
    unreadable: tuple[str, ...]


def read(names: Sequence[str]) -> Read:
    """The documents of files, of folders (walked, in the order of their names) and of `-`, standard input."""
    found: list[Found] = []
    unreadable: list[str] = []
    for name in names:
        for origin, source in _sources(name):
            try:
                text = sys.stdin.buffer.read() if source is None else source.read_bytes()
                found += _documents(origin, text.decode())
            except OSError as broken:
                unreadable.append(f"{origin}: can't be read: {broken.strerror}")
            except UnicodeDecodeError:
                unreadable.append(f"{origin}: is not text in UTF-8")
            except (yaml.YAMLError, RecursionError) as broken:
                unreadable.append(f"{origin}: is not YAML: {' '.join(str(broken).split())}")
    return Read(tuple(found), tuple(unreadable))


def _sources(name: str) -> Iterator[tuple[str, Path | None]]:
    if name == STANDARD_INPUT:
        yield "standard input", None
        return
    path = Path(name)
    if not path.is_dir():
        yield name, path
        return
    for one in sorted(path.rglob("*")):
        if one.suffix in SUFFIXES and one.is_file():
            yield str(one), one


def _documents(origin: str, text: str) -> list[Found]:
    """Each Kubernetes object of a source; lists are taken apart, anything else (values, patches) is left out."""
    loaded = [one for part in yaml.safe_load_all(text) for one in _items(part)]
    single = len(loaded) == 1
    return [
        Found(origin if single else f"{origin}[{number}]", document)
        for number, document in enumerate(loaded, start=1)
    ]


def _items(document: Any) -> Iterator[Manifest]:
    if isinstance(document, dict) and document.get("kind") == "List":
        for item in document.get("items") or ():
            yield from _items(item)
    elif isinstance(document, dict) and "kind" in document:
        yield document
