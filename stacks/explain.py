"""Where each setting comes from: the default, the environment's module or Pulumi config."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stacks.environments import declared, prose, settings_for
from stacks.overrides import Overrides
from stacks.settings import Section, Settings


@dataclass(frozen=True)
class Explained:
    """One setting: its path, merged value, where the value comes from, and what it means."""

    path: str
    value: Any
    source: str
    description: str


def explain(environment: str, overrides: Overrides | None = None) -> tuple[Explained, ...]:
    """Every setting of an environment, in the order of the settings tree. Raises `Refused` as `settings_for`."""
    known = overrides or Overrides()
    merged = settings_for(environment, known.settings)
    stated = set(_stated(declared(environment)))
    return tuple(
        Explained(path, value, _source(path, environment, stated, known.sources), description)
        for path, value, description in leaves(merged)
    )


def _source(path: str, environment: str, stated: set[str], configured: Any) -> str:
    for key, source in configured.items():
        if path == key or path.startswith((f"{key}.", f"{key}[")):
            return str(source)
    return f"stacks/{environment}.py" if path in stated else "default"


def leaves(section: Section, path: str = "") -> Iterator[tuple[str, Any, str]]:
    """Path, value and meaning of every setting within a section."""
    for name, field in type(section).model_fields.items():
        value, here = getattr(section, name), f"{path}{name}"
        if isinstance(value, Section):
            yield from leaves(value, f"{here}.")
        elif isinstance(value, tuple) and value and isinstance(value[0], Section):
            for index, item in enumerate(value):
                yield from leaves(item, f"{here}[{index}].")
        else:
            yield here, value, prose(field.description)


def _stated(settings: Settings) -> Iterator[str]:
    """Paths of all leaves that an environment's module states itself."""
    yield from _stated_in(settings, "")


def _stated_in(section: Section, path: str) -> Iterator[str]:
    for name in section.model_fields_set:
        value, here = getattr(section, name), f"{path}{name}"
        if isinstance(value, Section):
            yield from _stated_in(value, f"{here}.")
        elif isinstance(value, tuple) and value and isinstance(value[0], Section):
            for index, item in enumerate(value):
                yield from _stated_in(item, f"{here}[{index}].")
        else:
            yield here
