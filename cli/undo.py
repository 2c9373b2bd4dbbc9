"""`sluice undo`: gives a Rollout the pod template of an earlier revision, which its driver releases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from automation.cluster.ports import Objects
from automation.core.kinds import CONTROLLER_REVISION, ROLLOUT, Manifest, Scope
from automation.core.marks import CANARY
from automation.core.revision_hash import pod_template_hash
from automation.errors import NothingToDo
from cli.found import full_name, rollout_of
from cli.options import Where, namespace, where


@click.command(short_help="Give a Rollout the pod template of an earlier revision.")
@click.argument("name")
@click.option("--to-revision", "number", type=int, metavar="N", help="Which one (default: the one before).")
@namespace
@where
def undo(name: str, number: int | None, namespace: str | None, where: Where) -> None:
    """Give a Rollout the pod template of an earlier revision, which its driver releases: that of the stable revision at
    once, any other by its steps."""
    cluster = where.cluster()
    live = rollout_of(cluster, name, namespace)
    number = give_back(cluster, live, number)
    click.echo(f'rollout "{full_name(live)}" has the template of revision {number} again')


def give_back(cluster: Objects, live: Manifest, number: int | None) -> int:
    """Writes the template of a recorded revision, by default of the newest that is not the present one; its number.

    Raises NothingToDo where there is no such revision, and Conflict where the Rollout has changed meanwhile.
    """
    metadata, template = live["metadata"], live["spec"].get("template") or {}
    if not template:
        told = "its pods are another workload's"
        raise NothingToDo(
            f"nothing to undo for {full_name(live)}: {told}", "set that one back: kubectl rollout undo"
        )
    present = pod_template_hash(template)
    recorded = cluster.select(
        CONTROLLER_REVISION, Scope(metadata["namespace"], selector=f"{CANARY}={metadata['name']}")
    )
    known = {int(one["revision"]): one["data"]["template"] for one in recorded}
    others = {number: one for number, one in known.items() if pod_template_hash(one) != present}
    chosen = max(others, default=None) if number is None else number
    if chosen not in others:
        told = "is the present one" if chosen in known else "is not recorded"
        why = f"revision {chosen} {told}" if chosen is not None else "no other revision is recorded"
        names = ", ".join(map(str, sorted(others))) or "none"
        raise NothingToDo(f"nothing to undo for {full_name(live)}: {why}", f"there are revisions {names}")
    body = {
        "metadata": {"resourceVersion": metadata["resourceVersion"]},
        "spec": {"template": changes(template, others[chosen])},
    }
    cluster.patch(ROLLOUT, metadata["namespace"], metadata["name"], body)
    return chosen


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch (RFC 7386) that makes one object of the other."""
    gone: dict[str, Any] = {name: None for name in before if name not in after}
    changed = {
        name: changes(before[name], value)
        if isinstance(value, Mapping) and isinstance(before.get(name), Mapping)
        else value
        for name, value in after.items()
        if before.get(name) != value
    }
    return gone | changed
