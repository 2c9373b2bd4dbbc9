"""A lab with the platform stack on it, and a project of its own to use the product's commands in."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from examples.story import SLUICE, scratch_project
from lab import Lab
from lab.definitions import definitions
from tests.lab.deadline import eventually
from tests.lab.kubectl import Kubectl

NAMESPACES = tuple(f"story-{number}" for number in range(1, 65))
"""Namespaces of the environment that no release is declared in: stories take one each."""


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    said: str


class Running:
    """A command that runs beside the story; what it says goes to a file."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self._log = process, log

    @property
    def said(self) -> str:
        return self._log.read_text()

    @property
    def events(self) -> list[str]:
        """The texts of the events that a driver has shown, in order."""
        return re.findall(r"^\d\d:\d\d:\d\d [! ] (.*)$", self.said, re.M)

    def heard(self, pattern: str) -> bool:
        """Whether an event's text matches the whole pattern."""
        return any(re.fullmatch(pattern, text) for text in self.events)

    @property
    def pages(self) -> str:
        """Where a driver serves metrics and probes."""
        (url,) = re.findall(r"^metrics and probes at (\S+)$", self.said, re.M)
        return str(url)

    def kill(self) -> None:
        """Pulls the plug: SIGKILL, and waits until it is gone."""
        self.process.kill()
        self.process.wait()

    def interrupt(self) -> Done:
        """As Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self, seconds: float = 120) -> Done:
        code = self.process.wait(seconds)
        return Done(code, self.said)


@dataclass(frozen=True)
class Ground:
    """Where stories take place: `sluice` and `kubectl` work here as they do for a person in the project's folder."""

    lab: Lab
    project: Path
    environment: Mapping[str, str]

    def kubectl(self, namespace: str) -> Kubectl:
        return Kubectl(self.lab.kubeconfig, namespace)

    def sluice(self, *arguments: str, expect: int = 0, seconds: float = 240) -> str:
        """What a command printed. Fails unless it ends with the code `expect`."""
        with self.begun(*arguments) as running:
            done = running.wait(seconds)
        assert done.code == expect, f"sluice {' '.join(arguments)} ended with {done.code}:\n{done.said}"
        return done.said

    @contextmanager
    def begun(self, *arguments: str) -> Iterator[Running]:
        """The command, running; it is killed if it still runs at the end."""
        log = self.project / f"said-{len(list(self.project.glob('said-*')))}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(SLUICE), *arguments],
                cwd=self.project,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        running = Running(process, log)
        try:
            yield running
        finally:
            if process.poll() is None:
                running.kill()

    def update(self, stack: str, *options: str) -> str:
        """`pulumi up` by hand. A driver that updates the stack at the same moment holds it: then once more."""
        command = ("pulumi", "up", "--yes", "--skip-preview", "--stack", stack, *options)

        def unlocked() -> Done | None:
            with self.begun(*command) as running:
                done = running.wait()
            return None if "the stack is currently locked" in done.said else done

        done = eventually(unlocked, 60)
        assert done.code == 0, f"`{' '.join(command)}` ended with {done.code}:\n{done.said}"
        return done.said

    def history(self, name: str, namespace: str) -> list[dict[str, Any]]:
        """The steps of a Canary's stack, as `sluice history` tells them."""
        said = self.sluice("history", name, "--env", "dev", "-n", namespace, "--output", "json")
        steps: list[dict[str, Any]] = json.loads(said)
        return steps

    def define(self, name: str) -> None:
        """Applies the definitions of a gateway's kinds."""
        kinds = self.project / f"{name}.yaml"
        kinds.write_text(definitions(name))
        # They are larger than the annotation that a plain apply would keep them in.
        self.kubectl("default")("apply", "--server-side", "-f", str(kinds))

    def rolled_out(self, namespace: str, deployment: str) -> None:
        """Waits until all pods of a Deployment are available, however busy the machine is."""

        def available() -> bool:
            kubectl = self.kubectl(namespace)
            live = kubectl.get("deployment", deployment)
            status, wanted = live.get("status") or {}, live["spec"]["replicas"]
            heard = status.get("observedGeneration") == live["metadata"]["generation"]
            ready = heard and status.get("availableReplicas") == status.get("updatedReplicas") == wanted
            assert ready, f"{deployment} is not available: {status}\n{kubectl('get', 'pods,events')}"
            return True

        eventually(available, 300, every=0.5)

    def on(self, engine: str) -> Ground:
        """The same ground, its commands run by `official` or `embedded`."""
        return replace(self, environment={**self.environment, "SLUICE_ENGINE": engine})

    def configured(self, folder: Path, **settings: Any) -> Ground:
        """The same ground, with a project whose dev environment has other settings."""
        return replace(self, project=project(folder, settings))


def project(folder: Path, settings: Mapping[str, Any]) -> Path:
    """A scratch project with settings for the environment dev."""
    made = scratch_project(folder)
    platform = {"namespaces": ["test", *NAMESPACES]}
    config = {"config": {"sluice:settings": {**settings, "platform": platform}}}
    (made / "Pulumi.dev.yaml").write_text(json.dumps(config))
    return made


def prepare(lab: Lab, folder: Path, variables: Mapping[str, str] = MappingProxyType({})) -> Ground:
    """The platform stack in a lab, its state in `folder`; `variables` are added to the environment."""
    state = folder / "state"
    temporary = folder / "tmp"
    for made_first in (state, temporary):
        made_first.mkdir()
    made = project(folder, {})
    environment = {
        **os.environ,
        **lab.environment(),
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_HOME": str(folder / "home"),
        "COLUMNS": "200",
        # Drivers that stories kill leave files of the Kubernetes client there.
        "TMPDIR": str(temporary),
        **variables,
    }
    ground = Ground(lab, made, environment)
    ground.sluice("pulumi", "stack", "select", "--create", "dev")
    ground.sluice("pulumi", "up", "--yes", "--skip-preview", "--stack", "dev")
    return ground
