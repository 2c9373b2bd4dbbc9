"""The annotation `pulumi.com/waitFor`: readiness told by a person. Pure.

`jsonpath={.a.b[0].c}` waits for a value to be there, `jsonpath={.a}=text` for a certain one, and
`condition=Type[=Status]` for a status condition. A JSON array holds several that must all hold. What a controller
said before it saw the object's generation does not count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from engine.kubernetes.objects import WAIT_FOR, Object, at
from engine.kubernetes.waits.rule import READY, Rule, Verdict, View, waiting
from engine.provider import ProviderError

Test: TypeAlias = Callable[[Object], bool]

_PATH = re.compile(r"\{\s*\$?(?P<path>.*?)\s*\}(=(?P<value>.+))?")
_STEP = re.compile(
    r"""\.?(?P<name>[\w/-]+(?:\\\.[\w/-]+)*)        # .name, dots in it escaped
      | \[(?P<index>-?\d+|\*)\]                     # [0], [*]
      | \[['"](?P<key>[^'"]+)['"]\]                 # ['key']
      | \[\?\(?(?P<filter>[^\]()]+)\)?\]            # [?(@.type=="Ready" || @.type=="Done")]
    """,
    re.VERBOSE,
)
_COMPARISON = re.compile(
    r"""\s*@\.(?P<field>[\w.-]+)\s*(?P<operator>==|!=)\s*['"]?(?P<value>[^'"]*?)['"]?\s*"""
)


def rule_of(annotation: str) -> Rule:
    """The rule that an annotation describes. Raises `ProviderError` for one that can't be understood."""
    expressions = _listed(annotation)
    tests = [(text, _test(text)) for text in expressions]

    def judge(view: View) -> Verdict:
        missing = [text for text, test in tests if not test(view.live)]
        return (
            waiting(f"Waiting for {missing[0]}", *(f"{text} does not hold" for text in missing))
            if missing
            else READY
        )

    return Rule(judge)


def _listed(annotation: str) -> list[str]:
    if not annotation.lstrip().startswith("["):
        return [annotation]
    try:
        expressions = json.loads(annotation)
    except ValueError as error:
        raise _refusal(annotation, f"is not valid JSON: {error}") from error
    if not expressions or not all(isinstance(text, str) for text in expressions):
        raise _refusal(annotation, "has to be an array of texts")
    return list(expressions)


def _test(text: str) -> Test:
    kind, _, rest = text.partition("=")
    if kind == "condition" and rest:
        type, _, status = rest.partition("=")
        return lambda live: _has_condition(live, type, status or "True")
    match = _PATH.fullmatch(rest)
    if kind != "jsonpath" or not match:
        raise _refusal(text, "is neither `jsonpath={.path}[=value]` nor `condition=Type[=Status]`")
    steps, wanted = _steps(match["path"], text), match["value"]
    return lambda live: _is_observed(live) and _holds(_values([live], steps), wanted)


def _has_condition(live: Object, type: str, status: str) -> bool:
    for found in at(live, "status", "conditions", default=[]):
        if str(found.get("type")).lower() == type.lower():
            said = str(found.get("status")).lower() == status.lower()
            return said and _is_observed(live, found.get("observedGeneration"))
    return False


def _is_observed(live: Object, generation: int | None = None) -> bool:
    """Whether what is said was said of the object as it is now; what names no generation always is."""
    observed = at(live, "status", "observedGeneration") if generation is None else generation
    return observed is None or bool(observed >= at(live, "metadata", "generation", default=0))


def _steps(path: str, text: str) -> list[re.Match[str]]:
    steps, position = [], 0
    while position < len(path):
        match = _STEP.match(path, position)
        if not match or match.end() == position:
            raise _refusal(text, f"has a path that is not understood at `{path[position:]}`")
        if match["filter"] and not all(map(_COMPARISON.fullmatch, re.split(r"&&|\|\|", match["filter"]))):
            raise _refusal(text, f"has a filter that is not understood: `{match['filter']}`")
        steps.append(match)
        position = match.end()
    return steps


def _values(values: list[Any], steps: list[re.Match[str]]) -> list[Any]:
    for step in steps:
        values = [found for value in values for found in _step(value, step)]
    return values


def _step(value: Any, step: re.Match[str]) -> list[Any]:
    name = (step["name"] or "").replace("\\.", ".") or step["key"]
    if name:
        return [value[name]] if isinstance(value, dict) and name in value else []
    if not isinstance(value, list):
        return []
    if step["filter"]:
        return [item for item in value if _passes(item, step["filter"])]
    if step["index"] == "*":
        return value
    index = int(step["index"])
    return [value[index]] if -len(value) <= index < len(value) else []


def _passes(item: Any, condition: str) -> bool:
    return any(all(_agrees(item, term) for term in part.split("&&")) for part in condition.split("||"))


def _agrees(item: Any, term: str) -> bool:
    match = _COMPARISON.fullmatch(term)
    assert match is not None, "filters are checked when they are read"
    same = _text(at(item, *match["field"].split("."))) == match["value"]
    return same is (match["operator"] == "==")


def _holds(found: list[Any], wanted: str | None) -> bool:
    """Of several values the first one counts."""
    return bool(found) and (wanted is None or _text(found[0]) == wanted)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _refusal(text: str, reason: str) -> ProviderError:
    return ProviderError(f"the annotation {WAIT_FOR} {reason} (it is: {text})")
