"""How a Canary is judged and how its traffic moves: `spec.analysis` and what stands in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from automation.core.section import Section

SUCCESS_RATE = "request-success-rate"
DURATION = "request-duration"
BUILT_IN = (SUCCESS_RATE, DURATION)
HOOK_TYPES = (
    "rollout",
    "pre-rollout",
    "confirm-rollout",
    "confirm-traffic-increase",
    "confirm-promotion",
    "post-rollout",
    "rollback",
    "event",
)
Scope = Literal["canary", "route"]


@dataclass(frozen=True)
class TemplateRef:
    """A MetricTemplate; `namespace` is the Canary's unless the document names another."""

    name: str
    namespace: str


@dataclass(frozen=True)
class MetricCheck:
    """One metric and its bounds, both inclusive: a value outside of them is a failed check.

    Bounds are percent for the success rate, milliseconds for the duration, and the query's own unit otherwise.
    `interval` is the window of the query as the document writes it. `scope` says whether the built-in queries
    look at the canary's pods alone or at the whole route as the model does.
    """

    name: str
    interval: str = "1m"
    minimum: float | None = None
    maximum: float | None = None
    query: str | None = None
    template: TemplateRef | None = None
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    scope: Scope = "canary"

    @property
    def built_in(self) -> bool:
        return self.name in BUILT_IN and self.template is None

    @property
    def key(self) -> str:
        """By which a check is told from the others of its Canary."""
        return f"{self.name}/{self.template.namespace}/{self.template.name}" if self.template else self.name

    @classmethod
    def read(cls, section: Section, namespace: str) -> "MetricCheck":
        name = section.text("name", required=True)
        bounds = section.section("thresholdRange")
        minimum, maximum = _bounds(
            name, bounds.number("min"), bounds.number("max"), section.number("threshold")
        )
        bounds.close()
        scope = section.text("scope", "canary", choices=("canary", "route"))
        section.seconds("interval", 60.0, least=1.0)
        check = cls(
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
        check._refuse_hopeless(section)
        return check

    def _refuse_hopeless(self, section: Section) -> None:
        if self.name not in BUILT_IN and not self.query and not self.template:
            section.refuse(
                "name",
                f"no usable metrics template and query were configured for {self.name!r}",
                f"add templateRef, or use one of the built-in names {', '.join(BUILT_IN)}",
            )
        if self.built_in and self.name == DURATION and self.maximum is not None and self.maximum < 1:
            section.refuse(
                "thresholdRange.max",
                f"{self.maximum:g} is less than one millisecond, so the check can never pass",
                "the unit is milliseconds: write 500 for half a second",
            )
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            section.refuse("thresholdRange", "min is larger than max", "no value can pass; swap or mend them")


@dataclass(frozen=True)
class Webhook:
    """A hook that is called with a POST. `timeout` is in seconds and for each attempt."""

    name: str
    url: str
    type: str = "rollout"
    timeout: float = 10.0
    retries: int = 0
    disable_tls: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def read(cls, section: Section) -> "Webhook":
        section.flag("muteAlert")
        hook = cls(
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


@dataclass(frozen=True)
class Analysis:
    """`interval` in seconds, weights and ready thresholds in percent, `threshold` in failed checks of one run.
    `alerts` counts the alerts that the document asks for."""

    interval: float = 60.0
    threshold: int = 1
    max_weight: int = 100
    step_weight: int = 0
    step_weights: tuple[int, ...] = ()
    step_weight_promotion: int = 0
    primary_ready_threshold: int = 100
    canary_ready_threshold: int = 100
    metrics: tuple[MetricCheck, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    alerts: int = 0

    @property
    def checks(self) -> tuple[MetricCheck, ...]:
        """The metric checks in the order in which they are judged: built-in and inline ones, then templates.

        A metric named like a built-in one that also has a template is judged both ways.
        """
        direct = [m for m in self.metrics if m.template is None or m.name in BUILT_IN or m.query]
        templated = [m for m in self.metrics if m.template is not None]
        return (*(replace(m, template=None) for m in direct), *templated)

    @property
    def own_checks(self) -> tuple[MetricCheck, ...]:
        """The checks that bring a query of their own."""
        return tuple(check for check in self.checks if not check.built_in)

    def hooks(self, kind: str) -> tuple[Webhook, ...]:
        return tuple(hook for hook in self.webhooks if hook.type == kind)

    @classmethod
    def read(cls, section: Section, namespace: str, *, skipped: bool) -> "Analysis":
        section.allow("iterations", "mirror", "mirrorWeight", "match", "sessionAffinity")
        metrics = [MetricCheck.read(metric, namespace) for metric in section.sections("metrics")]
        webhooks = [Webhook.read(webhook) for webhook in section.sections("webhooks")]
        analysis = cls(
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
        )
        section.close()
        analysis._refuse_motionless(section, skipped=skipped)
        return analysis

    def _refuse_motionless(self, section: Section, *, skipped: bool) -> None:
        moving = [name for name in ("stepWeight", "stepWeights", "iterations") if section.fields.get(name)]
        if len(moving) > 1:
            section.refuse(moving[1], f"contradicts {moving[0]}", f"keep one of {', '.join(moving)}")
        if not moving and not skipped:
            section.refuse("stepWeight", "is missing, so no traffic would ever move", "set it, such as 10")
        if any(
            later <= earlier for earlier, later in zip(self.step_weights, self.step_weights[1:], strict=False)
        ):
            section.refuse(
                "stepWeights", "does not rise", "list the canary's weights from the lowest to the highest"
            )


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
