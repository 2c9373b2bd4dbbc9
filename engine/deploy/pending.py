"""Operations that an earlier run began and did not live to finish."""

from __future__ import annotations

from dataclasses import replace

from engine.deploy.context import Context
from engine.deploy.operations import timestamp
from engine.deploy.providers import Providers
from engine.deploy.secrecy import concealed
from engine.errors import EngineError
from engine.provider import ProviderError, Read, Recovering
from engine.resource import Deployment, PendingOperation, Resource


def settle(context: Context, providers: Providers, deployment: Deployment) -> Deployment:
    """Tell what was pending and find out what became of it.

    What an interrupted create has made joins the state; one that made nothing is forgotten; one of which nothing
    can be told stays pending. Interrupted updates and deletes need no more than the next diff.
    """
    pending = deployment.pending_operations
    if not pending:
        return deployment
    context.warn(_announcement(pending))
    known = {resource.urn for resource in deployment.resources}
    recovered: list[Resource] = []
    left: list[PendingOperation] = []
    for operation in pending:
        if operation.type != "creating" or operation.resource.urn in known:
            continue
        outcome = _outcome(context, providers, operation.resource)
        if outcome is None:
            left.append(operation)
        elif outcome.id:
            recovered.append(_adopted(operation.resource, outcome))
            context.warn(
                f"its creation was interrupted; found {outcome.id} and took it into the state",
                operation.resource.urn,
            )
    return replace(deployment, resources=[*deployment.resources, *recovered], pending_operations=left)


def _outcome(context: Context, providers: Providers, resource: Resource) -> Read | None:
    try:
        provider = providers.get(resource.provider)
        if isinstance(provider, Recovering):
            return provider.recover(context.operation(resource), resource.type, resource.inputs)
    except (ProviderError, EngineError) as error:
        context.warn(f"could not find out whether its interrupted creation succeeded: {error}", resource.urn)
    return None


def _adopted(resource: Resource, found: Read) -> Resource:
    now = timestamp()
    outputs = concealed(found.outputs, resource.inputs, resource.additional_secret_outputs)
    # Whether it became ready is not known: the next update looks after it.
    reasons = list(found.init_errors) or ["its creation was interrupted"]
    return replace(resource, id=found.id, outputs=outputs, init_errors=reasons, created=now, modified=now)


def _announcement(pending: list[PendingOperation]) -> str:
    lines = [f"  * {item.resource.urn}, interrupted while {item.type}" for item in pending]
    return "\n".join(
        [
            f"Attempting to deploy or update resources with {len(pending)} pending operations from previous deployment.",
            *lines,
            "These resources are in an unknown state because the engine was interrupted while waiting for changes to "
            "these resources to complete. You should confirm whether or not the operations listed completed "
            "successfully by checking the state of the appropriate provider.",
        ]
    )
