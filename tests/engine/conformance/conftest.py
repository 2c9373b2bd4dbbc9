"""Stages of small programs on a real API server: on the embedded engine always, on the official CLI where it is."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation

from engine.command import EmbeddedPulumi

Program = Callable[[], None]

ENGINES = ["embedded", "official"]
if shutil.which("pulumi") is None:
    ENGINES.remove("official")


@dataclass
class Stage:
    """What one operation came to, without what differs from run to run."""

    changes: dict[str, int] = field(default_factory=dict)
    ops: dict[str, list[str]] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    diagnostics: str = ""
    error: str = ""


@dataclass
class Case:
    """A stack with a namespace of its own name."""

    folder: Path
    kubeconfig: Path
    engine: str
    namespace: str = field(default_factory=lambda: f"case-{uuid.uuid4().hex[:8]}")

    def stack(self, program: Program) -> automation.Stack:
        command: Any = EmbeddedPulumi() if self.engine == "embedded" else automation.PulumiCommand()
        for name in ("work", "state", "home"):
            (self.folder / name).mkdir(exist_ok=True)
        return automation.create_or_select_stack(
            "dev",
            project_name="case",
            program=program,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(self.folder / "work"),
                pulumi_home=str(self.folder / "home"),
                pulumi_command=command,
                project_settings=automation.ProjectSettings(
                    "case", "python", backend=automation.ProjectBackend(url=f"file://{self.folder / 'state'}")
                ),
                env_vars={"PULUMI_CONFIG_PASSPHRASE": "case", "KUBECONFIG": str(self.kubeconfig)},
            ),
        )

    def run(self, verb: str, program: Program, **options: Any) -> Stage:
        """Run `up`, `preview`, `refresh` or `destroy` and say what came of it."""
        stage, events = Stage(), []
        stack = self.stack(program)
        try:
            result = getattr(stack, verb)(on_event=events.append, **options)
            stage.outputs = {key: item.value for key, item in getattr(result, "outputs", {}).items()}
        except automation.CommandError as error:
            stage.error = type(error).__name__
        for event in events:
            _note(stage, event)
        return stage

    def state(self, program: Program) -> dict[str, Any]:
        """The resources of the state by name, without default providers."""
        deployment = self.stack(program).export_stack().deployment or {}
        named = {item["urn"].split("::", 3)[-1]: item for item in deployment.get("resources", [])}
        return {name: item for name, item in named.items() if not name.startswith("default")}


def _note(stage: Stage, event: automation.EngineEvent) -> None:
    if event.summary_event:
        changes = event.summary_event.resource_changes
        stage.changes = {str(getattr(key, "value", key)): count for key, count in changes.items()}
    elif event.res_outputs_event:
        metadata = event.res_outputs_event.metadata
        name = metadata.urn.split("::", 3)[-1]
        done = stage.ops.setdefault(name, [])
        if metadata.op.value not in done and not name.startswith("default"):
            done.append(metadata.op.value)
    elif event.diagnostic_event and event.diagnostic_event.severity in ("error", "warning"):
        stage.diagnostics += event.diagnostic_event.message


@pytest.fixture(params=ENGINES)
def case(request: pytest.FixtureRequest, tmp_path: Path, api_server: Path) -> Iterator[Case]:
    """A case per engine; what it has made is destroyed afterwards."""
    case = Case(tmp_path, api_server, request.param)
    yield case
    case.run("destroy", lambda: None)
