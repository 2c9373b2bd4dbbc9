"""Reads the metrics of an AnalysisTemplate.

A number or duration may be an argument, `{{args.count}}`: it is looked at once its value is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from automation.core.conditions.condition import Condition
from automation.core.conditions.tokens import Malformed
from automation.core.field_path import FieldPath
from automation.core.instants import Instant
from automation.core.runs.metric import Metric
from documents.argo import vendors
from documents.argo.analysis import is_argument
from documents.section import Section

_COMING = ("kayenta", "skywalking", "plugin")


def read(section: Section) -> Metric:
    interval = _seconds(section, "interval")
    provider, settings = _provider(section.section("provider"))
    metric = Metric(
        name=section.text("name", required=True),
        provider=provider,
        settings=settings,
        interval=interval if interval else None,
        initial_delay=_seconds(section, "initialDelay"),
        count=_number(section, "count", 0),
        failure_limit=_number(section, "failureLimit", 0, least=-1),
        inconclusive_limit=_number(section, "inconclusiveLimit", 0),
        consecutive_error_limit=_number(section, "consecutiveErrorLimit", 4),
        consecutive_success_limit=_number(section, "consecutiveSuccessLimit", 0),
        success=_condition(section, "successCondition"),
        failure=_condition(section, "failureCondition"),
    )
    section.close()
    _refuse_hopeless(section, metric)
    return metric


def _seconds(section: Section, field: str) -> float:
    return 0.0 if is_argument(section.raw(field)) else section.seconds(field, 0.0)


def _number(section: Section, field: str, default: int, *, least: int = 0) -> int:
    """A whole number, which may be written as a text."""
    value = section.raw(field)
    if is_argument(value):
        return default
    if not isinstance(value, str):
        return section.whole(field, default, least=least)
    try:
        number = int(value)
    except ValueError:
        number = least - 1
    if number < least:
        section.refuse(field, f"{value!r} is out of bounds", f"use a whole number from {least} on")
        return default
    return number


def _condition(section: Section, field: str) -> Condition | None:
    text = section.text(field)
    if not text or is_argument(text):
        return None
    try:
        return Condition.parse(text)
    except Malformed as malformed:
        section.refuse(field, f"{text!r} can't be read: {malformed}", "mend it there")
        return None


def _provider(section: Section) -> tuple[str, Mapping[str, Any]]:
    named = [name for name in (*PROVIDERS, *_COMING) if name in section]
    section.allow(*PROVIDERS, *_COMING)
    section.close()
    known = f"use one of {', '.join(PROVIDERS)}"
    if not named:
        section.refuse(PROVIDERS[0], "is missing: nobody is asked", known)
    elif len(named) > 1:
        section.refuse(named[1], f"is there beside {named[0]}", "make a metric of each")
    elif named[0] not in PROVIDERS:
        section.refuse(named[0], "is not supported yet", known)
    else:
        _READERS[named[0]](section.section(named[0]))
    if len(named) != 1:
        return "", {}
    return named[0], section.section(named[0]).fields


def _prometheus(section: Section) -> None:
    section.text("address")
    section.text("query", required=True)
    section.whole("timeout")
    section.flag("insecure")
    _headers(section)
    _authentication(section.section("authentication"), "basicAuth", "oauth2", "sigv4")
    if "rangeQuery" in section:
        _range(section.section("rangeQuery"))
    section.allow("rangeQuery")
    section.close()


def _authentication(section: Section, *known: str) -> None:
    """A user and his password, a token that is fetched with a client's own, or AWS' signatures by the driver's keys."""
    for way in (way for way in known if way in section):
        inner = section.section(way)
        for field in _CREDENTIALS[way]:
            inner.text(field, required=True)
        for field in ("profile", "roleArn") if way == "sigv4" else ():
            if inner.text(field):
                inner.refuse(field, "is not taken on here", "give the driver's ServiceAccount that role")
        inner.allow("scopes")
        inner.close()
    section.allow(*known)
    section.close()


_CREDENTIALS: Mapping[str, tuple[str, ...]] = {
    "basicAuth": ("username", "password"),
    "oauth2": ("tokenUrl", "clientId", "clientSecret"),
    "sigv4": ("region",),
}


def _range(section: Section) -> None:
    for field in ("start", "end"):
        text = section.text(field, required=True)
        try:
            if text and not is_argument(text):
                Instant.parse(text)
        except ValueError as wrong:
            section.refuse(field, str(wrong), 'write it such as now() - duration("1h")')
    if not is_argument(section.text("step", required=True)):
        section.seconds("step", 0.0, least=0.001)
    section.close()


def _web(section: Section) -> None:
    url = section.text("url", required=True)
    section.text("method", choices=("GET", "POST", "PUT"))
    section.text("body")
    path = section.text("jsonPath")
    section.whole("timeoutSeconds")
    section.flag("insecure")
    _headers(section)
    _authentication(section.section("authentication"), "oauth2")
    section.allow("jsonBody")
    section.close()
    if url and not is_argument(url) and not url.startswith(("http://", "https://")):
        section.refuse("url", f"{url!r} is not a web address", "begin it with http:// or https://")
    if problem := _pathless(path):
        section.refuse("jsonPath", problem, "lead to one place by names and indexes, such as {$.data.ok}")
    if section.fields.get("body") and section.fields.get("jsonBody"):
        section.refuse("jsonBody", "is there beside body", "keep one of them")


def _job(section: Section) -> None:
    spec = section.section("spec")
    template = spec.section("template").section("spec")
    if "spec" not in section:
        section.refuse("spec", "is missing, so there is no Job to run", "give it the spec of a Job")
    elif not template.sections("containers"):
        spec.refuse("template.spec.containers", "is missing", "name at least one container")
    section.allow("metadata", "spec")
    section.close()


_READERS: Mapping[str, Callable[[Section], None]] = {
    "prometheus": _prometheus,
    "web": _web,
    "job": _job,
    **vendors.READERS,
}
PROVIDERS = tuple(_READERS)
"""Whom a release can ask."""


def _pathless(path: str) -> str:
    """Why a text is no path; empty for one that is, or depends on an argument."""
    try:
        FieldPath.parse("" if is_argument(path) else path)
    except ValueError as wrong:
        return f"{path!r} is not supported: {wrong}"
    return ""


def _headers(section: Section) -> None:
    for header in section.sections("headers"):
        header.text("key", required=True)
        header.text("value")
        header.close()


def _refuse_hopeless(section: Section, metric: Metric) -> None:
    """Argo's own rules: limits that contradict each other, and a repetition without a pace."""
    if metric.count > 1 and not section.fields.get("interval"):
        section.refuse("interval", "is missing though it is measured more than once", "set it, such as 30s")
    if not metric.consecutive_success_limit and metric.failure_limit < 0:
        section.refuse(
            "failureLimit",
            "is switched off, and so is consecutiveSuccessLimit: nothing would ever fail",
            "set one of them",
        )
    if metric.count and any(is_argument(section.fields.get(name)) for name in section.fields):
        return
    needed = max(metric.failure_limit, 0) + metric.consecutive_success_limit
    if metric.count and metric.count < needed:
        section.refuse(
            "count",
            f"{metric.count} is less than failureLimit and consecutiveSuccessLimit together ({needed})",
            "measure more often, or allow less",
        )
    if metric.count and metric.count < metric.inconclusive_limit:
        section.refuse("count", "is less than inconclusiveLimit", "measure more often, or allow less")
