"""The ground that releases are measured on: a lab, and the dev environment's two stacks on the embedded engine.

Which kubeconfig is the default is read when this is imported: the lab has to be up, and its variables set.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from automation.updates.engines import Engine
from automation.updates.stacks import Stacks
from cli.assembly import Assembly, assemble
from cli.display import Display
from cli.environment import Environment, open_environment
from cli.options import Where
from cli.release import Drive
from examples.story import scratch_project
from lab import Lab

ENVIRONMENT = "dev"
KEY = ("test", "podinfo")
"""Namespace and name of the Canary."""
SECONDS = 120.0
"""More than any release at the dev environment's pace takes."""


@dataclass(frozen=True)
class Ground:
    """A lab with the environment's stacks; `folder` is that of the project."""

    lab: Lab
    folder: Path
    opened: Environment

    @classmethod
    def prepare(cls, lab: Lab, state: Path) -> Self:
        """Bring up both stacks, with their state in an empty folder; primary has nothing in it yet."""
        folder = scratch_project(state)
        os.environ |= {
            "SLUICE_ENGINE": "embedded",
            "PULUMI_BACKEND_URL": state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_HOME": f"{state}/home",
        }
        opened = open_environment(ENVIRONMENT, Where(None, None, str(folder)))
        for stack in (opened.settings.platform_stack, opened.stack_of(*KEY)):
            opened.stacks.update(stack, opened.program(stack), "bring up")
        return cls(lab, folder, opened)

    def drive(self, display: Display) -> None:
        """Drive the Canary until its run has ended. Raises what `sluice release` ends with."""
        with driver(self.opened, display) as assembly:
            Drive(self.opened, assembly, display, KEY, SECONDS).to_the_end()

    def on(self, engine: Engine) -> Self:
        """The same ground, where another engine takes the stacks over."""
        stacks = Stacks(self.folder, engine, dict(os.environ))
        return replace(self, opened=replace(self.opened, stacks=stacks, engine=engine))

    def gated(self) -> Environment:
        """The environment with the policy pack switched on."""
        settings = self.opened.settings
        driver = settings.driver.model_copy(update={"policies": True})
        return replace(self.opened, settings=settings.model_copy(update={"driver": driver}))


@contextmanager
def driver(opened: Environment, display: Display) -> Iterator[Assembly]:
    """A driver with its watches, closed at the end."""
    assembly = assemble(opened, display, namespace=KEY[0])
    try:
        yield assembly
    finally:
        assembly.close()
