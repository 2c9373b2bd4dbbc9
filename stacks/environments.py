"""The environments there are, and the settings of one with overrides laid over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from pydantic import ValidationError

from automation.core.refusal import Problem, Refused
from stacks.settings import Settings

ENVIRONMENTS = ("dev", "staging", "prod")


def declared(environment: str) -> Settings:
    """The settings of an environment as its module states them. Raises `Refused` for an unknown name."""
    if environment not in ENVIRONMENTS:
        remedy = f"use one of {', '.join(ENVIRONMENTS)}, or add a module of that name to stacks/"
        raise Refused((Problem("environment", f"there is no environment {environment!r}", remedy),))
    settings: Settings = import_module(f"stacks.{environment}").SETTINGS
    return settings


def settings_for(environment: str, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings of an environment; `overrides` is a partial tree of the same shape.

    Raises `Refused` with every problem at once, each with its path.
    """
    base = declared(environment)
    if not overrides:
        return base
    try:
        return Settings.model_validate(laid_over(base.model_dump(), overrides))
    except ValidationError as invalid:
        raise Refused(tuple(map(_problem, _own(invalid.errors())))) from None


def laid_over(base: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `overrides`: objects are merged key by key, everything else is replaced."""
    merged = dict(base)
    for key, value in overrides.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = laid_over(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _own(errors: Sequence[Any]) -> list[Any]:
    """Errors of their own: a list without its wrong items may be told to be short, too."""
    inner = {error["loc"][:length] for error in errors for length in range(len(error["loc"]))}
    return [error for error in errors if error["loc"] not in inner]


def _problem(error: Any) -> Problem:
    path = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        known = ", ".join(_names_beside(error["loc"]))
        return Problem(path, "there is no such setting", f"known here: {known}")
    return Problem(
        path,
        f"{error['input']!r}: {error['msg']}",
        f"meant is: {_meaning(error['loc'])}",
    )


def _names_beside(location: tuple[int | str, ...]) -> list[str]:
    return sorted(_fields(location[:-1]))


def _meaning(location: tuple[int | str, ...]) -> str:
    while isinstance(location[-1], int):
        location = location[:-1]
    field = _fields(location[:-1]).get(str(location[-1]))
    return (
        prose(field.description) if field is not None else "a value of the shape that `sluice settings` shows"
    )


def _fields(location: tuple[int | str, ...]) -> dict[str, Any]:
    """The fields of the section at a path of the settings tree; none where the path leads into free data."""
    section: Any = Settings
    for part in location:
        if isinstance(part, int):
            continue
        field = getattr(section, "model_fields", {}).get(part)
        section = section_of(field.annotation) if field is not None else None
    return dict(getattr(section, "model_fields", {}))


def prose(description: str | None) -> str:
    """A description on one line."""
    return " ".join((description or "").split())


def section_of(annotation: Any) -> Any:
    """The section class within a field's type, looking through optional and tuple types; None if there is none."""
    candidates = (annotation, *getattr(annotation, "__args__", ()))
    return next((item for item in candidates if hasattr(item, "model_fields")), None)
