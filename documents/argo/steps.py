"""Reads the steps of a Rollout."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from automation.core.durations import LONGEST, seconds_of
from automation.core.shape import noun, shown
from automation.core.steps import (
    Analyse,
    Pause,
    SetHeaderRoute,
    SetMirrorRoute,
    SetScale,
    SetWeight,
    Step,
)
from documents.argo import analysis
from documents.section import Section

_REFUSED = {
    "experiment": (
        "starts an Experiment, which is not supported",
        "measure the canary itself by an analysis step",
    ),
    "plugin": ("runs a plugin, and there are none here", "say what it does by another step"),
}
_WAYS = ("exact", "prefix", "regex")


def read(strategy: Section, most: int) -> tuple[tuple[Step, ...], ...]:
    """What each step of `strategy.canary` does, in the order in which it does it; `most` is what a weight may be."""
    return tuple(tuple(_step(section, most)) for section in strategy.sections("steps"))


def _step(section: Section, most: int) -> Iterator[Step]:
    """Pods and routes may stand beside one thing that is waited for."""
    section.whole("setWeight", most=most)
    named = [name for name in (*_READ, *_REFUSED) if name in section.fields]
    section.allow(*_READ, *_REFUSED)
    section.close()
    waited = [name for name in named if name in _ONE_OF]
    if len(waited) > 1:
        section.refuse(waited[1], f"stands in the step of {waited[0]}", "make a step of each")
    for name in named:
        if name in _REFUSED:
            section.refuse(name, *_REFUSED[name])
        elif (step := _READ[name](section)) is not None:
            yield step
    if not section.fields:
        section.refuse("setWeight", "is missing: the step does nothing", f"give it one of {', '.join(_READ)}")


def _weight(section: Section) -> Step | None:
    if section.fields["setWeight"] is None:
        section.refuse("setWeight", "is empty", "write a whole number from 0 to 100")
    value = section.fields["setWeight"]
    return SetWeight(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _pause(section: Section) -> Step:
    pause = section.section("pause")
    seconds = _seconds(pause)
    pause.close()
    return Pause(seconds)


def _seconds(pause: Section) -> float | None:
    """How long a pause takes: whole seconds, or a text such as "10m"; None where it does not say."""
    given = pause.raw("duration")
    if given is None:
        return None
    try:
        seconds = float(given) if isinstance(given, int | str) and _is_whole(given) else seconds_of(given)
    except (TypeError, ValueError, OverflowError):
        seconds = -1.0
    if 0 <= seconds <= LONGEST:
        return seconds
    told = shown(given) if isinstance(given, str | int) else noun(given)
    if seconds > LONGEST:
        pause.refuse("duration", f"{told} is too long", f"use {LONGEST / 3600:g}h, a year, or less")
        return None
    remedy = 'write seconds, such as 30, or a text such as "10m"; leave it out to wait for a promotion'
    pause.refuse("duration", f"{told} is not a duration", remedy)
    return None


def _is_whole(given: int | str) -> bool:
    if isinstance(given, bool):
        raise TypeError("true and false are no durations")
    return isinstance(given, int) or given.isdecimal()


def _analysis(section: Section) -> Step:
    return Analyse(analysis.read(section.section("analysis")))


def _scale(section: Section) -> Step:
    scale = section.section("setCanaryScale")
    matching = scale.flag("matchTrafficWeight")
    replicas = scale.whole("replicas") if "replicas" in scale else None
    percent = scale.whole("weight", most=100) if "weight" in scale else None
    scale.allow("replicas", "weight")
    scale.close()
    if matching + (replicas is not None) + (percent is not None) != 1:
        scale.refuse(
            "replicas", "has to be the only one", "give one of replicas, weight or matchTrafficWeight"
        )
    return SetScale(replicas, percent)


def _header_route(section: Section) -> Step:
    route = section.section("setHeaderRoute")
    name = route.text("name", required=True)
    headers = [_header(one) for one in route.sections("match")]
    route.close()
    named = {header: condition for header, condition in headers if header}
    if len(named) < len([header for header, _ in headers if header]):
        route.refuse("match", "asks for one header twice", "ask for each header once")
    rule = json.dumps({"headers": named}, sort_keys=True)
    return SetHeaderRoute(name, (rule,) if named else ())


def _header(section: Section) -> tuple[str, Mapping[str, str]]:
    name = section.text("headerName", required=True)
    condition = _matched(section, "headerValue")
    section.close()
    return name, condition


def _matched(section: Section, field: str) -> Mapping[str, str]:
    value = section.section(field)
    ways = {way: value.text(way) for way in _WAYS if value.fields.get(way)}
    value.allow(*_WAYS)
    value.close()
    if len(ways) != 1:
        told = f"says {' and '.join(ways)}" if ways else "says nothing to compare with"
        section.refuse(field, told, f"write one of {', '.join(_WAYS)}")
    return ways


def _mirror_route(section: Section) -> Step:
    """Without a match the route is taken away, as the model has it."""
    route = section.section("setMirrorRoute")
    name, percentage = route.text("name", required=True), route.whole("percentage", 100, most=100)
    rules = tuple(json.dumps(_mirrored(one), sort_keys=True) for one in route.sections("match"))
    route.close()
    return SetMirrorRoute(name, percentage if rules else 0, rules)


def _mirrored(section: Section) -> Mapping[str, object]:
    """Which requests are copied: all of them where it says nothing."""
    found: dict[str, object] = {
        field: _matched(section, field) for field in ("method", "path") if field in section
    }
    headers = section.section("headers")
    if named := {header: _matched(headers, header) for header in map(str, headers.fields)}:
        found["headers"] = named
    section.allow("method", "path")
    section.close()
    return found


_READ: Mapping[str, Callable[[Section], Step | None]] = {
    "setCanaryScale": _scale,
    "setHeaderRoute": _header_route,
    "setMirrorRoute": _mirror_route,
    "setWeight": _weight,
    "pause": _pause,
    "analysis": _analysis,
}
"""In the order in which they are done where they stand in one step."""
_ONE_OF = ("setWeight", "pause", "experiment", "analysis")
"""Of these Argo takes one a step."""
