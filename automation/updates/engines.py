"""Which Pulumi engine runs the stack updates: the official CLI where it is installed, the embedded one otherwise.

`SLUICE_ENGINE=official` or `embedded` forces either. Both are reached through the same door, the Automation API's
`pulumi_command`; nothing else of the product knows that there are two.
"""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi import automation as auto

from automation.errors import EngineMissing
from automation.updates.ports import Program
from automation.updates.quiet import quiet

KNOWN = ("official", "embedded")


@dataclass(frozen=True)
class Engine:
    """`command` is what the Automation API takes; None means its own default, the CLI on PATH. `connected` is how an
    inline program is handed over, so that it talks to the engine as little as it can."""

    name: str
    version: str
    command: Any
    connected: Callable[[Program], Program] = quiet

    def __str__(self) -> str:
        return f"{self.name} engine {self.version}"


def choose(environment: Mapping[str, str]) -> Engine:
    """The engine to use. Raises EngineMissing for an unknown name or an official CLI that isn't installed."""
    wanted = environment.get("SLUICE_ENGINE", "")
    if wanted and wanted not in KNOWN:
        raise EngineMissing(f"SLUICE_ENGINE is {wanted!r}", f"known engines: {', '.join(KNOWN)}")
    installed = shutil.which("pulumi", path=environment.get("PATH"))
    if wanted == "official" and not installed:
        raise EngineMissing(
            "SLUICE_ENGINE=official, but no `pulumi` is on PATH",
            "install the Pulumi CLI (pulumi.com/docs/install), or leave SLUICE_ENGINE unset",
        )
    if installed and wanted != "embedded":
        command = auto.PulumiCommand()
        return Engine("official", str(command.version), command)
    embedded = importlib.import_module("engine").EmbeddedPulumi(terse=True)
    return Engine("embedded", str(embedded.version), embedded, embedded.direct)
