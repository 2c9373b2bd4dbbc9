"""`sluice get`: a Rollout as a tree, once or live, as `kubectl argo rollouts get rollout` shows it."""

from __future__ import annotations

import time
from collections.abc import Callable

import click
from rich.console import Group
from rich.live import Live
from rich.text import Text

from automation.cluster.ports import Objects
from automation.core.kinds import ANALYSIS_RUN, POD, REPLICA_SET, ROLLOUT, Kind, Manifest, Scope
from automation.core.marks import POD_HASH
from automation.errors import CanaryMissing
from cli.found import full_name, rollout_of
from cli.options import Where, namespace, where
from cli.rollout_tree import Surroundings, lines

SECONDS = 1.0
"""Between two looks at a Rollout that is followed."""


@click.command(short_help="A Rollout as a tree, once or live (-w).")
@click.argument("name")
@click.option("-w", "--watch", is_flag=True, help="Stay and follow.")
@namespace
@where
def get(name: str, watch: bool, namespace: str | None, where: Where) -> None:
    """A Rollout with its revisions, pods and analyses as a tree, once or live."""
    cluster = where.cluster()
    live = rollout_of(cluster, name, namespace)
    if watch:
        follow(lambda: look(cluster, live), time.sleep)
    else:
        click.echo("\n".join(lines(look(cluster, live))))


def follow(seen: Callable[[], Surroundings], sleep: Callable[[float], None]) -> None:
    """Shows what is seen until somebody interrupts."""
    with Live(shown(seen()), auto_refresh=False) as screen:
        while True:
            sleep(SECONDS)
            screen.update(shown(seen()), refresh=True)


def shown(at: Surroundings) -> Group:
    """Each line as it is: nothing in a name is markup."""
    return Group(*(Text(line, no_wrap=True, overflow="crop") for line in lines(at)))


def look(cluster: Objects, live: Manifest) -> Surroundings:
    """The Rollout as it is now, with what it owns. Raises CanaryMissing once it is gone."""
    metadata = live["metadata"]
    rollout = cluster.get(ROLLOUT, metadata["namespace"], metadata["name"])
    if rollout is None:
        raise CanaryMissing(f"Rollout {full_name(live)} is not there any more")

    def selected(kind: Kind) -> list[Manifest]:
        return cluster.select(kind, Scope(metadata["namespace"], selector=POD_HASH))

    owned = [one for one in selected(REPLICA_SET) if _is_of(one, rollout)]
    names = {one["metadata"].get("uid") for one in owned}
    pods = [pod for pod in selected(POD) if _owners(pod) & names]
    runs = [one for one in selected(ANALYSIS_RUN) if _is_of(one, rollout)]
    return Surroundings(rollout, owned, pods, runs, time.time())


def _is_of(thing: Manifest, rollout: Manifest) -> bool:
    return rollout["metadata"].get("uid") in _owners(thing)


def _owners(thing: Manifest) -> set[str]:
    return {str(owner.get("uid")) for owner in thing["metadata"].get("ownerReferences") or ()}
