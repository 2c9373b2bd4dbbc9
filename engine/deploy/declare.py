"""From a goal to the state that a resource is to have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from engine import urn as urns
from engine.deploy.goal import Goal
from engine.resource import Resource
from engine.values import PropertyMap


def inherited(goal: Goal, parent: Goal | None) -> Goal:
    """The goal with the parent's word where it says nothing itself."""
    if parent is None:
        return goal
    return replace(
        goal,
        protect=parent.protect if goal.protect is None else goal.protect,
        retain_on_delete=parent.retain_on_delete if goal.retain_on_delete is None else goal.retain_on_delete,
        deleted_with=goal.deleted_with or parent.deleted_with,
        provider=goal.provider or _provider_from(goal, parent),
        providers={**parent.providers, **goal.providers} if not goal.custom else goal.providers,
    )


def _provider_from(goal: Goal, parent: Goal) -> str:
    package = urns.package_of(goal.type)
    if not goal.custom or urns.is_provider(goal.type):
        return ""
    if parent.custom:
        return parent.provider if urns.package_of(parent.type) == package else ""
    return parent.providers.get(package, "")


def needed(goal: Goal) -> Iterator[str]:
    """URNs of all that have to be there before the goal's resource is."""
    yield from (goal.parent, goal.deleted_with, urns.split_reference(goal.provider)[0], *goal.dependencies)
    for sources in goal.property_dependencies.values():
        yield from sources


def resource(goal: Goal, urn: str, inputs: PropertyMap, provider: str) -> Resource:
    """The state that the goal asks for, as far as it is known before the step is done."""
    return Resource(
        urn=urn,
        type=goal.type,
        custom=goal.custom,
        inputs=inputs,
        parent=goal.parent,
        protect=bool(goal.protect),
        dependencies=list(goal.dependencies),
        provider=provider,
        property_dependencies=_property_dependencies(goal),
        additional_secret_outputs=list(goal.additional_secret_outputs),
        custom_timeouts={name: value for name, value in goal.custom_timeouts.items() if value},
        retain_on_delete=bool(goal.retain_on_delete),
        deleted_with=goal.deleted_with,
        source_position=goal.source_position,
        stack_trace=goal.stack_trace,
        ignore_changes=list(goal.ignore_changes),
        hide_diff=list(goal.hide_diffs),
        replace_on_changes=list(goal.replace_on_changes),
        replacement_trigger=goal.replacement_trigger,
        resource_hooks={moment: list(names) for moment, names in goal.hooks.items() if names},
        import_id=goal.import_id,
    )


def _property_dependencies(goal: Goal) -> dict[str, list[str]]:
    found: Mapping[str, tuple[str, ...]] = goal.property_dependencies
    if not found and goal.dependencies:
        # Nothing is known of single properties, so each of them may depend on everything.
        found = dict.fromkeys(goal.inputs, goal.dependencies)
    return {key: list(urns_) for key, urns_ in found.items()}
