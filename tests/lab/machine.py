"""What a lab may leave on the machine, counted; and being an ordinary user for the length of a command."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.config import Config, cache_folder

NOBODY = 54321
"""A user that owns nothing."""


@dataclass(frozen=True)
class Traces:
    """What can be seen of a lab: its processes, namespaces that hold none of ours, mounts, and files."""

    processes: tuple[str, ...]
    namespaces: tuple[str, ...]
    mounts: tuple[str, ...]
    files: tuple[str, ...]

    def __bool__(self) -> bool:
        return any((self.processes, self.namespaces, self.mounts, self.files))


def traces(config: Config) -> Traces:
    """Everything that has to do with the lab: whatever names its folder or has a variable that does."""
    folder = str(config.state)
    theirs = [pid for pid in _pids() if folder.encode() in _read(pid, "cmdline") + _read(pid, "environ")]
    mounts = (line for line in _read("self", "mountinfo").decode().splitlines() if folder in line)
    kinds = ("net", "mnt", "pid", "user")
    namespaces = {_namespace(pid, kind) for pid in theirs for kind in kinds} - {
        _namespace("self", kind) for kind in kinds
    }
    return Traces(
        processes=tuple(_read(pid, "cmdline").replace(b"\0", b" ").decode() for pid in theirs),
        namespaces=tuple(sorted(namespaces)),
        mounts=tuple(mounts),
        files=tuple(str(path) for path in config.state.rglob("*")) if config.state.exists() else (),
    )


def _pids() -> list[str]:
    return [entry for entry in os.listdir("/proc") if entry.isdigit() and int(entry) != os.getpid()]


def _read(pid: str, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # it ended, or is not ours to look into
        return b""


def _namespace(pid: str, kind: str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/{kind}")
    except OSError:
        return f"{kind}:gone"


def as_ordinary_user(argv: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a user without any right, in a view of the machine in which that user may read Python,
    this checkout and the cache wherever they are.

    Where the tests themselves run as an ordinary user there is nothing to change.
    """
    environment = {**os.environ, "SLUICE_CACHE": str(cache_folder()), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("XDG_RUNTIME_DIR", None)
    if os.getuid() == 0:
        needed = [Path(sys.base_prefix), Path(sys.prefix), Path(__file__).parents[2], cache_folder()]
        script = folder / "as-user.sh"
        script.write_text(_view(needed, folder / "kept"))
        argv = ["unshare", "--mount", "bash", str(script), *argv]
        environment["HOME"] = "/nonexistent"
    return subprocess.run(argv, capture_output=True, text=True, check=False, env=environment, timeout=120)


def _view(needed: Sequence[Path], kept: Path) -> str:
    """A script that hides /root behind an empty folder with what is needed from it, and gives up being root."""
    homes = [path for path in needed if path.is_relative_to("/root")]
    lines = ["set -e", f"kept='{kept}'", "mkdir $kept", "mount -t tmpfs tmpfs $kept", "chmod 755 $kept"]
    lines += [f"mkdir $kept/{n} && mount --bind '{path}' $kept/{n}" for n, path in enumerate(homes)]
    lines += ["mount -t tmpfs -o mode=755 tmpfs /root"]
    lines += [f"mkdir -p '{path}' && mount --bind $kept/{n} '{path}'" for n, path in enumerate(homes)]
    return "\n".join([*lines, f'exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups "$@"'])
