"""`sluice retire`: leaves without an outage. The target serves again, then the generated objects go."""

from __future__ import annotations

import time
from dataclasses import replace

import click

from automation.core.kinds import CANARY, Manifest
from automation.core.readiness import readiness
from automation.core.spec import Canary
from automation.core.status import Phase, Placement, Status
from automation.core.traffic import ALL_ON_PRIMARY
from automation.errors import CanaryMissing, NothingToDo, TimedOut
from cli.assembly import fresh_attempt
from cli.environment import Environment, open_environment
from cli.options import Where, environment, namespace, where
from documents.front import canary_of
from workloads.registry import workload_of

LEAVABLE = (Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED, Phase.TERMINATING)


@click.command(short_help="Give traffic back to the target and remove what was generated.")
@click.argument("name")
@click.option(
    "--timeout",
    type=float,
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="For the target to be ready.",
)
@environment
@namespace
@where
def retire(name: str, timeout: float, environment: str, namespace: str | None, where: Where) -> None:
    """Give traffic back to the target and remove what was generated.

    The target is scaled up and waited for; the apex Service selects it again and the canary route goes; then
    primary and its autoscaler go. The Canary document stays and says Terminated.
    """
    opened = open_environment(environment, where)
    key = opened.find(name, namespace)
    live = opened.cluster.get(CANARY, *key)
    if live is None:
        raise CanaryMissing(f"Canary {key[1]}.{key[0]} is not in the cluster")
    canary, status = canary_of(live), Status.parse(live.get("status") or {})
    if status.phase not in LEAVABLE:
        raise NothingToDo(
            f"{canary.full_name} is {status.phase or 'new'}: only a Canary at rest can be retired",
            f"end its run first: sluice abort {name} --env {environment}",
        )
    live = _wake(opened, canary, live, status, timeout)
    click.echo(f"{canary.target_full_name} serves again: apex and route go back to it")
    revision = status.in_force.revision if status.in_force else ""
    live = _place(
        opened,
        canary,
        live,
        Placement(fresh_attempt(), "target", ALL_ON_PRIMARY, revision),
    )
    click.echo("removing the generated objects")
    live = _place(opened, canary, live, Placement(fresh_attempt(), "target", ALL_ON_PRIMARY, ""))
    # This comes last: a retirement that was interrupted can be repeated, a finished one can't.
    _save(opened, live, replace(Status.parse(live["status"]), phase=Phase.TERMINATED))
    click.echo(f"{canary.full_name} is retired")


def _wake(opened: Environment, canary: Canary, live: Manifest, status: Status, timeout: float) -> Manifest:
    """Scales the target to what primary has and waits until it can take the traffic. Raises TimedOut."""
    saved = _save(opened, live, replace(status, phase=Phase.TERMINATING))
    primary = opened.cluster.get(workload_of(canary).kind, canary.namespace, canary.primary_name)
    replicas = int(primary["spec"].get("replicas") or 1) if primary else 1
    body = {"spec": {"replicas": replicas}}
    opened.cluster.patch(
        workload_of(canary).kind, canary.namespace, canary.target.name, body, subresource="scale"
    )
    deadline = time.monotonic() + timeout
    why = "not looked at"
    while time.monotonic() < deadline:
        target = opened.cluster.get(workload_of(canary).kind, canary.namespace, canary.target.name)
        if target is not None:
            found = readiness(
                workload_of(canary).observed(target), canary.analysis.canary_ready_threshold, float("-inf")
            )
            if found.state == "ready":
                return saved
            why = found.why
        time.sleep(0.5)
    raise TimedOut(
        f"{canary.target_full_name} is not ready after {timeout:g} s: {why}",
        "primary still carries all traffic; mend the target and retire again",
    )


def _place(opened: Environment, canary: Canary, live: Manifest, placement: Placement) -> Manifest:
    """Puts a placement in force and lets the stack follow it."""
    status = Status.parse(live.get("status") or {})
    saved = _save(opened, live, replace(status, in_force=placement, intent=None, canary_weight=0))
    release = opened.release_of(canary)
    opened.stacks.update(release.stack, release.program(None), f"{canary.full_name}: retire")
    return saved


def _save(opened: Environment, live: Manifest, status: Status) -> Manifest:
    return opened.cluster.replace_status(CANARY, {**live, "status": status.document()})
