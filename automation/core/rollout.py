"""An Argo Rollout as values, with the model's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from automation.core.keeping import AS_A_DEPLOYMENT, NO_METADATA, Apart, PodMetadata, Replacement
from automation.core.spec import Ref
from automation.core.steps import Analyse, AnalysisUse, Step


@dataclass(frozen=True)
class Routing:
    """Who splits the traffic: `provider` is the name of one of our gateways, `sources` are the objects whose weights
    are set, each of `kind`. `routes` names the rules that count of a source, by its name (all, if there are none): each
    by all the texts that it has to be known by. `managed` are the routes that steps make. `settings` is what stands
    under the gateway's own field, `others` are gateways that split the traffic, too."""

    provider: str
    kind: str
    sources: tuple[str, ...]
    routes: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict, hash=False)
    managed: tuple[str, ...] = ()
    total: int = 100
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    others: tuple[Routing, ...] = ()

    @property
    def all(self) -> tuple[Routing, ...]:
        """It and the others."""
        return (self, *self.others)


@dataclass(frozen=True)
class Background:
    """An analysis that runs beside the steps, from the one numbered `starting_step` (the first is 0) to the last."""

    use: AnalysisUse
    starting_step: int = 0


@dataclass(frozen=True)
class CanarySteps:
    """`strategy.canary`. A step as it is written may do several things, which are steps here, one after the other:
    `places` says where each of `steps` is written. `turns`: both Services change their parts at each promotion.

    Delays are in seconds: how long old pods stay after a promotion, and after an abort (0: they are not scaled down).
    `dynamic`: stable pods go as their users do. `replacement` says how pods take each other's places where no gateway
    shares the traffic, `least_pods` how many each side has at least where one does, and `ready` which percentage of the
    canary's has to be available. `tested` and `stable` are what the pods of each side carry, `apart` whether they share
    nodes; of `delayed` sets old pods stay at most. `others` are fields that are read and ask for something of pods
    rather than of traffic.
    """

    steps: tuple[Step, ...] = ()
    places: tuple[int, ...] = ()
    canary_service: str = ""
    stable_service: str = ""
    turns: bool = False
    routing: Routing | None = None
    background: Background | None = None
    scale_down_delay: int = 30
    abort_scale_down_delay: int = 30
    dynamic: bool = False
    replacement: Replacement = AS_A_DEPLOYMENT
    least_pods: int = 1
    tested: PodMetadata = NO_METADATA
    stable: PodMetadata = NO_METADATA
    apart: Apart | None = None
    delayed: int | None = None
    ready: int = 100
    others: tuple[str, ...] = ()

    def path(self, index: int) -> str:
        """Where a step is written."""
        return f"spec.strategy.canary.steps[{self.places[index]}]"


@dataclass(frozen=True)
class BlueGreen:
    """`strategy.blueGreen`. `auto_promotion`: whether the switch comes by itself, after `auto_promotion_seconds`.
    `tested` and `stable` are what the pods of the preview and of the active side carry, `apart` whether they share
    nodes; of `delayed` sets old pods stay at most. So many pods may be `unavailable` in a restart."""

    active_service: str
    preview_service: str = ""
    preview_replicas: int | None = None
    auto_promotion: bool = True
    auto_promotion_seconds: int = 0
    before: AnalysisUse | None = None
    after: AnalysisUse | None = None
    scale_down_delay: int = 30
    abort_scale_down_delay: int = 30
    tested: PodMetadata = NO_METADATA
    stable: PodMetadata = NO_METADATA
    apart: Apart | None = None
    delayed: int | None = None
    unavailable: int | str = 0
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rollout:
    """One Rollout. `workload` is what lends its pod template, None where `template` holds it. `progress_deadline` is in
    seconds; `progress_deadline_abort`: past it the update is aborted, not only reported. `history` is how many old
    ReplicaSets are kept, `window` to how many revisions before the stable one a return takes no steps. Pods that were
    made before `restart_at` (unix seconds) are restarted."""

    name: str
    namespace: str
    strategy: CanarySteps | BlueGreen
    replicas: int = 1
    workload: Ref | None = None
    scale_down: str = "never"
    template: Mapping[str, Any] = field(default_factory=dict, hash=False)
    selector: Mapping[str, Any] = field(default_factory=dict, hash=False)
    paused: bool = False
    progress_deadline: int = 600
    progress_deadline_abort: bool = False
    history: int = 10
    window: int = 0
    restart_at: float | None = None
    others: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        return f"{self.name}.{self.namespace}"

    @property
    def uses(self) -> tuple[AnalysisUse, ...]:
        """All analyses that it asks for, those of its steps in their order."""
        match self.strategy:
            case BlueGreen(before=before, after=after):
                return tuple(use for use in (before, after) if use)
            case CanarySteps(steps=steps, background=background):
                inline = [step.use for step in steps if isinstance(step, Analyse)]
                return (*inline, *((background.use,) if background else ()))
