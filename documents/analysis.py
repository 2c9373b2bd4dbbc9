"""Reads `spec.analysis`: how a Canary is judged and how its traffic moves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import get_args

from automation.core.alerts import Severity, Subscription
from automation.core.analysis import (
    BUILT_IN,
    DURATION,
    HOOK_TYPES,
    SUCCESS_RATE,
    Affinity,
    Analysis,
    Failure,
    MetricCheck,
    SecretRef,
    TemplateRef,
    Webhook,
)
from automation.core.names import LABEL
from automation.core.shape import Rule
from automation.core.strategies.registry import DEFAULT, STRATEGIES
from documents import gate_rules, matches
from documents.section import Section

COOKIE = Rule(
    lambda name: re.fullmatch(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+", name) is not None,
    "the name of a cookie",
    "use letters, digits, dashes, underscores and dots",
)
"""A token (RFC 6265, 4.1.1)."""
OURS = ("gates", "onFailure", "noTraffic", "chosen")
"""Fields that the model doesn't have."""
SIGNING_KEY = "key"
"""The key of a Secret that holds what calls are signed with, unless the document names another."""


def read(section: Section, namespace: str, *, skipped: bool) -> Analysis:
    """The analysis of a Canary in `namespace`; one that is `skipped` may leave out how its traffic moves."""
    strategy = next((s for s in STRATEGIES.values() if s.asked(section.fields)), STRATEGIES[DEFAULT])
    moving = {name for one in STRATEGIES.values() for name in one.fields}
    section.allow(*moving)
    metrics = [_metric(metric, namespace) for metric in section.sections("metrics")]
    webhooks = [_webhook(webhook, namespace) for webhook in section.sections("webhooks")]
    analysis = Analysis(
        interval=section.seconds("interval", 60.0, least=1.0),
        threshold=max(1, section.whole("threshold", 1)),
        max_weight=section.whole("maxWeight", 100, most=100) or 100,
        step_weight=section.whole("stepWeight", 0, most=100),
        step_weights=section.wholes("stepWeights", least=1, most=100),
        step_weight_promotion=section.whole("stepWeightPromotion", 0, most=100),
        primary_ready_threshold=section.whole("primaryReadyThreshold", 100, most=100),
        canary_ready_threshold=section.whole("canaryReadyThreshold", 100, most=100),
        metrics=tuple(metrics),
        webhooks=tuple(webhooks),
        gates=gate_rules.read(section.section("gates")),
        on_failure=_on_failure(section),
        waits_for_traffic=section.text("noTraffic", choices=("", "fail", "wait")) == "wait",
        alerts=tuple(_subscription(alert, namespace) for alert in section.sections("alerts")),
        strategy=strategy.name,
        parameters={name: section.fields[name] for name in strategy.fields if name in section.fields},
        ignored=tuple(sorted(name for name in moving - {*strategy.fields} if section.fields.get(name))),
        iterations=section.whole("iterations", 0),
        match=matches.read(section),
        chosen=matches.chosen(section),
        mirror=_mirrored(section),
        affinity=_affinity(section.section("sessionAffinity")) if "sessionAffinity" in section else None,
    )
    section.allow("sessionAffinity")
    section.close()
    if not strategy.asked(section.fields) and not skipped:
        section.refuse("stepWeight", "is missing, so no traffic would ever move", "set it, such as 10")
    _refuse_falling(section, analysis.step_weights)
    if analysis.chosen and analysis.affinity:
        section.refuse("chosen", "goes with no sessionAffinity", "leave one of them out")
    return analysis


def _on_failure(section: Section) -> Failure:
    match section.text("onFailure", choices=("", *get_args(Failure))):
        case "freeze":
            return "freeze"
        case "freezeAtZero":
            return "freezeAtZero"
        case _:
            return "rollback"


def _mirrored(section: Section) -> int:
    """The percentage of requests that is mirrored: all of them, unless `mirrorWeight` says how many."""
    weight = section.whole("mirrorWeight", 0, most=100)
    return (weight or 100) if section.flag("mirror") else 0


def _affinity(section: Section) -> Affinity:
    """In the order in which Flagger writes the attributes of its cookies."""
    affinity = Affinity(
        cookie=section.named("cookieName", COOKIE, required=True),
        primary_cookie=section.named("primaryCookieName", COOKIE),
        max_age=section.whole("maxAge", 0) or Affinity.max_age,
        attributes="; ".join(_attributes(section)),
    )
    section.close()
    return affinity


def _attributes(section: Section) -> Iterator[str]:
    if domain := section.text("domain"):
        yield f"Domain={domain}"
    if section.flag("httpOnly"):
        yield "HttpOnly"
    if section.flag("partitioned"):
        yield "Partitioned"
    if path := section.text("path"):
        yield f"Path={path}"
    if same_site := section.text("sameSite", choices=("", "Strict", "Lax", "None")):
        yield f"SameSite={same_site}"
    if section.flag("secure"):
        yield "Secure"


def _refuse_falling(section: Section, steps: tuple[int, ...]) -> None:
    if any(later <= earlier for earlier, later in pairwise(steps)):
        section.refuse(
            "stepWeights", "does not rise", "list the canary's weights from the lowest to the highest"
        )


def _metric(section: Section, namespace: str) -> MetricCheck:
    name = section.text("name", required=True)
    bounds = section.section("thresholdRange")
    minimum, maximum = _bounds(name, bounds.number("min"), bounds.number("max"), section.number("threshold"))
    bounds.close()
    scope = section.text("scope", "canary", choices=("canary", "route"))
    section.seconds("interval", 60.0, least=1.0)
    check = MetricCheck(
        name=name,
        interval=section.text("interval") or "1m",
        minimum=minimum,
        maximum=maximum,
        query=section.text("query") or None,
        template=_template(section, namespace),
        variables=section.texts_by_name("templateVariables"),
        scope="route" if scope == "route" else "canary",
        least_requests=section.whole("minRequests", 0),
    )
    section.close()
    _refuse_hopeless(section, check)
    return check


def _bounds(
    name: str, minimum: float | None, maximum: float | None, single: float | None
) -> tuple[float | None, float | None]:
    """Both bounds of a check; without a range the model's single `threshold` is one of them, 0 unless given."""
    if minimum is not None or maximum is not None:
        return minimum, maximum
    if name == SUCCESS_RATE:
        return single or 0.0, None
    return None, single or 0.0


def _template(section: Section, namespace: str) -> TemplateRef | None:
    if "templateRef" not in section:
        section.allow("templateRef")
        return None
    reference = section.section("templateRef")
    template = TemplateRef(reference.text("name", required=True), reference.text("namespace") or namespace)
    reference.close()
    return template


def _refuse_hopeless(section: Section, check: MetricCheck) -> None:
    """Refuses a check that no value can pass, and one whose requests nobody counts."""
    if check.least_requests and not check.built_in:
        section.refuse(
            "minRequests", "counts requests of built-in checks alone", "let the query itself ask for enough"
        )
    if check.name and check.name not in BUILT_IN and not check.query and not check.template:
        section.refuse(
            "name",
            f"no usable metrics template and query were configured for {check.name!r}",
            f"add templateRef, or use one of the built-in names {', '.join(BUILT_IN)}",
        )
    if check.built_in and check.name == DURATION and check.maximum is not None and check.maximum < 1:
        section.refuse(
            "thresholdRange.max",
            f"{check.maximum:g} is less than one millisecond, so the check can never pass",
            "the unit is milliseconds: write 500 for half a second",
        )
    if check.built_in and check.name == SUCCESS_RATE and check.minimum is not None and check.minimum > 100:
        section.refuse(
            "thresholdRange.min",
            f"{check.minimum:g} is more than all requests, so the check can never pass",
            "the unit is percent: write 99 for all but one of a hundred",
        )
    if check.minimum is not None and check.maximum is not None and check.minimum > check.maximum:
        section.refuse("thresholdRange", "min is larger than max", "no value can pass; swap or mend them")


def _webhook(section: Section, namespace: str) -> Webhook:
    hook = Webhook(
        name=section.text("name", required=True),
        url=section.address("url", required=True),
        type=section.text("type", choices=("", *HOOK_TYPES)) or "rollout",
        timeout=section.seconds("timeout", 10.0) or 10.0,
        retries=section.whole("retries", 0),
        disable_tls=section.flag("disableTLS"),
        metadata=section.texts_by_name("metadata"),
        headers=_secret(section, "headersSecretRef", namespace),
        signature=_secret(section, "signatureSecretRef", namespace, key=SIGNING_KEY),
        mute_alert=section.flag("muteAlert"),
    )
    section.close()
    return hook


def _subscription(section: Section, namespace: str) -> Subscription:
    section.text("name", required=True)
    if "providerRef" not in section:
        section.refuse("providerRef", "is missing", "name the AlertProvider that the alert is sent to")
    reference = section.section("providerRef")
    where = reference.named("namespace", LABEL) or namespace
    named = reference.named("name", required="providerRef" in section)
    severity = section.text("severity", choices=("", *Severity)) or Severity.INFO
    reference.close()
    section.close()
    return Subscription(named, where, Severity(severity))


def _secret(section: Section, field: str, namespace: str, *, key: str = "") -> SecretRef | None:
    """A Secret of the Canary's namespace; `key` is the one that is meant unless the document names another, if any."""
    if field not in section:
        section.allow(field)
        return None
    reference = section.section(field)
    secret = SecretRef(
        reference.named("name", required=True), namespace, key and (reference.text("key") or key)
    )
    reference.close()
    return secret
