"""The Kubernetes objects of a text in YAML or JSON, read as kubectl reads them: dates and names of fields are text.

Each document is read by itself: a broken one does not hide the others.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import ConstructorError, SafeConstructor

from automation.core.kinds import Manifest
from automation.core.shape import noun

_BEGINNING = re.compile(r"(?:\A|(?<=[\r\n]))(?:%[^\r\n]*[\r\n]+)*---(?=\s|\Z)")
"""A line that begins with --- begins a document wherever it stands, also in the middle of a text of several lines."""
_BLANK = re.compile(r"(?>\s+|#[^\r\n]*)*+")
_TEMPLATED = re.compile(r"^\s*(?:- )?(?:[\w.-]+: *)?\{\{", re.M)
"""A line or a value that begins with {{, as in the templates of a chart."""
_KIND = "write the object's kind, such as Canary, or move what is no object to a file of its own"
_DEEP = "it is nested deeper than can be read; make it flat"


@dataclass(frozen=True)
class Found:
    """An object, and where it stands: `shop.yaml`, `shop.yaml[2]` in the second document of a file, or
    `shop.yaml[2].items[0]`, the first item of a list."""

    origin: str
    document: Manifest


@dataclass(frozen=True)
class Broken:
    """What can't be read, and why."""

    origin: str
    problem: str

    def __str__(self) -> str:
        return f"{self.origin}: {self.problem}"


def manifests(origin: str, text: str) -> Iterator[Found | Broken]:
    """Each object of a source; lists are taken apart.

    What is no object among others is told. A source without any (values of a chart, say) has nothing for us.
    """
    loaded = [one for line, part in _parts(text) for one in _loaded(part, line)]
    several = sum(one is not None for one in loaded) > 1
    meant = any(map(_is_object, loaded))
    for number, one in enumerate(loaded, start=1):
        place = f"{origin}[{number}]"
        try:
            if isinstance(one, _Illegible) or (meant and one is not None):
                yield from list(_Reading().objects(place, one, "" if several else origin))
        except RecursionError:
            yield Broken(place, f"is not YAML: {_DEEP}")


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """The documents of a text, each with the number of lines before it."""
    starts = [match.start() for match in _BEGINNING.finditer(text)]
    first = starts[0] if starts else len(text)
    if not _BLANK.fullmatch(text, 0, first):
        starts.insert(0, 0)
    line = 0
    for start, end in pairwise([*starts, len(text)]):
        yield line, text[start:end]
        line += text.count("\n", start, end)


@dataclass(frozen=True)
class _Illegible:
    why: str


def _loaded(part: str, line: int) -> list[Any]:
    """The documents of a part (only one, but for what comes after an explicit end), or why the next can't be read.

    What libyaml has anything against is read again in Python, which says better where and why.
    """
    # JSON is indented by tabs too, and has none anywhere else.
    text = part.replace("\t", " ") if part.lstrip().startswith("{") else part
    with suppress(yaml.YAMLError, RecursionError, UnicodeError):
        return list(_documents(_QuickLoader(text)))
    found: list[Any] = []
    try:
        found.extend(_documents(_Loader(text)))  # what comes before something broken counts
    except yaml.YAMLError as broken:
        found.append(_Illegible(f"is not YAML: {_told(broken, part, line)}"))
    except RecursionError:
        found.append(_Illegible(f"is not YAML: {_DEEP}"))
    return found


def _documents(loader: _Loader | _QuickLoader) -> Iterator[Any]:
    while loader.check_data():  # type: ignore[no-untyped-call]
        yield loader.get_data()


def _told(broken: yaml.YAMLError, part: str, line: int) -> str:
    if isinstance(broken, yaml.MarkedYAMLError) and broken.problem_mark is not None:
        at = f"line {line + broken.problem_mark.line + 1}, column {broken.problem_mark.column + 1}"
        remedy = "indent by spaces" if "\\t" in str(broken.problem) else "mend it there"
        if _TEMPLATED.search(part):
            remedy = "a chart's template is rendered first: helm template CHART | sluice check -"
        return f"{at}: {broken.problem}; {remedy}"
    if isinstance(broken, yaml.reader.ReaderError):
        at = f"line {line + part.count(chr(10), 0, broken.position) + 1}"
        return f"{at}: character {broken.character!r} is not allowed; take it away"
    return " ".join(str(broken).split())


def _is_object(document: Any) -> bool:
    return isinstance(document, dict) and (
        isinstance(document.get("kind"), str) or {"apiVersion", "metadata"} <= document.keys()
    )


def _is_list(document: Any) -> bool:
    kind = document.get("kind") if isinstance(document, dict) else None
    return isinstance(kind, str) and (kind == "List" or (kind.endswith("List") and "items" in document))


class _Reading:
    """One document being taken apart. An item that is named again by an alias is the same object: it is taken once, so
    that lists of lists of aliases stay as small as their text."""

    def __init__(self) -> None:
        self._taken: set[tuple[int, str]] = set()

    def objects(self, origin: str, document: Any, alone: str = "") -> Iterator[Found | Broken]:
        """The objects of one document; `alone` is how it is called where its source has no other."""
        if isinstance(document, _Illegible):
            yield Broken(alone or origin, document.why)
        elif _is_list(document):
            yield from self._items(origin, document, alone)
        elif not isinstance(document, dict):
            yield Broken(
                alone or origin, f"is {noun(document)}, not an object; write it as fields and values"
            )
        elif isinstance(kind := document.get("kind"), str) and kind:
            yield Found(alone or origin, document)
        else:
            wrong = "is missing" if kind is None or kind == "" else f"is {noun(kind)}, not text"
            yield Broken(alone or origin, f"kind: {wrong}; {_KIND}")

    def _items(self, origin: str, document: Manifest, alone: str) -> Iterator[Found | Broken]:
        """The items of a list. Those of a `DeploymentList` need not say what they are: the API server lists them so."""
        items = document.get("items") or []
        if not isinstance(items, list):
            yield Broken(alone or origin, f"items: is {noun(items)}, not a list; write a list")
            return
        kind, version = document["kind"].removesuffix("List"), document.get("apiVersion")
        implied = {"apiVersion": version, "kind": kind} if kind else {}
        for index, item in enumerate(items):
            if isinstance(item, dict):
                if (id(item), kind) in self._taken:
                    continue
                self._taken.add((id(item), kind))
            whole = {**implied, **item} if kind and isinstance(item, dict) else item
            yield from self.objects(f"{origin}.items[{index}]", whole)


class _Strict(SafeConstructor):
    """Refuses what kubectl refuses or takes otherwise than its author may think."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if node in self.recursive_objects:
            raise ConstructorError(None, None, "it contains itself by an alias", node.start_mark)
        try:
            return super().construct_object(node, deep=True)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as wrong:
            raise ConstructorError(None, None, f"no value of {node.tag}: {wrong}", node.start_mark) from wrong

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        self._refuse_twice(node)
        super().flatten_mapping(node)
        named = [(self._name(key), value) for key, value in node.value]
        node.value = list({_key(key): (key, value) for key, value in named}.values())

    def _name(self, key: yaml.Node) -> yaml.Node:
        """The name of a field as text."""
        name = self.construct_object(key)
        if isinstance(name, bool | int | float):
            name = str(name).lower() if isinstance(name, bool) else str(name)
            return yaml.ScalarNode("tag:yaml.org,2002:str", name, key.start_mark, key.end_mark)
        if name is None:
            raise ConstructorError(None, None, "a field has no name", key.start_mark)
        return key

    def construct_text(self, node: yaml.ScalarNode) -> str:
        # JSON writes a character beyond the first 65,536 as two.
        return str(self.construct_scalar(node)).encode("utf-16", "surrogatepass").decode("utf-16")

    def _refuse_twice(self, node: yaml.MappingNode) -> None:
        first: dict[Hashable, yaml.Node] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and first.setdefault(_key(key), key) is not key:
                raise ConstructorError(None, None, f"the field {key.value} is there twice", key.start_mark)


for _tag in ("str", "timestamp", "value", "merge"):
    _Strict.add_constructor(f"tag:yaml.org,2002:{_tag}", _Strict.construct_text)  # type: ignore[type-var]


class _Loader(_Strict, yaml.SafeLoader):
    """All in Python."""


_Events: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class _QuickLoader(Composer, _Strict, _Events):  # type: ignore[misc]  # either of two
    """Events by libyaml, six times as fast. What they make up is put together in Python: libyaml's own way to do that
    has no bound for how deep something is nested, and takes the process with it."""

    def __init__(self, text: str) -> None:
        _Events.__init__(self, text)
        Composer.__init__(self)


def _key(key: yaml.Node) -> Hashable:
    return (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else id(key)
