"""`sluice abort`, `retry` and `retire`: what a person asks for and the Canary's driver answers at its next tick."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, replace

import click

from automation.cluster.client import Conflict
from automation.cluster.direct import Direct
from automation.cluster.leases import holder_of
from automation.cluster.observer import Observer, TickContext
from automation.core.decide import decide
from automation.core.decision import AskPermission
from automation.core.kinds import CANARY, Manifest
from automation.core.marks import is_deleted, is_held
from automation.core.phases.approving import WORDS, ask_permission, gate_of
from automation.core.phases.requests import refusal
from automation.core.situation import Situation
from automation.core.status import Phase, Request
from automation.core.transitions import RUNNING
from automation.errors import CanaryMissing, ClusterRefused, NothingToDo
from automation.questions.permissions import identity, own_permission
from cli import rollout_requests
from cli.environment import DEFAULT_SCRAPE_SECONDS, Environment, open_environment, person
from cli.found import rollout_of, standing_of
from cli.options import Where, namespace, optional_environment, where


@click.command(short_help="End the run that is under way: all traffic back to primary.")
@click.argument("name")
@optional_environment
@namespace
@where
def abort(name: str, environment: str | None, namespace: str | None, where: Where) -> None:
    """End the run of a Canary (--env) or the update of a Rollout that is under way: all traffic back to primary."""
    if environment is None:
        _ask_rollout("abort", name, namespace, where)
        return
    opened = open_environment(environment, where)
    key = opened.find(name, namespace)
    asked = ask(opened, key, "abort")
    click.echo(
        f"asked to abort {key[1]}.{key[0]} (now {asked.phase}); {answering(opened, key, 'takes the traffic back')}"
        f"{asked.told}\nto run the same image again afterwards: {opened.command('retry', key)}"
    )


@click.command(short_help="Run the revision that failed once more.")
@click.argument("name")
@optional_environment
@namespace
@where
def retry(name: str, environment: str | None, namespace: str | None, where: Where) -> None:
    """Run the revision of a Canary (--env) or a Rollout that failed once more."""
    if environment is None:
        _ask_rollout("retry", name, namespace, where)
        return
    opened = open_environment(environment, where)
    key = opened.find(name, namespace)
    asked = ask(opened, key, "retry")
    click.echo(f"asked to retry {key[1]}.{key[0]}; {answering(opened, key, 'takes it up')}{asked.told}")


def _ask_rollout(verb: str, name: str, namespace: str | None, where: Where) -> None:
    cluster = where.cluster()
    click.echo(rollout_requests.ask(cluster, rollout_of(cluster, name, namespace), verb))


def answering(opened: Environment, key: tuple[str, str], does: str) -> str:
    """Who answers a request that was written, and with what command somebody does where nobody drives."""
    drive = f"drive it with: {opened.command('release', key)}"
    try:
        holder = holder_of(opened.cluster, key, time.time())
    except ClusterRefused:
        return f"its driver {does}; without one, {drive}"
    if holder is None:
        return f"nobody drives it; {drive}"
    told = f"its driver, {holder.named}, {does}"
    return told if holder.runs else f"{told}; if that has ended, {drive}"


@dataclass(frozen=True)
class About:
    """Which gate a request is about, and why it is made."""

    gate: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Asked:
    """A request that was written: the phase it was written in, and what its answer waits for ("" if nothing)."""

    phase: Phase
    waits: str = ""

    @property
    def told(self) -> str:
        """What is waited for, to be said after that it was asked."""
        return f"; before that: {self.waits}" if self.waits else ""


def ask(opened: Environment, key: tuple[str, str], verb: str, about: About = About()) -> Asked:
    """Writes the request into the status. Raises NothingToDo exactly where a driver would do nothing about it, or has
    yet to hear what somebody else said of a gate, and DocumentRefused where a driver refuses the document."""
    live = opened.cluster.get(CANARY, *key)
    if live is None:
        raise CanaryMissing(f"Canary {key[1]}.{key[0]} is not in the cluster")
    request = Request(verb, uuid.uuid4().hex[:8], person(), about.gate, about.reason)
    at = situation(opened, live, request)
    if verb != "abort":  # which has to get through whatever waits
        _refuse_unheard(opened, key, live)
    if verb in WORDS:
        at = _identified(opened, at, request)
        request = at.status.request or request
    if why := refusal(at, request):
        phase = at.status.phase
        raise NothingToDo(
            f"nothing to {verb} for {key[1]}.{key[0]} ({phase or 'new'}): {why}",
            remedy(opened, key, verb, phase),
        )
    written: Manifest = {"status": {"request": request.document()}}
    if verb != "abort":
        written["metadata"] = {"resourceVersion": live["metadata"]["resourceVersion"]}
    try:
        opened.cluster.patch(CANARY, *key, written, subresource="status")
    except Conflict:  # somebody wrote it meanwhile: what they said must not be lost
        return ask(opened, key, verb, about)
    return Asked(at.status.phase, decide(at.canary, at.status, at.seen).waits)


def _refuse_unheard(opened: Environment, key: tuple[str, str], live: Manifest) -> None:
    """There is room for one request, and what people say of gates adds up."""
    pending = standing_of(live).request
    if pending is not None and pending.verb in WORDS:
        raise NothingToDo(
            f"nobody has yet heard of {key[1]}.{key[0]} what {pending.by} asked for: {pending.verb}",
            f"ask again once it was heard; {answering(opened, key, 'hears it')}",
        )


def _identified(opened: Environment, at: Situation, request: Request) -> Situation:
    """Where the cluster says who may open a gate, it says who asks for it, too."""
    if ask_permission(at, request) is None:
        return at
    known = identity(opened.cluster)
    named = replace(request, by=known.name, groups=known.groups)
    asked = AskPermission(gate_of(named), named.by, named.groups)
    seen = replace(at.seen, permission=own_permission(opened.cluster, at.canary, asked))
    return Situation(at.canary, replace(at.status, request=named), seen)


def situation(opened: Environment, live: Manifest, request: Request) -> Situation:
    """What a driver would see of a live Canary of which this was asked. Raises DocumentRefused."""
    canary, provider = opened.canary(live), opened.settings.driver.provider
    status = replace(standing_of(live), request=request)
    context = TickContext(
        time.time(), "", DEFAULT_SCRAPE_SECONDS, held=is_held(live), deleted=is_deleted(live)
    )
    return Situation(
        canary, status, Observer(Direct(opened.cluster, canary.namespace), provider).observe(canary, context)
    )


def remedy(opened: Environment, key: tuple[str, str], verb: str, phase: Phase) -> str:
    """What to do about a request that makes no sense now."""
    if verb == "retire" and phase in RUNNING:
        return f"end its run first: {opened.command('abort', key)}"
    told = f"what its driver says: {opened.events(key)}"
    return (
        f"{told}; a new image runs by itself" if verb == "retry" and phase is not Phase.TERMINATED else told
    )
