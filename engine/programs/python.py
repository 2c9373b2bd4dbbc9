"""A program of runtime `python`: a process of its own, under the interpreter that the project chooses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from engine.deploy.program import Finished, Launch, Say
from engine.errors import EngineError

TOLD = 32
"""The runner's exit code for a failure that it has reported itself."""


class PythonProgram:
    """A folder or file run by `runner.py`. What it prints is handed on line by line."""

    def __init__(self, options: Mapping[str, Any], env: Mapping[str, str]):
        self._options, self._env = options, env
        self._process: subprocess.Popen[str] | None = None

    def run(self, launch: Launch, say: Say) -> Finished:
        folder, entry = _entry(Path(launch.folder), launch.main)
        process = self._process = self._started(launch, folder, entry)
        readers = [
            threading.Thread(target=self._forward, args=(stream, severity, say), daemon=True)
            for stream, severity in ((process.stdout, "info"), (process.stderr, "info#err"))
        ]
        for reader in readers:
            reader.start()
        code = process.wait()
        for reader in readers:
            reader.join()
        if code == 0:
            return Finished()
        if code == TOLD:
            return Finished(told=True)
        return Finished(f"Program exited with non-zero exit code: {code}")

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)

    def _started(self, launch: Launch, folder: Path, entry: str) -> subprocess.Popen[str]:
        python = interpreter(Path(launch.folder), self._options)
        arguments = {
            "--monitor": launch.monitor,
            "--engine": launch.engine,
            "--project": launch.project,
            "--root_directory": launch.folder,
            "--stack": launch.stack,
            "--pwd": str(folder),
            "--dry_run": "true" if launch.preview else "false",
            "--parallel": str(launch.parallel),
            "--organization": "organization",
        }
        runner = Path(__file__).with_name("runner.py")
        command = [python, "-u", str(runner), *(part for pair in arguments.items() for part in pair), entry]
        env = {
            **self._env,
            "PULUMI_CONFIG": json.dumps(dict(launch.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(launch.secret_keys)),
        }
        try:
            return subprocess.Popen(
                command,
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise EngineError(f"could not start the program with '{python}': {error.strerror}") from error

    def _forward(self, stream: IO[str] | None, severity: str, say: Say) -> None:
        assert stream is not None
        with stream:
            for line in stream:
                say(severity, line)


def interpreter(folder: Path, options: Mapping[str, Any]) -> str:
    """The Python that runs the program. Raises `EngineError` if its virtual environment is not there."""
    toolchain = options.get("toolchain") or "pip"
    name = options.get("virtualenv") or (".venv" if toolchain in ("uv", "poetry") else "")
    if not name:
        return sys.executable
    python = folder / name / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.is_file():
        raise EngineError(
            f"the virtual environment '{folder / name}' of the project does not exist; "
            f"make it with `python -m venv {folder / name}` and install the project's requirements there"
        )
    return str(python)


def _entry(folder: Path, main: str) -> tuple[Path, str]:
    """The folder to run in and what to run there."""
    path = (folder / main) if main else folder
    if path.is_file():
        return path.parent, path.name
    if not (path / "__main__.py").is_file():
        raise EngineError(
            f"there is no program in '{path}': it has no __main__.py; add one, or set `main` in Pulumi.yaml"
        )
    return path, "."
