"""Stack updates through the Automation API, its errors translated into ours.

Nothing here knows what an update is for: the caller hands over the program of the stack and a message.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi import automation as auto
from pulumi.automation import errors as auto_errors

from automation.errors import SluiceError, StackLocked, StateRefused, StoppedByPolicy, UpdateFailed
from automation.updates.engines import Engine
from automation.updates.ports import Gate, Program

PARALLEL = 4
"""Steps of one update at once. A release has about ten objects, and each step that may run costs several threads."""

_ALL = 1_000_000
"""Updates of one page: the official engine gives ten where nothing is said."""
_MISSING_NAMESPACE = re.compile(r'namespaces "([^"]+)" not found')
_LAST_WORDS = re.compile(r"(update|preview|refresh|destroy) failed")


class PolicyRefused(StoppedByPolicy):
    """A mandatory policy refused the update before the resource was touched."""

    def __init__(self, policy: str, message: str) -> None:
        super().__init__(f"policy {policy}: {message}")
        self.policy, self.message = policy, message


class StackMissing(UpdateFailed):
    """There is no stack of that name (yet)."""


@dataclass(frozen=True)
class Updated:
    """A finished update: what changed by kind of change, and how long it took in seconds."""

    changes: Mapping[str, int]
    seconds: float
    outputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Heard:
    """What an engine's events say against an update: mandatory violations as (policy, message), and errors."""

    violations: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __call__(self, event: Any) -> None:
        policy, diagnostic = event.policy_event, event.diagnostic_event
        if policy is not None and policy.enforcement_level == "mandatory":
            self.violations.append((policy.policy_name, _last_paragraph(policy.message)))
        if diagnostic is not None and diagnostic.severity == "error":
            self.problems.append(_plain(diagnostic.message))


class Stacks:
    """The stacks of one project, each opened once and then reused: a step costs one update and nothing else."""

    def __init__(self, project: Path, engine: Engine, environment: Mapping[str, str]) -> None:
        self._project, self._engine, self._environment = project, engine, dict(environment)
        self._open: dict[str, auto.Stack] = {}
        self._opening = threading.Lock()

    def update(
        self,
        stack: str,
        program: Program,
        message: str,
        gate: Gate | None = None,
        on_output: Callable[[str], None] | None = None,
    ) -> Updated:
        """Runs one update. Raises PolicyRefused, StackLocked, StateRefused or UpdateFailed."""
        heard = Heard()
        begun = time.monotonic()
        try:
            result = self._stack(stack, program).up(
                program=self._engine.connected(program),
                parallel=PARALLEL,
                message=message,
                color="never",
                on_event=heard,
                on_output=on_output,
                policy_packs=[str(gate.pack)] if gate else None,
                policy_pack_configs=[str(gate.config)] if gate and gate.config else None,
            )
        except auto_errors.CommandError as failed:
            if heard.violations:
                raise refusal(heard.violations) from failed
            raise translate(stack, failed, heard.problems) from failed
        changes = dict(result.summary.resource_changes or {})
        outputs = {name: output.value for name, output in result.outputs.items()}
        return Updated(changes, time.monotonic() - begun, outputs)

    def refresh(self, stack: str, program: Program, message: str) -> None:
        """Makes the stack's state equal to what is live, where somebody else changed live objects."""
        heard = Heard()
        try:
            self._stack(stack, program).refresh(
                parallel=PARALLEL, message=message, color="never", on_event=heard
            )
        except auto_errors.CommandError as failed:
            raise translate(stack, failed, heard.problems) from failed

    def history(self, stack: str, program: Program) -> list[Any]:
        """All of the stack's updates, newest first."""
        try:
            return list(self._stack(stack, program).history(page_size=_ALL, page=1, show_secrets=False))
        except auto_errors.CommandError as failed:
            raise translate(stack, failed, []) from failed

    def config(self, stack: str, program: Program) -> Mapping[str, str]:
        """Pulumi config of a stack that exists. Raises StackMissing."""
        try:
            entries = self._stack(stack, program, auto.select_stack).get_all_config()
        except auto_errors.CommandError as failed:
            raise translate(stack, failed, []) from failed
        return {key: entry.value for key, entry in entries.items()}

    def set_config(self, stack: str, program: Program, key: str, value: str) -> None:
        try:
            self._stack(stack, program).set_config(key, auto.ConfigValue(value))
        except auto_errors.CommandError as failed:
            raise translate(stack, failed, []) from failed

    def _stack(
        self, name: str, program: Program, opener: Callable[..., auto.Stack] = auto.create_or_select_stack
    ) -> auto.Stack:
        return self._open.get(name) or self._opened(name, program, opener)

    def _opened(self, name: str, program: Program, opener: Callable[..., auto.Stack]) -> auto.Stack:
        """One after the other: the official CLI notes the selected stack of a project in a file."""
        with self._opening:
            if name not in self._open:
                options = auto.LocalWorkspaceOptions(
                    work_dir=str(self._project),
                    pulumi_command=self._engine.command,
                    env_vars=self._environment,
                )
                try:
                    self._open[name] = opener(
                        stack_name=name, project_name="sluice", program=program, opts=options
                    )
                except auto_errors.CommandError as failed:
                    raise translate(name, failed, []) from failed
            return self._open[name]


def refusal(violations: Iterable[tuple[str, str]]) -> PolicyRefused:
    """The refusal of one violation or more: (policy, message). It has the first one's name, and says them all.

    They come in any order; in the order of their names they make the same text on every try.
    """
    (policy, message), *others = sorted(set(violations))
    return PolicyRefused(policy, "\n".join([message, *(f"policy {name}: {text}" for name, text in others)]))


def translate(stack: str, failed: auto_errors.CommandError, problems: list[str]) -> SluiceError:
    """Our error for one of the Automation API's, which only carries what the command printed."""
    text = str(failed)
    if isinstance(failed, auto_errors.ConcurrentUpdateError):
        holders = "; ".join(re.findall(r"created by .*", text))
        return StackLocked(
            f"stack {stack} is locked{': ' + holders if holders else ''}",
            f"wait for the other update to end, or, if it is dead: sluice pulumi cancel --yes --stack {stack}",
        )
    if isinstance(failed, auto_errors.StackNotFoundError):
        return StackMissing(f"there is no stack {stack}", f"make it: sluice pulumi stack init {stack}")
    said = _errors(text)
    if "passphrase" in said:
        return StateRefused(
            f"stack {stack}: {said}",
            "set PULUMI_CONFIG_PASSPHRASE (an empty one is allowed) or PULUMI_CONFIG_PASSPHRASE_FILE",
        )
    detail = _detail(*problems) or _detail(said or text.strip())
    return UpdateFailed(
        f"update of stack {stack} failed" + (f": {detail}" if detail else ""),
        _namespace_to_make(detail) or f"look closer: sluice pulumi preview --diff --stack {stack}",
    )


def _namespace_to_make(detail: str) -> str:
    """What to do where the API server misses a namespace, "" where it doesn't."""
    missing = _MISSING_NAMESPACE.search(detail)
    if missing is None:
        return ""
    return (
        f"nobody has made namespace {missing[1]}: add it to platform.namespaces of the settings and bring the platform "
        f"stack up, or make it: kubectl create namespace {missing[1]}"
    )


def _detail(*said: str) -> str:
    """What was said, without the sentence that an update ends with whatever has failed."""
    return "\n".join(line for line in said if not _LAST_WORDS.fullmatch(line))


def _errors(text: str) -> str:
    """What a command wrote on standard error, from its first error to the end: what follows belongs to it."""
    _, _, written = text.partition("\n stderr: ")
    _, _, said = written.partition("error: ")
    return re.sub(r"^error: ", "", said, flags=re.M).strip()


def _last_paragraph(message: str) -> str:
    """A policy event's message is the policy's description and, below it, what was reported."""
    return _plain(message).strip().split("\n", 1)[-1].strip()


def _plain(message: str) -> str:
    return re.sub(r"<\{%[^%]*%\}>", "", message).strip()
