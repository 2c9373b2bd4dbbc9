"""Steps as calls to providers: each function does one kind of step and returns the resource's new state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from engine.deploy.context import Context
from engine.deploy.secrecy import concealed
from engine.provider import InitFailed, Provider, ProviderError
from engine.resource import Resource
from engine.step import Step
from engine.values import PropertyMap


def create(context: Context, provider: Provider | None, step: Step) -> Resource:
    """The created resource. Raises `PartlyDone` if it exists but did not become ready."""
    new = _goal(step)
    now = timestamp()
    if provider is None:
        return replace(new, created=now, modified=now)
    try:
        id, outputs = provider.create(context.operation(new, "create"), new.type, new.inputs)
    except InitFailed as error:
        raise PartlyDone(error, _unready(context, replace(new, created=now, modified=now), error)) from error
    if not id and not context.options.preview:
        raise ProviderError("provider did not return an ID from Create")
    return replace(new, id=id, outputs=_outputs(context, new, outputs), created=now, modified=now)


def update(context: Context, provider: Provider | None, step: Step) -> Resource:
    """The updated resource. Raises `PartlyDone` if it changed but did not become ready."""
    new, old = _goal(step), _old(step)
    if provider is None:
        return replace(new, created=old.created, modified=timestamp())
    new = replace(new, id=old.id, created=old.created, modified=timestamp())
    try:
        outputs = provider.update(
            context.operation(new, "update"), new.type, old.id, old.inputs, old.outputs, new.inputs
        )
    except InitFailed as error:
        # The old inputs stay: the next run finds a difference and tries again.
        unready = replace(_unready(context, new, error), inputs=old.inputs)
        raise PartlyDone(error, unready) from error
    return replace(new, outputs=_outputs(context, new, outputs))


def same(step: Step) -> Resource:
    """The resource with the new goal's options and the id and outputs that it had."""
    new, old = _goal(step), _old(step)
    return replace(
        new,
        id=old.id,
        outputs=old.outputs,
        created=old.created,
        modified=old.modified,
        init_errors=old.init_errors,
    )


def read(context: Context, provider: Provider, step: Step) -> Resource:
    """The external resource as it is now. Raises `ProviderError` if there is none."""
    new = _goal(step)
    found = provider.read(context.operation(new, "create"), new.type, new.id, new.inputs, new.inputs)
    if not found.id:
        raise ProviderError(f"resource '{new.id}' does not exist")
    return replace(
        new,
        id=found.id,
        outputs=_outputs(context, new, found.outputs),
        init_errors=list(found.init_errors),
        modified=timestamp() if step.old else "",
    )


def refresh(context: Context, provider: Provider, resource: Resource) -> Resource | None:
    """The resource as it is now, None if it is gone."""
    found = provider.read(
        context.operation(resource), resource.type, resource.id, resource.inputs, resource.outputs
    )
    if not found.id:
        return None
    inputs = resource.inputs if found.inputs is None else found.inputs
    outputs = concealed(found.outputs, resource.inputs, _secret_names(context, resource))
    changed = outputs != resource.outputs or inputs != resource.inputs
    return replace(
        resource,
        id=found.id,
        inputs=inputs,
        outputs=outputs,
        init_errors=list(found.init_errors),
        modified=timestamp() if changed else resource.modified,
    )


def delete(context: Context, provider: Provider, resource: Resource) -> None:
    """Delete the physical resource."""
    provider.delete(
        context.operation(resource, "delete"), resource.type, resource.id, resource.inputs, resource.outputs
    )


class PartlyDone(Exception):
    """The resource was made or changed, but is not ready. `resource` is the state to keep."""

    def __init__(self, cause: InitFailed, resource: Resource):
        super().__init__(str(cause))
        self.resource, self.reasons = resource, cause.reasons


def timestamp() -> str:
    """Now, as states write it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _unready(context: Context, new: Resource, error: InitFailed) -> Resource:
    return replace(
        new,
        id=error.id or new.id,
        inputs=new.inputs if error.inputs is None else error.inputs,
        outputs=_outputs(context, new, error.outputs),
        init_errors=list(error.reasons),
    )


def _outputs(context: Context, resource: Resource, outputs: PropertyMap) -> PropertyMap:
    return concealed(outputs, resource.inputs, _secret_names(context, resource))


def _secret_names(context: Context, resource: Resource) -> tuple[str, ...]:
    package = context.packages.get(resource.type.split(":", 1)[0])
    always = package.secret_outputs(resource.type) if package else ()
    return (*resource.additional_secret_outputs, *always)


def _goal(step: Step) -> Resource:
    assert step.new is not None, f"a {step.op} step has a new state"
    return step.new


def _old(step: Step) -> Resource:
    assert step.old is not None, f"a {step.op} step has an old state"
    return step.old
