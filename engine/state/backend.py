"""Where state files are kept: the choice of an adapter by URL."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from engine.state.errors import StateError
from engine.state.files import Backend
from engine.state.folder import Folder
from engine.state.objects import DRIVERS, open_objects

__all__ = ["Backend", "open_backend"]


def open_backend(url: str, env: Mapping[str, str], cwd: Path) -> Backend:
    """The backend behind `file://`, `s3://`, `gs://` or `azblob://`, with credentials and options from `env`.

    A relative folder is taken from `cwd`. Raises `StateError` for other schemes, a folder that does not exist,
    and a driver that is not installed.
    """
    scheme = urlsplit(url).scheme
    if scheme == "file":
        return Folder.open(url, env, cwd)
    if scheme in DRIVERS:
        return open_objects(url, env)
    known = ", ".join(f"{name}://" for name in ("file", *DRIVERS))
    raise StateError(
        f"the embedded engine keeps state on {known} and cannot use '{url}'; "
        "set PULUMI_BACKEND_URL to one of these, or install the official Pulumi CLI"
    )
