"""What a metric's answer says about the canary, in numbers and in the model's words."""

import math
from collections.abc import Mapping

from automation.core.analysis import DURATION, SUCCESS_RATE, MetricCheck
from automation.core.durations import shown
from automation.core.evidence import CheckResult
from automation.core.observation import Answer, Measured, NothingMeasured
from automation.core.spec import Canary


def judge(canary: Canary, check: MetricCheck, answer: Answer) -> CheckResult:
    """Pass or fail one check. `detail` of a failed one is its event text, of a passed one a few words.

    Nothing measured and a failed query are failed checks: what was not seen to be good is not good.
    """
    if not isinstance(answer, Measured) or math.isnan(answer.value):
        return _result(check, _unanswered(canary, check, answer), passed=False)
    failure = _out_of_bounds(check, answer.value)
    said = f"Halt {canary.full_name} advancement {failure}" if failure else _quantity(check, answer.value)
    return _result(check, said, passed=not failure, value=answer.value)


def _result(check: MetricCheck, detail: str, *, passed: bool, value: float | None = None) -> CheckResult:
    return CheckResult(check.name, "metric", passed, value, check.minimum, check.maximum, detail)


def _out_of_bounds(check: MetricCheck, value: float) -> str:
    """The comparison that does not hold, such as "success rate 98.00% < 99%"; "" if all hold."""
    if check.minimum is not None and value < check.minimum:
        return f"{_quantity(check, value)} < {_bound(check, check.minimum)}"
    if check.maximum is not None and value > check.maximum:
        return f"{_quantity(check, value)} > {_bound(check, check.maximum)}"
    return ""


def _quantity(check: MetricCheck, value: float) -> str:
    if check.built_in and check.name == SUCCESS_RATE:
        return f"success rate {_two_digits(value)}%"
    if check.built_in and check.name == DURATION:
        return f"request duration {_milliseconds(value)}"
    return f"{check.name} {_two_digits(value)}"


def _bound(check: MetricCheck, bound: float) -> str:
    if check.built_in and check.name == DURATION:
        return _milliseconds(bound)
    return _shortest(bound) + ("%" if check.built_in else "")


def _milliseconds(value: float) -> str:
    return _infinite(value) if math.isinf(value) else shown(int(value))


def _two_digits(value: float) -> str:
    return _infinite(value) if math.isinf(value) else f"{value:.2f}"


def _infinite(value: float) -> str:
    return "+Inf" if value > 0 else "-Inf"


def _shortest(value: float) -> str:
    """A bound as the document writes it: 99 and 99.5, not 99.0."""
    if math.isinf(value):
        return _infinite(value)
    return str(int(value)) if value == int(value) else repr(value)


def _unanswered(canary: Canary, check: MetricCheck, answer: Answer) -> str:
    detail = "no values found" if isinstance(answer, Measured) else answer.detail
    if isinstance(answer, Measured | NothingMeasured):
        return _nothing(canary, check, detail)
    if check.template:
        return f"Metric query failed for {check.name}: {detail}"
    if check.built_in:
        return f"Prometheus query failed: running query failed: {detail}"
    return f"Prometheus query failed for {check.name}: {detail}"


def _nothing(canary: Canary, check: MetricCheck, detail: str) -> str:
    if check.template:
        return f"Halt advancement no values found for custom metric: {check.name}: {detail}"
    if not check.built_in:
        return f"Halt advancement no values found for metric: {check.name}"
    told = f"Halt advancement no values found for {canary.provider} metric {check.name} probably "
    told += f"{canary.target_full_name} is not receiving traffic"
    return f"{told}: running query failed: {detail}" if check.name == SUCCESS_RATE else told


def doubt(check: MetricCheck, answers: Mapping[MetricCheck, Answer]) -> str:
    """Why a check probably can't work, judged by what it measures on the healthy primary; "" if it may.

    Only checks with a query of their own are doubted: the built-in ones see nothing while there is no canary.
    """
    answer = answers.get(check)
    if check.built_in or not isinstance(answer, Measured) or not _out_of_bounds(check, answer.value):
        return ""
    return (
        f"Metric {check.name} fails on the healthy primary: {_out_of_bounds(check, answer.value)}. "
        + _remedy(check, answer.value)
    )


def _remedy(check: MetricCheck, value: float) -> str:
    if check.maximum is not None and value > check.maximum and check.maximum < 50 <= value <= 100:
        return "It seems to measure the share of good requests: give it thresholdRange.min, or turn its query around"
    return "Mend its query or its thresholdRange, or every release will be rolled back"
