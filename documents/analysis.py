"""Reads `spec.analysis`: how a Canary is judged and how its traffic moves."""

from __future__ import annotations

from itertools import pairwise

from automation.core.analysis import (
    BUILT_IN,
    DURATION,
    HOOK_TYPES,
    SUCCESS_RATE,
    Analysis,
    MetricCheck,
    TemplateRef,
    Webhook,
)
from automation.core.strategies.registry import DEFAULT, STRATEGIES
from automation.core.strategies.strategy import Strategy
from documents.section import Section


def read(section: Section, namespace: str, *, skipped: bool) -> Analysis:
    """The analysis of a Canary in `namespace`; one that is `skipped` may leave out how its traffic moves."""
    section.allow("iterations", "mirror", "mirrorWeight", "match", "sessionAffinity", *_moving_fields())
    strategy = _strategy(section)
    metrics = [_metric(metric, namespace) for metric in section.sections("metrics")]
    webhooks = [_webhook(webhook) for webhook in section.sections("webhooks")]
    analysis = Analysis(
        interval=section.seconds("interval", 60.0, least=1.0),
        threshold=max(1, section.whole("threshold", 1, least=-(2**31))),
        max_weight=section.whole("maxWeight", 100, most=100) or 100,
        step_weight=section.whole("stepWeight", 0, most=100),
        step_weights=section.wholes("stepWeights", least=1, most=100),
        step_weight_promotion=section.whole("stepWeightPromotion", 0, most=100),
        primary_ready_threshold=section.whole("primaryReadyThreshold", 100, most=100),
        canary_ready_threshold=section.whole("canaryReadyThreshold", 100, most=100),
        metrics=tuple(metrics),
        webhooks=tuple(webhooks),
        alerts=len(section.sections("alerts")),
        strategy=strategy.name,
        parameters={name: section.fields[name] for name in strategy.fields if name in section.fields},
    )
    section.close()
    _refuse_motionless(section, analysis.step_weights, skipped=skipped)
    return analysis


def _moving_fields() -> tuple[str, ...]:
    """The fields that say how traffic moves, one of which a document has."""
    return (*(name for strategy in STRATEGIES.values() for name in strategy.fields), "iterations")


def _strategy(section: Section) -> Strategy:
    asked = (s for s in STRATEGIES.values() if any(section.fields.get(name) for name in s.fields))
    return next(asked, STRATEGIES[DEFAULT])


def _refuse_motionless(section: Section, steps: tuple[int, ...], *, skipped: bool) -> None:
    moving = [name for name in _moving_fields() if section.fields.get(name)]
    if len(moving) > 1:
        section.refuse(moving[1], f"contradicts {moving[0]}", f"keep one of {', '.join(moving)}")
    if not moving and not skipped:
        section.refuse("stepWeight", "is missing, so no traffic would ever move", "set it, such as 10")
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
    """Refuses a check that no value can pass."""
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
    if check.minimum is not None and check.maximum is not None and check.minimum > check.maximum:
        section.refuse("thresholdRange", "min is larger than max", "no value can pass; swap or mend them")


def _webhook(section: Section) -> Webhook:
    section.flag("muteAlert")
    hook = Webhook(
        name=section.text("name", required=True),
        url=section.text("url", required=True),
        type=section.text("type", choices=("", *HOOK_TYPES)) or "rollout",
        timeout=section.seconds("timeout", 10.0) or 10.0,
        retries=section.whole("retries", 0),
        disable_tls=section.flag("disableTLS"),
        metadata=section.texts_by_name("metadata"),
    )
    section.close()
    if hook.url and not hook.url.startswith(("http://", "https://")):
        section.refuse("url", f"{hook.url!r} is not a web address", "begin it with http:// or https://")
    return hook
