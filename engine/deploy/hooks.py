"""Functions of the program that run before and after steps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.deploy.context import Context
from engine.provider import ProviderError
from engine.resource import Resource


@dataclass(frozen=True)
class HookCall:
    """What a hook is told: the resource's old and new state, as far as each exists."""

    moment: str
    urn: str
    id: str
    old: Resource | None
    new: Resource | None
    done: Resource | None = None


@dataclass(frozen=True)
class Hook:
    """A registered hook. `run` returns an error text, empty if all is well."""

    run: Callable[[HookCall], str]
    in_previews: bool = False
    ignore_errors: bool = False


@dataclass(frozen=True)
class Failure:
    """What an error hook is told: the operation (create, update or delete) and what went wrong, newest first."""

    operation: str
    resource: Resource
    old: Resource | None
    errors: tuple[str, ...]


ErrorHook = Callable[[Failure], tuple[str, bool]]
"""Returns (error text, whether to try again)."""


@dataclass
class Hooks:
    """The hooks of a program by name."""

    hooks: dict[str, Hook] = field(default_factory=dict)
    error_hooks: dict[str, ErrorHook] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def register(self, name: str, hook: Hook) -> None:
        """Raises `ValueError` if the name is taken."""
        with self.lock:
            if name in self.hooks:
                raise ValueError(f"resource hook already registered for name {name!r}")
            self.hooks[name] = hook

    def register_error(self, name: str, hook: ErrorHook) -> None:
        """Raises `ValueError` if the name is taken."""
        with self.lock:
            if name in self.error_hooks:
                raise ValueError(f"error hook already registered for name {name!r}")
            self.error_hooks[name] = hook

    def run(self, names: list[str], call: HookCall, context: Context) -> None:
        """Run the named hooks in order. Raises `ProviderError` for the first that fails and may not."""
        for name in names:
            hook = self.hooks.get(name)
            if hook is None:
                raise ProviderError(
                    f"resource hook '{name}' is not registered; run a program that registers it"
                )
            if context.options.preview and not hook.in_previews:
                continue
            error = hook.run(call)
            if error and not hook.ignore_errors:
                raise ProviderError(_failed(call, name, error))
            if error:
                context.warn(_failed(call, name, error), call.urn)

    def wants_retry(self, names: list[str], failure: Failure) -> bool:
        """Whether one of the named error hooks asks for another attempt. Raises `ProviderError` if one fails."""
        for name in names:
            hook = self.error_hooks.get(name)
            if hook is None:
                raise ProviderError(f"error hook '{name}' is not registered; run a program that registers it")
            error, retry = hook(failure)
            if error:
                raise ProviderError(f"error hook '{name}' failed: {error}")
            if retry:
                return True
        return False


def _failed(call: HookCall, name: str, error: str) -> str:
    return f'{call.moment.partition("_")[0]} hook "{name}" failed: {error}'
