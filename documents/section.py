"""Reads an object of a document field by field and keeps every problem with its path.

A reader never raises: a field that is wrong yields its default and a problem, so that one reading finds them all.
"""

import math
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from automation.core.durations import LONGEST, seconds_of
from automation.core.names import SUBDOMAIN
from automation.core.refusal import Problem
from automation.core.shape import Rule, noun, shown

_ADDRESS = re.compile(
    r"(?P<scheme>[a-z]+)://([^\s/?#@]*@)?([^\s/?#@:\[\]]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{0,5}))?([/?#].*)?"
)
WEB = ("http", "https")


class Section:
    """One object at a path of a document. `problems` is shared with all sections of the document, `kind` is the
    document's.

    Of something else in its place that alone is told: what it lacks, too, is no news.
    """

    def __init__(self, value: Any, path: str, problems: list[Problem], kind: str = "Canary") -> None:
        self.path = path
        self.problems = problems
        self.kind = kind
        self.fields: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        self._known: set[str] = set()
        self._legible = value is None or isinstance(value, Mapping)
        if not self._legible:
            problems.append(
                Problem(path, f"is {noun(value)}, not an object", "write it as fields and values")
            )

    def __contains__(self, name: str) -> bool:
        return self.fields.get(name) is not None

    def refuse(self, name: str, problem: str, remedy: str) -> None:
        self.tell(Problem(self._at(name), problem, remedy))

    def tell(self, problem: Problem) -> None:
        if self._legible:
            self.problems.append(problem)

    def text(
        self, name: str, default: str = "", *, required: bool = False, choices: Sequence[str] = ()
    ) -> str:
        value = self._take(name, str, "text", required=required)
        if value is None:
            return default
        if required and not value:
            self.refuse(name, "is empty", "set it to text")
        if choices and value not in choices:
            self.refuse(name, f"{value!r} is not known", f"use one of {', '.join(filter(None, choices))}")
            return default
        return str(value)

    def named(self, name: str, rule: Rule = SUBDOMAIN, *, required: bool = False) -> str:
        """A text of which a rule holds, such as the name of an object: one that the API server takes."""
        value = self.text(name, required=required)
        if value:
            self.hold(name, value, rule)
        return value

    def hold(self, name: str, value: str, rule: Rule) -> None:
        """Refuse a value that stands at a name and of which a rule doesn't hold."""
        if not rule.holds(value):
            self.refuse(name, f"{shown(value)} is not {rule.noun}", rule.remedy)

    def address(self, name: str, *, required: bool = False) -> str:
        """An address of the web."""
        value = self.text(name, required=required)
        if value and not value.startswith(("http://", "https://")):
            self.refuse(name, f"{shown(value)} is not a web address", "begin it with http:// or https://")
        elif value and not is_reachable(value):
            remedy = "write a host, and a port from 1 to 65535 where it has one of its own"
            self.refuse(name, f"{shown(value)} names no host and port that there can be", remedy)
        return value

    def whole(self, name: str, default: int = 0, *, least: int = 0, most: int = 2**31 - 1) -> int:
        value = self._take(name, int, "a whole number")
        if value is None:
            return default
        if not least <= value <= most:
            self.refuse(
                name, f"{shown(value)} is out of bounds", f"use a whole number from {least} to {most}"
            )
            return default
        return int(value)

    def number(self, name: str) -> float | None:
        value = self._take(name, (int, float), "a number")
        try:
            number = None if value is None else float(value)
        except OverflowError:
            number = math.inf
        if number is None or math.isfinite(number):
            return number
        self.refuse(name, f"{shown(value)} can't be compared with", "write a number")
        return None

    def flag(self, name: str) -> bool:
        return bool(self._take(name, bool, "true or false"))

    def seconds(self, name: str, default: float, *, least: float = 0.0) -> float:
        """A duration such as "10s" or "1m", in seconds."""
        text = self.text(name)
        if not text:
            return default
        try:
            seconds = seconds_of(text)
        except ValueError:
            self.refuse(
                name, f"{text!r} is not a duration", 'write minutes or seconds, such as "30s" or "1m"'
            )
            return default
        if seconds < least:
            self.refuse(name, f"{text} is too short", f"use {least:g}s or more")
            return default
        if seconds > LONGEST:
            self.refuse(name, f"{shown(text)} is too long", f"use {LONGEST / 3600:g}h, a year, or less")
            return default
        return seconds

    def texts_by_name(self, name: str) -> Mapping[str, str]:
        values = self._take(name, Mapping, "an object") or {}
        strangers = [key for key, value in values.items() if not isinstance(value, str)]
        for key in strangers:
            self.refuse(f"{name}.{key}", f"is {noun(values[key])}, not text", "put the value in quotes")
        return {str(key): value for key, value in values.items() if key not in strangers}

    def wholes(self, name: str, *, least: int, most: int) -> tuple[int, ...]:
        values = self._take(name, list, "a list") or []
        good = [v for v in values if isinstance(v, int) and not isinstance(v, bool) and least <= v <= most]
        if len(good) != len(values):
            self.refuse(
                name, f"{shown(values)} is not a list of weights", f"use whole numbers from {least} to {most}"
            )
        return tuple(good)

    def section(self, name: str) -> "Section":
        self._known.add(name)
        inner = Section(self.fields.get(name), self._at(name), self.problems, self.kind)
        inner._legible &= self._legible
        return inner

    def sections(self, name: str) -> list["Section"]:
        values = self._take(name, list, "a list") or []
        return [Section(v, f"{self._at(name)}[{i}]", self.problems, self.kind) for i, v in enumerate(values)]

    def raw(self, name: str) -> Any:
        self._known.add(name)
        return self.fields.get(name)

    def allow(self, *names: str) -> None:
        """Names that belong to the model's documents although nobody reads them here."""
        self._known.update(names)

    def close(self) -> None:
        """Refuse the fields that nobody knows; to be called when all known ones have been read."""
        for name in map(str, self.fields):
            if name not in self._known:
                near = get_close_matches(name, sorted(self._known), n=3, cutoff=0.6)
                remedy = (
                    f"did you mean {' or '.join(near)}?" if near else f"known here: {_listed(self._known)}"
                )
                article = "an" if self.kind[0] in "AEIOU" else "a"
                self.refuse(name, f"is not a field of {article} {self.kind}", remedy)

    def _take(self, name: str, kind: Any, wanted: str, *, required: bool = False) -> Any:
        self._known.add(name)
        value = self.fields.get(name)
        if value is None:
            if required:
                self.refuse(name, "is missing", f"set it to {wanted}")
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.refuse(name, f"is {noun(value)}, not {wanted}", f"write {wanted}")
            return None
        return value

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def is_reachable(address: str, schemes: Sequence[str] = WEB) -> bool:
    """Whether it is an address of one of these schemes that there can be."""
    found = _ADDRESS.fullmatch(address)
    return found is not None and found["scheme"] in schemes and 0 < int(found["port"] or 80) < 65536


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
