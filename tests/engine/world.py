"""One stack in a temporary place, driven through the unmodified Automation API."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from pulumi import automation

from engine.command import EmbeddedPulumi
from tests.engine.cloud import Cloud

Program = Callable[[], None]


class Thing(pulumi.CustomResource):
    """A resource of the test package; any property may be given."""

    name: pulumi.Output[str]
    size: pulumi.Output[int]
    token: pulumi.Output[str]

    def __init__(self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any):
        super().__init__(
            "cloud:index:Thing", resource_name, {"name": None, "size": None, "token": None, **inputs}, opts
        )


class Region(pulumi.ProviderResource):
    """A provider of the test package."""

    def __init__(self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any):
        super().__init__("cloud", resource_name, inputs, opts)


class Group(pulumi.ComponentResource):
    """A component."""

    def __init__(self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any):
        super().__init__("cloud:index:Group", resource_name, inputs, opts)


@dataclass
class Outcome:
    """What an operation came to. `ops` are (operation, resource name) in the order in which they ended."""

    changes: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    events: list[automation.EngineEvent] = field(default_factory=list)
    stdout: str = ""
    error: Exception | None = None

    @property
    def ops(self) -> list[tuple[str, str]]:
        done = (event.res_outputs_event for event in self.events if event.res_outputs_event)
        return [(str(item.metadata.op.value), item.metadata.urn.split("::")[-1]) for item in done]

    def op(self, name: str) -> list[str]:
        """What happened to one resource, each thing once."""
        return list(dict.fromkeys(op for op, resource in self.ops if resource == name))

    @property
    def diagnostics(self) -> str:
        """Everything but debug messages, as one text."""
        said = (event.diagnostic_event for event in self.events if event.diagnostic_event)
        return "".join(f"{item.severity}: {item.message}" for item in said if item.severity != "debug")


@dataclass
class World:
    """A project with one stack on a file backend; `cloud` is where its resources live. `connected` is how programs are
    handed over."""

    folder: Path
    cloud: Cloud
    stack_name: str = "dev"
    project: str = "shop"
    env: dict[str, str] = field(default_factory=dict)
    connected: Callable[[Program], Program] = lambda program: program
    terse: bool = False

    @classmethod
    def create(cls, folder: Path) -> World:
        for name in ("work", "state", "cloud", "home"):
            (folder / name).mkdir()
        return cls(folder, Cloud(folder / "cloud"))

    def stack(self, program: Program, name: str = "") -> automation.Stack:
        """The stack, made if need be, with this inline program. Any but the first has a folder of its own."""
        # The SDK writes Pulumi.yaml anew each time, not atomically.
        work = self.folder / ("work" if name in ("", self.stack_name) else f"work-{name}")
        work.mkdir(exist_ok=True)
        return automation.create_or_select_stack(
            name or self.stack_name,
            project_name=self.project,
            program=self.connected(program),
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(work),
                pulumi_command=EmbeddedPulumi({"cloud": self.cloud}, self.terse),  # type: ignore[arg-type]
                pulumi_home=str(self.folder / "home"),
                project_settings=automation.ProjectSettings(
                    self.project,
                    "python",
                    backend=automation.ProjectBackend(url=f"file://{self.folder / 'state'}"),
                ),
                env_vars={"PULUMI_CONFIG_PASSPHRASE": "correct horse", **self.env},
            ),
        )

    def up(self, program: Program, **options: Any) -> Outcome:
        """Update the stack; a failure is in the outcome."""
        return self._done(lambda stack, note: stack.up(on_event=note, **options), program)

    def preview(self, program: Program, **options: Any) -> Outcome:
        return self._done(lambda stack, note: stack.preview(on_event=note, **options), program)

    def refresh(self, **options: Any) -> Outcome:
        return self._done(lambda stack, note: stack.refresh(on_event=note, **options), nothing)

    def destroy(self, **options: Any) -> Outcome:
        return self._done(lambda stack, note: stack.destroy(on_event=note, **options), nothing)

    def state(self, name: str = "") -> list[dict[str, Any]]:
        """The resources of the state file as they stand there."""
        path = self.folder / "state" / ".pulumi" / "stacks" / self.project / f"{name or self.stack_name}.json"
        latest = json.loads(path.read_text())["checkpoint"]["latest"] or {}
        return list(latest.get("resources") or [])

    def resource(self, name: str) -> dict[str, Any]:
        """One resource of the state by its name."""
        found = [item for item in self.state() if item["urn"].split("::")[-1] == name]
        assert len(found) == 1, f"{len(found)} resources named {name}"
        return found[0]

    def names(self) -> list[str]:
        """Names of all resources in the state but the stack and its default providers."""
        named = [item["urn"].split("::", 3)[-1] for item in self.state()]
        return [
            name
            for name in named
            if name != f"{self.project}-{self.stack_name}" and not name.startswith("default")
        ]

    def _done(self, run: Callable[[automation.Stack, Callable[..., None]], Any], program: Program) -> Outcome:
        outcome = Outcome()
        try:
            result = run(self.stack(program), outcome.events.append)
        except Exception as error:  # noqa: BLE001  whatever it is, the test looks at it
            outcome.error = error
        else:
            outcome.stdout = result.stdout
            outputs = getattr(result, "outputs", None) or {}
            outcome.outputs = {key: output.value for key, output in outputs.items()}
        for event in outcome.events:
            if event.summary_event:
                outcome.changes = {
                    str(key): count for key, count in event.summary_event.resource_changes.items()
                }
        return outcome


def nothing() -> None:
    """A program that declares nothing."""
