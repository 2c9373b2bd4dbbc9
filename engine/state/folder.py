"""State files in a folder of this machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from engine.state.errors import StateError

SIDECAR = ".attrs"
"""The official CLI keeps attributes of `<file>` in `<file>.attrs`; they mean nothing without their file."""


_TEMPORARY = ".writing-"


class Folder:
    """Files under one existing folder."""

    local = True

    def __init__(self, root: Path, url: str):
        self.root, self.url = root, url

    @classmethod
    def open(cls, url: str, env: Mapping[str, str], cwd: Path) -> Folder:
        """`file:///abs`, `file://~`, `file://~/below` or `file://./relative`."""
        parts = urlsplit(url)
        given = unquote(parts.netloc + parts.path)
        if given == "~" or given.startswith("~/"):
            given = env.get("HOME", os.path.expanduser("~")) + given[1:]
        root = Path(os.path.normpath(cwd / given))
        if not root.is_dir():
            raise StateError(
                f"the state folder '{root}' ({url}) does not exist; create it or choose another backend"
            )
        return cls(root, url)

    def locate(self, key: str) -> str:
        return f"file://{self.root}/{key}"

    def read(self, key: str) -> bytes:
        with _explained(self, key, "read"):
            return self._path(key).read_bytes()

    def write(self, key: str, data: bytes) -> None:
        with _explained(self, key, "write"):
            _replace(self._path(key), data)

    def copy(self, source: str, target: str) -> None:
        with _explained(self, target, "write"):
            _replace(self._path(target), self._path(source).read_bytes())

    def delete(self, key: str) -> None:
        with _explained(self, key, "delete"):
            for name in (key, key + SIDECAR):
                self._path(name).unlink(missing_ok=True)

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def files(self, folder: str) -> list[str]:
        with _explained(self, folder, "list"):
            found = [item for item in _scan(self._path(folder)) if item.is_file() and not _hidden(item.name)]
            return sorted(f"{folder}/{item.name}" for item in found)

    def modified(self, key: str) -> float:
        with _explained(self, key, "read"):
            return self._path(key).stat().st_mtime

    def folders(self, folder: str) -> list[str]:
        with _explained(self, folder, "list"):
            return sorted(item.name for item in _scan(self._path(folder)) if item.is_dir())

    def _path(self, key: str) -> Path:
        return self.root / key


def _hidden(name: str) -> bool:
    return name.endswith(SIDECAR) or name.startswith(_TEMPORARY)


def _scan(path: Path) -> list[os.DirEntry[str]]:
    with suppress(FileNotFoundError), os.scandir(path) as items:
        return list(items)
    return []


def _replace(path: Path, data: bytes) -> None:
    """Write beside the target, then rename: a full disk or a kill leaves the old file as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=_TEMPORARY, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


@contextmanager
def _explained(folder: Folder, key: str, verb: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StateError(
            f"could not {verb} '{key}' in the state folder '{folder.root}': {error.strerror or error}; "
            "free space or rights there and run the command again"
        ) from error
