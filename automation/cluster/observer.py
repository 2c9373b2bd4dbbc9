"""What is so now: live objects turned into the values that decisions rest on. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from automation.cluster.neighbours import Neighbours
from automation.cluster.outlines import Outlines
from automation.cluster.ports import Copies
from automation.cluster.recorder import numbers_of, recorded_for
from automation.core import marks, revision_hash, texts
from automation.core.kinds import (
    CANARY,
    CONFIG_KINDS,
    CONFIG_MAP,
    CONTROLLER_REVISION,
    ENDPOINT_SLICE,
    REPLICA_SET,
    SECRET,
    SERVICE,
    Kind,
    Manifest,
)
from automation.core.managed_fields import Path, writers
from automation.core.marks import ATTEMPT, POD_HASH, is_ours, replicas_asked
from automation.core.observation import (
    NOT_SCALED,
    Autoscaling,
    Drift,
    Mending,
    Observation,
    Repairs,
    Route,
    Setback,
    Target,
    Workload,
)
from automation.core.refusal import Problem, Refused
from automation.core.spec import Canary
from automation.core.status import Apex, Placement
from gateways import registry as gateways
from gateways.carrying import carried_by, switches
from gateways.ownership import rivalry
from workloads import registry as workloads
from workloads.apex import apex_problems, is_taken
from workloads.ports import port_problems
from workloads.selector import Selector, selector_of, sharing_problems, stranger_problems


@dataclass(frozen=True)
class TickContext:
    """What a tick brings along: `now` in Unix seconds, an attempt id that nobody used, and driver settings. `placed` is
    what is, or is being, put in force; `counts_from` the time (Unix seconds) of a tick that comes before its time."""

    now: float
    fresh_attempt: str
    scrape_interval: float
    strict: bool = False
    providers: str | None = None
    setback: Setback | None = None
    drift: tuple[Drift, ...] = ()
    mending: Mending | None = None
    repairs: Mapping[str, Repairs] = field(default_factory=dict)
    held: bool = False
    deleted: bool = False
    placed: Placement | None = None
    counts_from: float = 0.0


class Observer:
    """Reads from a live copy of objects, in which configuration is `remembered`. Canaries that name no gateway have
    `provider`."""

    def __init__(self, copies: Copies, provider: str = gateways.DEFAULT) -> None:
        self._copies, self._neighbours = copies, Neighbours(copies)
        self._outlines = Outlines(provider)

    def observe(self, canary: Canary, context: TickContext) -> Observation:
        workload = workloads.workload_of(canary)
        stable = context.placed.revision if context.placed else ""
        primary = self._copies.get(workload.pods, canary.namespace, workload.primary_name(canary, stable))
        gateway = gateways.gateway_of(canary)
        route = self._copies.get(gateway.kind, canary.namespace, canary.route_name)
        sources = [(one, live_source(one, self._copies)) for one in gateways.each_route(canary)]
        target, problems = (
            self._rollout(canary, stable) if canary.hands_over else self._target(canary, context.now)
        )
        unrouted = [problem for one, source in sources for problem in _problems(one, source)]
        led = canary.turned(context.placed is not None and context.placed.turned).apex
        apex = self._copies.get(SERVICE, canary.namespace, led) if led else None
        return Observation(
            now=context.now,
            fresh_attempt=context.fresh_attempt,
            target=target,
            primary=workload.observed(primary) if primary else None,
            route=live_route(route, canary) if route else None,
            apex=_led(canary, apex, target, context.placed) if target else None,
            scrape_interval=context.scrape_interval,
            scaler=self._autoscaling(canary),
            routable=not unrouted,
            problems=(
                *problems,
                *self._missing(canary),
                *map(str, _untakable(canary, apex, context.placed)),
                *map(str, (*unrouted, *rivalry(canary, route))),
                *self._rivals(canary),
            ),
            remarks=(
                *gateways.unread(canary),
                *(told for one, source in sources for told in _left_alone(one, source)),
                *self._unscaled(canary),
                *((texts.gap(canary, remedy),) if primary and (remedy := workload.gap(primary)) else ()),
            ),
            providers=context.providers,
            strict=context.strict,
            setback=context.setback,
            drift=context.drift,
            mending=context.mending,
            repairs=context.repairs,
            held=context.held,
            deleted=context.deleted,
            counts_from=context.counts_from,
        )

    def _configs(self, canary: Canary, template: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
        """Checksums of a pod template's tracked configuration by key, and sentences on required ones that miss."""
        found: dict[str, str] = {}
        problems = []
        for reference in revision_hash.tracked_references(template):
            kind = CONFIG_KINDS[reference.kind]
            config = self._copies.get(kind, canary.namespace, reference.name)
            if config is not None and revision_hash.is_tracked(config):
                found[reference.key] = config["checksum"]
            elif config is None and not reference.optional:
                problems.append(
                    f"{kind.kind} {reference.name}.{canary.namespace} is not there, and the target's pods need it"
                )
        return found, problems

    def _missing(self, canary: Canary) -> Iterator[str]:
        """What is said of kinds of the Canary's gateway and autoscaler that the cluster does not have."""
        routes = gateways.each_route(canary)
        needed = {
            kind: one.provider for one in routes for kind in gateways.kinds_of(gateways.gateway_of(one))
        }
        for kind, provider in needed.items():
            if self._copies.lacks(kind):
                yield (
                    f"The cluster has no {kind.kind} ({kind.api_version}), which provider {provider} needs: "
                    "install it, or name another provider in spec.provider"
                )
        scaler = workloads.scaler_of(canary)
        if scaler and self._copies.lacks(scaler.kind):
            yield (
                f"The cluster has no {scaler.kind.kind} ({scaler.kind.api_version}), which spec.autoscalerRef names: "
                "install it, or name another autoscaler"
            )

    def _target(self, canary: Canary, now: float) -> tuple[Target | None, list[str]]:
        workload = workloads.workload_of(canary)
        live = self._copies.get(workload.kind, canary.namespace, canary.target.name)
        if live is None:
            return None, []
        template = workload.template(live)
        selector, unselected = _selector(live, workload.kind)
        checksums, missing = self._configs(canary, template)
        observed = workload.observed(live)
        target = Target(
            workload=observed,
            revision=revision_hash.revision_hash(template, checksums),
            configs=checksums,
            label=selector.label,
            value=selector.value,
            asked=replicas_asked(live),
        )
        problems = (
            *workload.problems(live),
            *unselected,
            *self._sharing(canary, selector, now),
            *port_problems(canary, template),
        )
        return target, [*map(str, problems), *missing]

    def _rollout(self, canary: Canary, stable: str) -> tuple[Target | None, list[str]]:
        """A Rollout, whose canary is the ReplicaSet of its present template; none, where that one is stable."""
        workload = workloads.workload_of(canary)
        live = self._copies.get(workload.kind, canary.namespace, canary.target.name)
        if live is None:
            return None, []
        template = workload.template(live)
        revision = revision_hash.pod_template_hash(template)
        name = workload.canary_name(canary, revision)
        pods = self._copies.get(workload.pods, canary.namespace, name) if revision != stable else None
        observed = workload.observed(pods) if pods else Workload(name, 0, 0, 0, 0, noun="replica set")
        first = template["spec"]["containers"][0]
        # A ReplicaSet does not say since when it has lacked pods: the deadline of a step is that of its pods.
        short = 0.0 if observed.available < observed.replicas else None
        observed = replace(observed, short_since=short)
        image = replace(observed, container=first.get("name", ""), image=first.get("image", ""))
        problems = [
            f"Service {service}.{canary.namespace} not found"
            for service in canary.services_of_people
            if self._copies.get(SERVICE, canary.namespace, service) is None
        ]
        target = Target(
            image,
            revision,
            label=POD_HASH,
            value=revision,
            asked=workload.replicas(live),
            returns=self._returns(canary, revision, stable),
        )
        return target, problems

    def _returns(self, canary: Canary, revision: str, stable: str) -> bool:
        """Whether a revision is one of the last few before the stable one."""
        numbers = numbers_of(recorded_for(canary.namespace, canary.name, self._copies))
        first, last = numbers.get(revision, 0), numbers.get(stable, 0)
        between = [number for number in numbers.values() if first < number < last]
        return 0 < first < last and len(between) < canary.keeping.window

    def _sharing(self, canary: Canary, selector: Selector, now: float) -> list[Problem]:
        """What is wrong with other workloads whose pods would get this one's users."""
        if not selector.label:
            return []
        neighbours = self._neighbours.of(workloads.workload_of(canary), canary.namespace, now)
        sharing = sharing_problems(canary, selector, neighbours)
        return sharing or stranger_problems(canary, self._strangers(canary, now))

    def _strangers(self, canary: Canary, now: float) -> Iterator[str]:
        """Pods behind the Canary's own Services that are no pods of target or primary, whatever has made them."""
        workload, own = workloads.workload_of(canary), (canary.target.name, canary.primary_name)
        for side in ("primary", "canary"):
            for pod in self._neighbours.behind(canary.namespace, f"{canary.apex}-{side}", now):
                if not any(workload.made(name, pod) for name in own):
                    yield pod

    def _autoscaling(self, canary: Canary) -> Autoscaling:
        scaler = workloads.scaler_of(canary)
        if scaler is None or canary.autoscaler is None:
            return NOT_SCALED
        target = self._copies.get(scaler.kind, canary.namespace, canary.autoscaler.name)
        primary = self._copies.get(scaler.kind, canary.namespace, canary.primary_scaler_name)
        return Autoscaling(
            least=scaler.minimum(target) if target else None,
            most=canary.primary_bounds.get("maxReplicas") or (scaler.maximum(target) if target else None),
            wanted=scaler.wanted(primary) if primary else None,
            idles=primary is not None and scaler.idles(primary),
        )

    def _unscaled(self, canary: Canary) -> tuple[str, ...]:
        """What the Canary asks of its autoscaler in vain."""
        scaler = workloads.scaler_of(canary)
        if scaler is None or canary.autoscaler is None:
            return ()
        live = self._copies.get(scaler.kind, canary.namespace, canary.autoscaler.name)
        return scaler.left_alone(canary, live) if live else ()

    def _rivals(self, canary: Canary) -> list[str]:
        others = map(self._outlines.of, self._copies.all(CANARY))
        rivals = [
            other.name
            for other in others
            if other.target
            and (other.namespace, other.target.kind, other.target.name)
            == (canary.namespace, canary.target.kind, canary.target.name)
            and other.name != canary.name
        ]
        return (
            [
                f"Bad things will happen! Found more than one canary with the same target {canary.target_full_name}: "
                f"{', '.join(sorted([canary.name, *rivals]))}; delete all but one"
            ]
            if rivals
            else []
        )


def kinds() -> frozenset[Kind]:
    """The kinds of objects that a driver looks at, whatever its Canaries name."""
    own = frozenset({CANARY, SERVICE, ENDPOINT_SLICE, CONFIG_MAP, SECRET, CONTROLLER_REVISION})
    return own | workloads.usual_kinds()


def kinds_by_name() -> Mapping[str, Kind]:
    """These and those of gateways and workloads by what manifests call them."""
    return {kind.kind: kind for kind in kinds() | workloads.kinds() | gateways.kinds() | {REPLICA_SET}}


def remembered(kind: Kind) -> Callable[[Manifest], Manifest]:
    """What is kept of a ConfigMap or Secret: not its content, which may be large and is nobody's business here."""

    def digest(config: Manifest) -> Manifest:
        kept: Manifest = {field: config[field] for field in ("metadata", "type") if field in config}
        return {**kept, "kind": kind.kind, "checksum": revision_hash.config_checksum(config)}

    return digest


def recorded(revision: Manifest) -> Manifest:
    """What is kept of a ControllerRevision: all of what was recorded; StatefulSets and DaemonSets have some, too."""
    ours = marks.CANARY in (revision["metadata"].get("labels") or {})
    return revision if ours else {"metadata": revision["metadata"]}


def replicated(pods: Manifest) -> Manifest:
    """What is kept of a ReplicaSet: all of one of a Rollout; most are those of Deployments."""
    ours = POD_HASH in (pods["metadata"].get("labels") or {})
    return pods if ours else {"metadata": pods["metadata"]}


REMEMBERED = {
    CONFIG_MAP: remembered(CONFIG_MAP),
    SECRET: remembered(SECRET),
    CONTROLLER_REVISION: recorded,
    REPLICA_SET: replicated,
}
"""What a live copy keeps of objects that it needs not keep whole."""


def _problems(canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
    return gateways.gateway_of(canary).problems(canary, source)


def _left_alone(canary: Canary, source: Manifest | None) -> tuple[str, ...]:
    return gateways.gateway_of(canary).left_alone(canary, source)


def live_source(canary: Canary, copies: Copies) -> Manifest | None:
    """What people wrote for the Canary's gateway; None where it isn't there, or the gateway needs nothing."""
    named = gateways.source_of(canary)
    return copies.get(named[0], canary.namespace, named[1]) if named else None


def live_route(route: Manifest, canary: Canary) -> Route:
    """The generated route as it stands in the API server."""
    carried, owner = carried_by(canary, route), owner_of(gateways.gateway_of(canary).ruled, route)
    return Route(
        traffic=carried.traffic,
        attempt=(route["metadata"].get("annotations") or {}).get(ATTEMPT, ""),
        differs=bool(owner) or not carried.exact,
        changed_by=owner,
        waits=carried.waits,
    )


def changed_by(live: Manifest, *paths: Path) -> str:
    """The field manager other than ours that wrote any of these fields of an object last, "" where none did."""
    written = (entry for path in paths for entry in writers(live, path))
    others = [entry for entry in written if not is_ours(entry.get("manager", ""))]
    last = max(others, key=lambda entry: str(entry.get("time", "")), default=None)
    return str(last.get("manager", "")) if last else ""


def owner_of(path: Path, route: Manifest) -> str:
    """The field manager that took this field over from us; empty while it is (also) ours."""
    owners = [entry.get("manager", "") for entry in writers(route, path)]
    return "" if not owners or any(map(is_ours, owners)) else owners[-1]


def _led(canary: Canary, apex: Manifest | None, target: Target, placed: Placement | None) -> Apex | None:
    """Whom the apex Service leads users to. That of a Rollout selects primary by its revision, and one without such a
    Service leads nobody. Before it is to select primary, nobody minds whom one selects that somebody else made."""
    if canary.hands_over and not canary.apex:
        return placed.apex if placed else "target"
    if apex is None:
        return None
    if not canary.hands_over:
        left_alone = _awaits_primary(placed) and not is_taken(apex)
        return selected(apex, target) or ("target" if left_alone else None)
    chosen = (apex["spec"].get("selector") or {}).get(POD_HASH)
    if placed is None or _awaits_primary(placed):
        return "target"
    switched = switches(canary) and placed.traffic.canary > 0
    return "primary" if chosen == (placed.canary if switched else placed.revision) else "target"


def _awaits_primary(placed: Placement | None) -> bool:
    return placed is None or placed.apex == "target"


def _untakable(canary: Canary, apex: Manifest | None, placed: Placement | None) -> tuple[Problem, ...]:
    """What is wrong with an apex Service that is yet to be taken over."""
    if apex is None or canary.hands_over or not _awaits_primary(placed):
        return ()
    return apex_problems(canary, apex)


def selected(service: Manifest, target: Target) -> Apex | None:
    """Whom the apex Service selects."""
    value = (service["spec"].get("selector") or {}).get(target.label)
    if value == f"{target.value}-primary":
        return "primary"
    return "target" if value == target.value else None


def _selector(live: Manifest, kind: Kind) -> tuple[Selector, tuple[Problem, ...]]:
    """The selector of a target, and what is wrong with it: one that can't be told apart selects nothing."""
    try:
        return selector_of({"kind": kind.kind, **live}), ()
    except Refused as refused:
        return Selector("", ""), refused.problems
