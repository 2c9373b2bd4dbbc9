"""nginx's access log, read while it is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

LONG = 32 << 20  # bytes


class AccessLog:
    """Every line once. `reopen` has nginx begin the file anew; what it still writes into a long one is read too."""

    def __init__(self, path: Path, reopen: Callable[[], None], long: int = LONG) -> None:
        path.touch()
        self._path, self._reopen, self._long = path, reopen, long
        self._files = [_Followed(path)]

    def read(self) -> list[str]:
        """The whole lines that are new."""
        lines = [line for file in self._files for line in file.read()]
        if self._files[-1].offset > self._long:
            self._begin_anew()
        return lines

    def close(self) -> None:
        for file in self._files:
            file.close()

    def _begin_anew(self) -> None:
        *done, long = self._files
        for file in done:
            file.close()
        self._path.unlink()
        self._path.touch()
        self._reopen()
        self._files = [long, _Followed(self._path)]


class _Followed:
    """One file, which goes on to be read when its name is another's."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        self.offset = 0

    def read(self) -> list[str]:
        self._file.seek(self.offset)
        text = self._file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self.offset += len(whole)
        return whole.decode(errors="replace").splitlines()

    def close(self) -> None:
        self._file.close()
