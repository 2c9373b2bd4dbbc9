"""Alerts that are still to be sent stand in the status: they are written with what they tell of, so that no driver
that dies can lose them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from automation.core.alerts import Alert, Field, Notice, Severity
from automation.core.decision import Action, Announce, Decision, Save
from automation.core.situation import Situation
from automation.core.spec import Canary
from automation.core.status import Status

MOST = 50
"""How many may wait: of more the oldest go, as a status has to fit into its object."""
REPEAT_SECONDS = 600.0
"""After which an alert that says the same as the last one is sent once more."""


def alerting(at: Situation, decision: Decision) -> Decision:
    """The decision, with the alerts of what it announces in the status that it saves."""
    if decision.questions or not at.canary.analysis.alerts:
        return decision
    announced = (action.event.alert for action in decision.actions if isinstance(action, Announce))
    raised = [alert for alert in announced if alert is not None and not _is_repeat(at, alert)]
    if not raised:
        return decision
    notices = (notice for alert in raised for notice in notices_of(at.canary, alert, at.seen.now))
    alerts = (*at.status.alerts, *notices)[-MOST:]
    alerted = {raised[-1].message: at.seen.now}

    def written(status: Status) -> Save:
        return Save(replace(status, alerts=alerts, alerted=alerted))

    actions: list[Action] = [
        written(one.status) if isinstance(one, Save) else one for one in decision.actions
    ]
    if not any(isinstance(action, Save) for action in actions):
        actions.insert(0, written(at.status))
    return replace(decision, actions=tuple(actions))


def notices_of(canary: Canary, alert: Alert, at: float) -> Iterator[Notice]:
    """The alert for each provider that hears of it, or of its good end."""
    fields = fields_of(canary) if alert.detailed else ()
    hears: dict[str, bool] = {}
    for one in canary.analysis.alerts:
        hears[one.to] = hears.get(one.to, False) or alert.severity.reaches(one.least)
    for to, told in hears.items():
        if told or alert.severity is Severity.INFO:
            yield Notice(to, alert.severity, alert.message, at, fields, beneath=not told)


def fields_of(canary: Canary) -> tuple[Field, ...]:
    """How a release goes, as Flagger tells it."""
    analysis, routing = canary.analysis, _routing(canary)
    return (
        ("Target", f"{canary.target.kind}/{canary.target_full_name}"),
        ("Failed checks threshold", str(analysis.threshold)),
        ("Progress deadline", f"{canary.progress_deadline}s"),
        *((("Traffic routing", routing),) if routing else ()),
    )


def _routing(canary: Canary) -> str:
    analysis = canary.analysis
    if analysis.step_weight:
        return f"Weight step: {analysis.step_weight} max: {analysis.max_weight}"
    if analysis.step_weights:
        return f"Weight steps: {','.join(map(str, analysis.step_weights))} max: {analysis.max_weight}"
    if analysis.match:
        return "A/B Testing"
    return "Blue/Green" if analysis.iterations else ""


def _is_repeat(at: Situation, alert: Alert) -> bool:
    """Whether the same was said just now, and no weight has changed since."""
    said = at.status.alerted.get(alert.message)
    if said is None or at.status.split_since > said:
        return False
    return at.seen.now < said + REPEAT_SECONDS
