"""Both engines on the terminal, each with a folder, a backend, a home and a namespace of its own."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.engine.conformance.case import Case, Stage

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 120
"""How long one command may take."""


@dataclass(frozen=True)
class Engine:
    """A command line, and what it needs on PATH."""

    name: str
    command: tuple[str, ...]
    path: str = ""


def embedded_engine(interpreter: str) -> Engine:
    """Ours, as a terminal starts it."""
    return Engine("embedded", (interpreter, "-m", "engine"))


def official_engine(folder: Path) -> Engine:
    """The official CLI of a folder that the lab has made."""
    return Engine("official", (str(folder / "pulumi"),), str(folder))


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str
    events: str


@dataclass(frozen=True)
class Site:
    """Where one engine runs a case; `interpreters` is the virtual environment that its program runs in."""

    case: Case
    engine: Engine
    folder: Path
    kubeconfig: Path
    interpreters: Path
    namespace: str = field(default_factory=lambda: f"case-{uuid.uuid4().hex[:8]}")

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def state(self) -> Path:
        return self.folder / "state" / ".pulumi"

    def prepare(self) -> None:
        """Write the project and make its stack."""
        for name in ("work", "state", "home"):
            (self.folder / name).mkdir(parents=True)
        for name in ("scene.py", "drive.py"):
            shutil.copy(Path(__file__).with_name(name), self.work)
        runtime = f"runtime: {{name: python, options: {{virtualenv: {self.interpreters}}}}}\n"
        project = self.case.project.replace("runtime: python\n", runtime)
        files = {"Pulumi.yaml": project, "__main__.py": self.case.program, **self.case.files}
        for name, text in files.items():
            (self.work / name).parent.mkdir(exist_ok=True)
            (self.work / name).write_text(text)
        self._execute(self.engine, "stack init dev", {}, log=False)

    def run(self, stage: Stage, other: Engine) -> Ended:
        """Run a stage's command; `other` is the engine that takes over where the stack changes hands."""
        engine = other if stage.changes_hands else self.engine
        command = stage.command.replace("NAMESPACE", self.namespace)
        env = {"STAGE": str(stage.number), **stage.env}
        return self._execute(engine, command, env, told=stage.told)

    def _execute(
        self, engine: Engine, line: str, env: Mapping[str, str | None], log: bool = True, told: str = ""
    ) -> Ended:
        words = shlex.split(line)
        events = self.folder / "events"
        events.unlink(missing_ok=True)
        if log and words[0] in ("up", "preview", "refresh", "destroy"):
            words += ["--event-log", str(events)]
        whole = {**self._environment(engine), **env}
        interpreter = str(self.interpreters / "bin" / "python")
        command = (interpreter, *words[1:]) if words[0] == "python" else (*engine.command, *words)
        done = subprocess.run(
            command,
            cwd=self.work,
            env={key: value for key, value in whole.items() if value is not None},
            input=told,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        return Ended(done.returncode, done.stdout, done.stderr, events.read_text() if events.exists() else "")

    def _environment(self, engine: Engine) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "USER") if name in os.environ}
        kept["PATH"] = os.pathsep.join(filter(None, (engine.path, kept.get("PATH", ""))))
        return {
            **kept,
            "KUBECONFIG": str(self.kubeconfig),
            "NAMESPACE": self.namespace,
            "ENGINE": engine.name,
            "STAGE": "1",
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}",
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "correct horse",
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PYTHONPATH": str(ROOT),
            "PYTHONPYCACHEPREFIX": str(Path(sys.prefix) / "pycache"),
        }
