"""What a Rollout and its templates come to: the steps of a release, with the analyses that they wait for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from automation.core.refusal import Problem, Refused
from automation.core.rollout import BlueGreen, CanarySteps, Rollout
from automation.core.steps import (
    Analyse,
    AnalysisUse,
    Pause,
    SetScale,
    SetWeight,
    Step,
    TemplateName,
)
from automation.core.stepwise import Stepwise
from documents.argo.template import AnalysisTemplate, absent, plan_of

Templates = Mapping[TemplateName, AnalysisTemplate]


def stepwise_of(rollout: Rollout, templates: Templates | None) -> Stepwise:
    """The steps of a Rollout, and with `templates` its analyses. Raises Refused for templates that are not there.

    A blue/green Rollout has steps, too: pods for the preview, its analysis before the switch, the wait for it, pods for
    everybody, the switch, and the analysis after it.
    """
    match rollout.strategy:
        case CanarySteps(steps=found, background=background, least_pods=least, routing=routing):
            managed = routing.managed if routing else ()
        case BlueGreen() as blue_green:
            found, background, least, managed = tuple(_switched(blue_green)), None, 1, ()
    problems = [_missing(use, one) for use in rollout.uses for one in absent(use, templates or {})]
    if problems and templates is not None:
        raise Refused(tuple(problems))
    start = background.starting_step if background else 0
    unmeasured = Stepwise(found, starting_step=start, least=least, managed=managed)
    if templates is None:
        return unmeasured
    plans = {
        index: plan_of(step.use, templates) for index, step in enumerate(found) if isinstance(step, Analyse)
    }
    return replace(
        unmeasured, plans=plans, background=plan_of(background.use, templates) if background else None
    )


def _switched(blue_green: BlueGreen) -> Iterator[Step]:
    few = blue_green.preview_replicas
    yield SetScale(percent=100) if few is None else SetScale(replicas=few)
    if blue_green.before:
        yield Analyse(blue_green.before)
    if not blue_green.auto_promotion:
        yield Pause()
    elif blue_green.auto_promotion_seconds:
        yield Pause(float(blue_green.auto_promotion_seconds))
    if few is not None:
        yield SetScale(percent=100)
    yield SetWeight(100)
    if blue_green.after:
        yield Analyse(blue_green.after)


def _missing(use: AnalysisUse, template: TemplateName) -> Problem:
    return Problem(f"{use.path}.templates", f"{template.kind} {template.name} is not there", "apply it first")
