"""`PulumiPolicy.yaml`: what a policy pack says about itself, and which interpreter runs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from engine.policy.errors import PolicyPackError

FILES = ("PulumiPolicy.yaml", "PulumiPolicy.yml")

Fingerprint = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Definition:
    """A pack on disk. `given` is its folder as the user named it; `version` is empty if the file names none."""

    folder: Path
    given: str
    version: str
    interpreter: str
    program: Path

    def fingerprint(self) -> Fingerprint:
        """Which files the pack consists of and when they were written; changes when the pack does."""
        found = ((path, path.stat()) for path in _files(self.folder))
        return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in found)


def read_definition(given: str, cwd: Path) -> Definition:
    """The pack in a folder, named relative to `cwd`. Raises `PolicyPackError`."""
    folder = Path(os.path.normpath(cwd / given))
    path = next((folder / name for name in FILES if (folder / name).is_file()), None)
    if path is None:
        raise PolicyPackError(
            f"no policy pack found in '{folder}': there is no {FILES[0]}; name the folder that holds one"
        )
    document = _load(path)
    runtime = document.get("runtime")
    name, options = (runtime, {}) if isinstance(runtime, str) else _named(runtime)
    if name != "python":
        raise PolicyPackError(
            f"policy pack '{folder}' is written for '{name or 'no runtime'}'; this engine runs python packs, "
            "the official Pulumi CLI also others"
        )
    program = folder / str(document.get("main") or "")
    return Definition(
        folder, given, str(document.get("version") or ""), _interpreter(folder, options), program
    )


def _load(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise PolicyPackError(f"could not read '{path}': {error}; correct the file") from error
    if not isinstance(document, dict):
        raise PolicyPackError(
            f"'{path}' does not describe a policy pack; it needs at least `runtime: python`"
        )
    return document


def _named(runtime: Any) -> tuple[str, dict[str, Any]]:
    document = runtime if isinstance(runtime, dict) else {}
    return str(document.get("name") or ""), document.get("options") or {}


def _interpreter(folder: Path, options: dict[str, Any]) -> str:
    """The pack's own virtual environment if it has one, otherwise the interpreter that runs the engine."""
    toolchain = options.get("toolchain") or "pip"
    environment = options.get("virtualenv") or (".venv" if toolchain in ("uv", "poetry") else "")
    if not environment:
        return sys.executable
    python = folder / environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.is_file():
        raise PolicyPackError(
            f"the virtual environment '{folder / environment}' of the policy pack does not exist; make it with "
            f"`python -m venv {environment}` in '{folder}' and install the pack's requirements there"
        )
    return str(python)


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        here = Path(root)
        folders[:] = sorted(name for name in folders if _counts(here / name))
        yield from (here / name for name in sorted(names) if (here / name).is_file())


def _counts(folder: Path) -> bool:
    """Whether a folder's files are the pack's own."""
    name = folder.name
    return (
        not name.startswith(".")
        and name not in ("__pycache__", "node_modules")
        and not (folder / "pyvenv.cfg").exists()
    )
