"""Conditions and the bounds of a check: one says by comparisons what the other says by two numbers."""

from __future__ import annotations

from dataclasses import dataclass

from automation.core.conditions.condition import Condition
from automation.core.conditions.parser import RESULT
from automation.core.conditions.syntax import Binary, Constant, Member, Name, Node, Unary
from automation.core.conditions.values import is_number
from automation.core.runs.metric import Metric

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True)
class Bounds:
    """What passes, both inclusive; None where there is no bound. Not `exact`: a bound itself does not pass, and does
    by these."""

    minimum: float | None = None
    maximum: float | None = None
    exact: bool = True


def of_metric(metric: Metric) -> Bounds | None:
    """The bounds outside of which a metric is not successful; None where its conditions say something else."""
    comparisons: list[tuple[str, float]] = []
    for condition, meant in ((metric.success, True), (metric.failure, False)):
        found = [] if condition is None else _comparisons(condition.tree, meant)
        if found is None:
            return None
        comparisons += found
    least = [value for sign, value in comparisons if sign[0] == ">"]
    most = [value for sign, value in comparisons if sign[0] == "<"]
    exact = all(sign in ("<=", ">=") for sign, _ in comparisons)
    return Bounds(max(least, default=None), min(most, default=None), exact)


def _comparisons(tree: Node, meant: bool) -> list[tuple[str, float]] | None:
    """The comparisons that all have to hold for the tree to be what is meant; None if they can't be told so."""
    both = ("&&", "and") if meant else ("||", "or")
    match tree:
        case Binary(sign, left, right) if sign in both:
            one, other = _comparisons(left, meant), _comparisons(right, meant)
            return None if one is None or other is None else one + other
        case Unary("!" | "not", inner):
            return _comparisons(inner, not meant)
        case Binary(sign, left, right) if sign in _TURNED:
            compared = _compared(sign, left, right)
            return compared and [(compared[0] if meant else _OPPOSITE[compared[0]], compared[1])]
    return None


def _compared(sign: str, left: Node, right: Node) -> tuple[str, float] | None:
    if _is_result(left) and (value := _number(right)) is not None:
        return sign, value
    if _is_result(right) and (value := _number(left)) is not None:
        return _TURNED[sign], value
    return None


def _is_result(tree: Node) -> bool:
    """The result, or the first of several."""
    match tree:
        case Name(name):
            return name == RESULT
        case Member(Name(name), Constant(0)):
            return name == RESULT
    return False


def _number(tree: Node) -> float | None:
    match tree:
        case Constant(value) if is_number(value):
            return value  # type: ignore[return-value]
        case Unary("-", Constant(value)) if is_number(value):
            return -value  # type: ignore[operator]
    return None


def condition(minimum: float | None, maximum: float | None) -> str:
    """The condition of a check with these bounds; "" where every value passes."""
    said = [
        f"result[0] {sign} {bound:.12g}"
        for sign, bound in ((">=", minimum), ("<=", maximum))
        if bound is not None
    ]
    text = " && ".join(said)
    return Condition.parse(text).text if text else ""
