"""The engine as the Automation API's command: what `pulumi_command` expects, without a process."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from pulumi.automation._cmd import CommandResult
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from engine.cli.dispatch import execute
from engine.monitor.direct import direct
from engine.provider import Package
from engine.shell import Shell
from engine.version import VERSION

OnOutput = Callable[[str], None]


class EmbeddedPulumi:
    """Pass it as `pulumi_command` to `LocalWorkspace` or `create_or_select_stack`'s options.

    One object may serve any number of stacks and threads at once. `packages` are the resource packages that
    programs can use, by name; without any, those that come with the engine. With `terse`, `on_event` hears of messages,
    violations and the outcome, not of each resource.
    """

    version = VersionInfo.parse(VERSION)
    command = "pulumi"
    direct = staticmethod(direct)

    def __init__(self, packages: Mapping[str, Package] | None = None, terse: bool = False):
        self._packages = shipped_packages() if packages is None else packages
        self._terse = terse

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """Run one command. Raises the SDK's `CommandError` (or the kind of it that fits) if it fails."""
        out, err = _Lines(on_output), _Lines(on_error)
        env = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        shell = Shell(
            env=env,
            cwd=Path(os.path.abspath(cwd)),
            out=out,
            err=err,
            packages={name: package.within(env) for name, package in self._packages.items()},
            terse=self._terse,
        )
        code = execute(shell, ["--non-interactive", *(word for word in args if word != "--non-interactive")])
        result = CommandResult(stdout=out.text, stderr=err.text, code=code)
        if code != 0:
            raise create_command_error(result)
        return result


class _Lines:
    """Collects lines and passes each on."""

    def __init__(self, listener: OnOutput | None):
        self._listener = listener
        self._lines: list[str] = []

    def __call__(self, line: str) -> None:
        line = line.rstrip()
        self._lines.append(line)
        if self._listener is not None:
            self._listener(line)

    @property
    def text(self) -> str:
        return "\n".join(self._lines)


_shipped: dict[str, Package] = {}


def shipped_packages() -> Mapping[str, Package]:
    """The packages that come with the engine; one set for the process, so that its connections are shared."""
    if not _shipped:
        from engine.kubernetes import KubernetesPackage

        _shipped.setdefault("kubernetes", KubernetesPackage())
    return _shipped
