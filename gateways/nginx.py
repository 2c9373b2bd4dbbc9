"""NGINX: an Ingress beside the user's, which annotations mark as its canary.

The user's Ingress is only read. It leads to the apex Service, and so to primary; ingress-nginx sends the share of
requests that the annotations say, or those that they choose, to the canary's Service instead. It can choose by one
header and one cookie, each in a rule of its own. Header `cookie` with `exact` names the cookie, as in Flagger, and its
users are chosen for as long as its value is `always`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from automation.core.analysis import DURATION, REQUESTS, SUCCESS_RATE
from automation.core.kinds import Manifest
from automation.core.refusal import Problem, Refused
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import Traffic
from gateways import ingress
from gateways.chosen import rules_of
from gateways.counted import over
from gateways.gateway import Carried, Gateway, Marks
from gateways.ingress_copy import IngressCopy, annotations_of, annotations_of_people

CANARY = "nginx.ingress.kubernetes.io/canary"
"""The annotation that makes an Ingress a canary; those that say how begin with it."""
WEIGHT, TOTAL = f"{CANARY}-weight", f"{CANARY}-weight-total"
BY_HEADER, BY_COOKIE = f"{CANARY}-by-header", f"{CANARY}-by-cookie"
_COMPARED: Mapping[str, str] = {"exact": f"{BY_HEADER}-value", "regex": f"{BY_HEADER}-pattern"}
"""The annotation for what a header is compared with, by the words of `analysis.match`."""
_COOKIE_NAME = re.compile(r"[A-Za-z0-9_-]+")
_ALWAYS = "nginx takes who has a cookie of a name, its value `always`, whatever else the header says"
_NAME_IT = "write the cookie's name as exact, and give chosen users that cookie with the value always"
_UNSEEN = (
    "While no user's request reaches the canary nginx counts none of its answers: built-in checks look at the whole "
    "Ingress until then"
)

_WHOLE = 'namespace="{{ namespace }}",ingress="{{ ingress }}"'
_CANARY = f'{_WHOLE},canary!=""'
_REQUESTS, _DURATION = (
    "nginx_ingress_controller_requests",
    "nginx_ingress_controller_response_duration_seconds",
)


class Nginx(IngressCopy):
    """ingress-nginx by the annotations of a second Ingress."""

    provider = "nginx"
    ruled = ("f:metadata", "f:annotations", f"f:{WEIGHT}")
    carries = frozenset({"weights", "match"})

    def unable(self, canary: Canary) -> tuple[Problem, ...]:
        return tuple(_unable(canary)) if canary.analysis.strategy == "ab" else ()

    def problems(self, canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
        if source is not None and annotations_of(source).get(CANARY) == "true":
            problem = f"ingress {source['metadata']['name']} is itself the canary of another"
            return (Problem(f"metadata.annotations.{CANARY}", problem, "name the other in spec.ingressRef"),)
        return ingress.problems(canary, source)

    def left_alone(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        if source is None or self.problems(canary, source):
            return ()
        unseen = (_UNSEEN,) if canary.analysis.strategy == "blue-green" else ()
        return (*unseen, *ingress.left_alone(canary, source))

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        """Only what leads to the application: ingress-nginx may take a backend that stands in a canary Ingress, too,
        for a canary's alone, and then its users get no answer."""
        if problems := self.problems(canary, source):
            raise Refused(problems)
        assert source is not None
        said = {**_not_canary(annotations_of_people(source)), **_annotations(traffic)}
        return self.copied(canary, source, said, ingress.to_canary(canary, source), marks)

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        said = annotations_of(route)
        chosen = BY_HEADER in said or BY_COOKIE in said
        weight = _percent(said.get(WEIGHT))
        exact = (said.get(CANARY), said.get(WEIGHT)) == ("true", "0" if chosen else str(weight))
        return Carried(Traffic(100 if chosen else weight), exact and TOTAL not in said)

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        changed = copy.deepcopy(route)
        changed["metadata"]["annotations"] = {**_not_canary(annotations_of(route)), **_annotations(traffic)}
        return changed

    def query(self, canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
        """ingress-nginx labels the canary's answers, so it is judged by these alone, its duration by the 99th
        percentile. Scope `route` takes Flagger's mean, and the whole Ingress while the canary answers nobody."""
        if check.name == DURATION and check.scope == "canary":
            buckets = over(f"{_DURATION}_bucket{{{_CANARY}}}")
            return f"histogram_quantile(0.99, {buckets} by (le)) * 1000"
        written = {SUCCESS_RATE: _success_rate, DURATION: _mean, REQUESTS: _requests}[check.name]
        if check.scope == "route":
            return f"({written(_CANARY)}) or ({written(_WHOLE)})"
        return written(_CANARY)


NGINX: Gateway = Nginx()


def _success_rate(series: str) -> str:
    """A canary that fails every request has no series of good ones: that is a success rate of 0, not a missing one."""
    good = over(f'{_REQUESTS}{{{series},status!~"5.*"}}')
    return f"({good} or vector(0)) / ({over(f'{_REQUESTS}{{{series}}}')} > 0) * 100"


def _requests(series: str) -> str:
    return over(f"{_REQUESTS}{{{series}}}", "increase")


def _mean(series: str) -> str:
    total, count = (over(f"{_DURATION}_{part}{{{series}}}") for part in ("sum", "count"))
    return f"{total} / ({count} > 0) * 1000"


def _annotations(traffic: Traffic) -> dict[str, str]:
    """What makes an Ingress a canary that gets this traffic. Whom no header or cookie chooses goes by the weight."""
    chosen = dict(_chosen(traffic)) if traffic.canary else {}
    return {CANARY: "true", WEIGHT: str(traffic.weight), **chosen}


def _chosen(traffic: Traffic) -> Iterator[tuple[str, str]]:
    """The annotations that choose requests."""
    for name, condition in (found for _, *found in _conditions(rules_of(traffic.match))):
        if _is_cookie(name):
            yield BY_COOKIE, condition["exact"]
            continue
        yield BY_HEADER, name
        for way, text in condition.items():
            yield _COMPARED[way], text


def _conditions(rules: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Any, Any]]:
    """Each header that is compared: the index of its rule, its name, and with what."""
    for index, rule in enumerate(rules):
        for name, condition in rule.get("headers", {}).items():
            yield index, name, condition


def _is_cookie(name: str) -> bool:
    return name.lower() == "cookie"


def _unable(canary: Canary) -> Iterator[Problem]:
    """What ingress-nginx has no annotation for. It takes who meets one of its conditions."""
    rules = rules_of(canary.analysis.match)
    for index, rule in enumerate(rules):
        path = f"spec.analysis.match[{index}]"
        for field, what in (
            ("queryParams", "query parameters"),
            ("sourceLabels", "the labels of who sends them"),
        ):
            if field in rule:
                yield Problem(
                    f"{path}.{field}", f"nginx can't tell requests by {what}", "match a header or a cookie"
                )
        if len(rule.get("headers", {})) > 1:
            problem = f"nginx would take who meets one of {' and '.join(rule['headers'])}, not both"
            yield Problem(f"{path}.headers", problem, "match by one of them, or give each a rule of its own")
    taken: dict[bool, int] = {}
    for index, name, condition in _conditions(rules):
        path = f"spec.analysis.match[{index}].headers.{name}"
        yield from _incomparable(path, name, condition)
        first = taken.setdefault(_is_cookie(name), index)
        if first != index:
            noun = "cookie" if _is_cookie(name) else "header"
            problem = f"nginx can look at one {noun} only, and match[{first}] names one"
            yield Problem(path, problem, "leave one of these rules")


def _incomparable(path: str, name: str, condition: Mapping[str, str]) -> Iterator[Problem]:
    for way, text in condition.items():
        if _is_cookie(name):
            if way != "exact" or not _COOKIE_NAME.fullmatch(text):
                yield Problem(f"{path}.{way}", _ALWAYS, _NAME_IT)
        elif way not in _COMPARED:
            pattern = f"^{re.escape(text)}" if way == "prefix" else f"{re.escape(text)}$"
            yield Problem(f"{path}.{way}", f"nginx can't compare by {way}", f"write regex: {pattern}")


def _percent(text: str | None) -> int:
    return min(int(text), 100) if text and text.isdecimal() else 0


def _not_canary(annotations: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in annotations.items() if not name.startswith(CANARY)}
