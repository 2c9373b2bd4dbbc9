"""The port behind which state files are kept."""

from __future__ import annotations

from typing import Protocol


class Backend(Protocol):
    """A place for files. Keys are relative, with slashes, such as `.pulumi/stacks/shop/dev.json`.

    A missing key raises `FileNotFoundError` on `read`, `copy` and `modified`; anything else that fails raises
    `StateError`.
    """

    url: str
    """As the user gave it: what messages show, and the name of the backend in workspace files."""

    local: bool
    """Whether the files are on this machine."""

    def locate(self, key: str) -> str:
        """The absolute URL of a file, for messages."""
        ...

    def read(self, key: str) -> bytes: ...

    def write(self, key: str, data: bytes) -> None:
        """Atomic: a reader sees the old file or the new one, never a part."""
        ...

    def copy(self, source: str, target: str) -> None: ...

    def delete(self, key: str) -> None:
        """Deleting what is not there is no error."""
        ...

    def exists(self, key: str) -> bool: ...

    def files(self, folder: str) -> list[str]:
        """The keys of the files directly in a folder, sorted. A folder that does not exist is empty.

        One that holds thousands, as a history does, is no more than listed.
        """
        ...

    def modified(self, key: str) -> float:
        """When a file was last written, in seconds since the epoch."""
        ...

    def folders(self, folder: str) -> list[str]:
        """The names of the folders directly in a folder, sorted."""
        ...
