"""A release stack: one Canary, rendered as a function of settings, document, status and recorded revisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from automation.cluster.client import Cluster
from automation.core.marks import FIELD_MANAGER
from automation.core.refusal import Problem, Refused
from automation.core.rendering import placement_to_render
from automation.core.spec import Canary as Spec
from automation.core.status import Phase, Placement, Status
from components import apisix_manifests, target
from components.canary import Canary, CanaryArgs, Sources
from components.inputs import Inputs
from components.revision import Revision
from documents.front import canary_of, front_of
from gateways.registry import gateway_of
from stacks import canary_state, connection, files, rivals
from stacks.canary_state import CanaryState, Live
from stacks.files import Documents
from stacks.names import StackName
from stacks.overrides import Overrides
from stacks.settings import ClusterSettings, GatewaySettings, MeshSettings, ReleaseSettings, Settings


@dataclass(frozen=True)
class ProgramRun:
    """One run of a release stack's program: for which attempt, and what its caller knows already."""

    stack: StackName
    overrides: Overrides
    attempt: str | None = None
    rollout: CanaryState | None = None


@dataclass(frozen=True)
class View:
    """All that the program looks at."""

    spec: Spec
    document: Mapping[str, Any]
    live: Live
    rollout: CanaryState | None
    placement: Placement
    documents: Documents | None
    cluster: str
    mesh: str = ""

    @property
    def status(self) -> Status:
        return self.rollout.status if self.rollout else Status()


class _Reached:
    """The cluster, connected to when it is first asked for: no connection is made if the caller knows everything."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.cluster

    @cached_property
    def cluster(self) -> Cluster:
        return connection.connect(self._settings)

    def mesh_identity(self) -> str:
        """Of a mesh's cluster, "" where there is none of its own."""
        return self.cluster.mesh_identity() if self._settings.mesh else ""


def declare(settings: Settings, run: ProgramRun) -> None:
    """Declares one Canary and what belongs to it, and exports where it stands.

    Raises `Refused` for documents that can't work, with every problem at once, and when Flagger runs in the
    cluster; ClusterAway or ClusterRefused when it can't be read.
    """
    view = _look(settings, run)
    mesh = connection.mesh_of(settings.cluster)
    provider = _provider("cluster", settings.cluster, view.cluster)
    sources = _sources(view.documents, view, run) if view.documents else None
    inputs = inputs_of(view, sources)
    guarded = view.placement.apex == "primary" and not run.overrides.take_down
    args = CanaryArgs(
        view.spec, inputs, sources, guarded, mesh=_provider("mesh", mesh, view.mesh) if mesh else None
    )
    canary = Canary(run.stack.canary, args, pulumi.ResourceOptions(provider=provider))
    _export(view, front_door(settings, canary.generated))


def _provider(name: str, at: ClusterSettings | MeshSettings, identity: str) -> kubernetes.Provider:
    return kubernetes.Provider(
        name,
        kubeconfig=at.kubeconfig,
        context=at.context,
        cluster_identifier=identity,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        # With a lost or fresh state a release must still be able to change its own objects: the cluster is what counts.
        upsert_existing_objects=True,
    )


def _look(settings: Settings, run: ProgramRun) -> View:
    namespace, name = run.stack.namespace, run.stack.canary
    reached, known = _Reached(settings), run.rollout
    if known is None:
        rivals.refuse_flagger(reached.cluster)
        known = canary_state.read(reached.cluster, namespace, name, settings.driver.provider)
    entry = settings.release(namespace, name)
    found = files.read(entry, files.PROJECT, settings.driver.provider) if entry.mode == "declared" else None
    document = _document(settings, entry, found, known)
    spec = canary_of(document, settings.driver.provider)
    live, status = (known.live, known.status) if known else (None, Status())
    return View(
        spec=spec,
        document=document,
        live=live or canary_state.read_live(reached.cluster, spec, status),
        rollout=known,
        placement=placement_to_render(status, run.attempt, known.newest if known else ""),
        documents=found,
        cluster=(known.cluster if known else "") or reached.cluster.identity(),
        mesh=known.mesh if known else reached.mesh_identity(),
    )


def _document(
    settings: Settings, entry: ReleaseSettings, found: Documents | None, known: CanaryState | None
) -> Mapping[str, Any]:
    if found is not None:
        server = settings.platform.prometheus
        paced = front_of(found.canary).paced
        return paced(found.canary, settings.pace.interval, server.scrape_interval if server else None)
    if known is not None:
        return known.document
    problem = f"there is no Canary {entry.name} in namespace {entry.namespace}"
    remedy = "apply its document, or add it to the releases of the environment's settings"
    raise Refused((Problem("stack", problem, remedy),))


def _sources(found: Documents, view: View, run: ProgramRun) -> Sources:
    images = run.overrides.images_of(view.spec.target.name)
    declared = target.declared(found.target, view.live.target, images, scaled=found.autoscaler is not None)
    for text in found.warnings:
        pulumi.log.warn(text)
    for note in declared.notes:
        pulumi.log.warn(f"{view.spec.target_full_name}: {note}; it is left as it is")
    document = dict(view.document)
    manager = f"{FIELD_MANAGER}-{run.stack.environment}"
    return Sources(document, declared, found.autoscaler, found.route, found.others, manager)


def inputs_of(view: View, sources: Sources | None = None) -> Inputs:
    """What the generated objects depend on. Raises `Refused` without a target, or a revision that primary runs."""
    known, live = view.rollout, view.live
    workload = live.target or (sources.target.manifest if sources else None)
    if workload is None:
        problem = f"{view.spec.target.kind.lower()} {view.spec.target_full_name} not found"
        remedy = "apply the workload, or mend spec.targetRef of the Canary"
        raise Refused((Problem("spec.targetRef", problem, remedy),))
    revision = _recorded(view, view.placement.revision)
    promoted = known.revision(view.status.last_promoted_spec) if known else None
    return Inputs(
        placement=view.placement,
        target=workload,
        uid=known.document["metadata"]["uid"] if known else None,
        revision=revision,
        kept=promoted.configs if promoted else {},
        autoscaler=live.autoscaler or (sources.autoscaler if sources else None),
        route=live.route or (sources.route if sources else None),
        apex=live.apex,
        primary=live.primary,
        canary=live.canary,
        meshed=bool(view.mesh),
        others=live.others,
        standing=live.standing,
        leaving=view.status.phase in (Phase.TERMINATING, Phase.TERMINATED),
    )


def _recorded(view: View, hash: str) -> Revision | None:
    """The revision that primary runs. One that is gone must not take the primary with it: that is refused."""
    if not hash:
        return None
    revision = view.rollout.revision(hash) if view.rollout else None
    if revision is None:
        problem = f"revision {hash} of {view.spec.full_name}, which primary runs, is not recorded any more"
        remedy = f"restore the ControllerRevision {view.spec.name}-{hash} and the configuration that it names"
        raise Refused((Problem("status.inForce.revision", problem, remedy),))
    return revision


def _export(view: View, gateway: Any) -> None:
    spec, placement = view.spec, view.placement
    source = view.live.route or (view.documents.route if view.documents else None)
    hosts = gateway_of(spec).hosts(spec, source)
    host = hosts[0] if hosts else None
    header = f" -H 'Host: {host}'" if host else ""
    pulumi.export("canary", spec.full_name)
    pulumi.export("weight", placement.traffic.canary)
    pulumi.export("attempt", placement.attempt)
    pulumi.export("revision", placement.revision)
    pulumi.export("evidence", placement.evidence.document() if placement.evidence else None)
    pulumi.export("host", host)
    pulumi.export("url", gateway)
    pulumi.export("curl", pulumi.Output.from_input(gateway).apply(lambda url: f"curl{header} {url}/"))


def front_door(settings: Settings, after: Sequence[pulumi.Resource] = ()) -> Any:
    """Where users knock: the platform stack says so, unless the platform is somebody else's. It is asked `after` what
    they wait for."""
    gateway = settings.platform.gateway or GatewaySettings()
    own = gateway.url or f"http://{apisix_manifests.GATEWAY}.{gateway.namespace}"
    if not settings.platform_stack:
        return own
    name = f"organization/{pulumi.get_project()}/{settings.platform_stack}"
    platform = pulumi.StackReference(name, opts=pulumi.ResourceOptions(depends_on=list(after)))
    # Not `get_output`: in an update that is refused meanwhile it leaves a coroutine that nobody awaits.
    return platform.outputs.apply(lambda outputs: outputs.get("gatewayUrl") or own)
