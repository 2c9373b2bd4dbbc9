"""A folder to put on PATH, in which the official engine and its plugins stand under the names it looks for."""

import os
import shlex
import sys
from hashlib import sha256
from pathlib import Path

from lab.binaries import Report, ensure
from lab.config import cache_folder

PROGRAMS = ("pulumi", "pulumi-resource-kubernetes", "pulumi-language-python-exec")
HOST = "pulumi-language-python"


def official(report: Report | None = None) -> Path:
    """The folder, complete. Raises `Missing` when a program can't be had. The first time takes about ten minutes."""
    found = ensure(PROGRAMS, report)
    launcher = _launcher(found["pulumi-language-python-exec"])
    identity = "\n".join([*map(str, found.values()), launcher])
    folder = cache_folder() / "official" / sha256(identity.encode()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    for name in PROGRAMS[:2]:
        fresh = folder / f".{name}.{os.getpid()}"
        fresh.symlink_to(found[name])
        fresh.rename(folder / name)
    fresh = folder / f".{HOST}.{os.getpid()}"
    fresh.write_text(launcher)
    fresh.chmod(0o755)
    fresh.rename(folder / HOST)
    return folder


def _launcher(runner: Path) -> str:
    host = Path(__file__).with_name("language.py")
    # -P: neither this folder nor the project's may hide a module that the host imports.
    words = shlex.join([sys.executable, "-P", str(host), str(runner)])
    return f'#!/bin/sh\nexec {words} "$@"\n'
