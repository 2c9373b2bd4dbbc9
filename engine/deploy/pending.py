"""Operations that an earlier run began and did not live to finish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.deploy import operations
from engine.deploy.context import Context
from engine.deploy.providers import Providers
from engine.deploy.refresh import pruned
from engine.deploy.secrecy import concealed
from engine.errors import EngineError
from engine.provider import ProviderError, Read, Recovering
from engine.resource import Deployment, PendingOperation, Resource


def settle(context: Context, providers: Providers, deployment: Deployment) -> Deployment:
    """Tell what was pending, read what became of it, and bring the state up to that.

    What an interrupted create has made joins the state; one that made nothing is forgotten; one of which nothing
    can be told stays pending. What was being updated or deleted is read anew.
    """
    pending = deployment.pending_operations
    if not pending:
        return deployment
    context.warn(_announcement(pending))
    left: list[PendingOperation] = []
    for operation in pending:
        try:
            settled = _SETTLERS.get(operation.type, _forgotten)(context, providers, operation, deployment)
        except (ProviderError, EngineError) as error:
            context.warn(f"could not find out what became of it: {error}", operation.resource.urn)
            settled = None
        if settled is None and operation.type == "creating":
            left.append(operation)
        deployment = settled or deployment
    return replace(deployment, pending_operations=left)


Settler = Callable[[Context, Providers, PendingOperation, Deployment], Deployment | None]
"""The deployment as it really is after an interrupted operation; None if that cannot be told."""


def _created(
    context: Context, providers: Providers, operation: PendingOperation, deployment: Deployment
) -> Deployment | None:
    resource = operation.resource
    provider = providers.get(resource.provider)
    if not isinstance(provider, Recovering):
        return None
    found = provider.recover(context.operation(resource), resource.type, resource.inputs)
    if not found.id:
        return deployment
    old = next((item for item in deployment.resources if item.urn == resource.urn and not item.delete), None)
    if old is not None and old.id == found.id and not old.pending_replacement:
        return deployment
    context.warn(f"its creation was interrupted; found '{found.id}' and took it into the state", resource.urn)
    return replace(deployment, resources=_with(deployment.resources, _adopted(resource, found), old))


def _with(resources: list[Resource], new: Resource, old: Resource | None) -> list[Resource]:
    """The resources with one more, which takes the place of an old one of its name."""
    if old is None:
        return [*resources, new]
    at = next(index for index, item in enumerate(resources) if item is old)
    rest = [] if old.pending_replacement else [replace(old, delete=True)]
    return [*resources[:at], new, *rest, *resources[at + 1 :]]


def _adopted(resource: Resource, found: Read) -> Resource:
    now = operations.timestamp()
    outputs = concealed(found.outputs, resource.inputs, resource.additional_secret_outputs)
    # Whether it became ready is not known: the next update looks after it.
    reasons = list(found.init_errors) or ["its creation was interrupted"]
    return replace(resource, id=found.id, outputs=outputs, init_errors=reasons, created=now, modified=now)


def _reread(
    context: Context, providers: Providers, operation: PendingOperation, deployment: Deployment
) -> Deployment | None:
    urn, id = operation.resource.urn, operation.resource.id
    old = next((item for item in deployment.resources if item.urn == urn and item.id == id), None)
    if old is None or old.pending_replacement:
        return deployment
    new = operations.refresh(context, providers.get(old.provider), old)
    if new is None:
        gone = (
            {urn} if not any(item.urn == urn and item is not old for item in deployment.resources) else set()
        )
        return replace(
            deployment, resources=[pruned(item, gone) for item in deployment.resources if item is not old]
        )
    return replace(deployment, resources=[new if item is old else item for item in deployment.resources])


def _forgotten(
    context: Context, providers: Providers, operation: PendingOperation, deployment: Deployment
) -> Deployment | None:
    return deployment


_SETTLERS: dict[str, Settler] = {"creating": _created, "updating": _reread, "deleting": _reread}


def _announcement(pending: list[PendingOperation]) -> str:
    count = len(pending)
    lines = [f"  * {item.resource.urn}, interrupted while {item.type}" for item in pending]
    return "\n".join(
        [
            f"Attempting to deploy or update resources with {count} pending operations from previous deployment.",
            *lines,
            "These resources are in an unknown state because the engine was interrupted while waiting for changes to "
            "these resources to complete. What can be read of them is taken into the state.",
        ]
    )
