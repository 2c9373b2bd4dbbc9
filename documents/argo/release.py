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
    SetHeaderRoute,
    SetMirrorRoute,
    SetScale,
    SetWeight,
    Step,
    TemplateName,
)
from automation.core.stepwise import Stepwise
from documents.argo.template import AnalysisTemplate, absent, plan_of

Templates = Mapping[TemplateName, AnalysisTemplate]


def stepwise_of(rollout: Rollout, templates: Templates | None) -> Stepwise:
    """The steps of a Rollout, and with `templates` its analyses. Raises Refused for what no release here can do, and
    for templates that are not there.

    A blue/green Rollout has steps, too: pods for the preview, its analysis before the switch, the wait for it, pods for
    everybody, the switch, and the analysis after it.
    """
    match rollout.strategy:
        case CanarySteps(background=background, least_pods=least) as canary:
            found = canary.steps
            problems = [*_unable(canary)]
        case BlueGreen() as blue_green:
            found, background, problems, least = tuple(_switched(blue_green)), None, [], 1
    if templates is not None:
        problems += [_missing(use, one) for use in rollout.uses for one in absent(use, templates)]
    if problems:
        raise Refused(tuple(problems))
    unmeasured = Stepwise(found, starting_step=background.starting_step if background else 0, least=least)
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


def _unable(canary: CanarySteps) -> Iterator[Problem]:
    """Requests are chosen, or they are shared by weight: a route that does both is not written here."""
    weight, chosen = 0, False
    for index, step in enumerate(canary.steps):
        at = canary.path(index)
        weight = step.weight if isinstance(step, SetWeight) else weight
        chosen = bool(step.match) if isinstance(step, SetHeaderRoute) else chosen
        if chosen and weight and isinstance(step, SetWeight | SetHeaderRoute):
            field = "setWeight" if isinstance(step, SetWeight) else "setHeaderRoute"
            told = f"leaves a header's route beside a weight of {weight}, which is not supported"
            remedy = (
                "take the route away before the first weight: setHeaderRoute with its name and without match"
            )
            yield Problem(f"{at}.{field}", told, remedy)
        if isinstance(step, SetMirrorRoute) and step.chosen:
            yield Problem(
                f"{at}.setMirrorRoute.match", "chooses requests, which is not supported", "mirror all"
            )
