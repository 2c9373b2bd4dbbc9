"""The steps of an Argo Rollout, one value each, and the analyses that it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class TemplateName:
    """An AnalysisTemplate of the Rollout's namespace, or a ClusterAnalysisTemplate."""

    name: str
    cluster: bool = False

    @property
    def kind(self) -> str:
        return "ClusterAnalysisTemplate" if self.cluster else "AnalysisTemplate"


Source = Literal["value", "podTemplateHashValue", "fieldRef", "secretKeyRef"]


@dataclass(frozen=True)
class Argument:
    """What a template is given for `{{args.name}}`. `value` is the text itself, or what `source` says: Stable or
    Latest, the path of a field, or a Secret as NAME/KEY. None: it has to be given."""

    name: str
    value: str | None = None
    source: Source = "value"


@dataclass(frozen=True)
class AnalysisUse:
    """An analysis that a Rollout asks for. `dry_run` holds patterns of metrics' names, `retention` numbers by pattern.
    `path` is where it stands in the document."""

    templates: tuple[TemplateName, ...]
    arguments: tuple[Argument, ...] = ()
    dry_run: tuple[str, ...] = ()
    retention: Mapping[str, int] = field(default_factory=dict, hash=False)
    path: str = field(default="", compare=False)


@dataclass(frozen=True)
class SetWeight:
    """The canary's share of all requests, in percent."""

    weight: int


@dataclass(frozen=True)
class Pause:
    """Waits so many seconds; None: until somebody promotes."""

    seconds: float | None = None


@dataclass(frozen=True)
class Analyse:
    """Waits for an analysis that has to be successful."""

    use: AnalysisUse


@dataclass(frozen=True)
class SetScale:
    """How many pods the canary has: `replicas`, or `percent` of all; with neither as many as its weight asks for."""

    replicas: int | None = None
    percent: int | None = None


@dataclass(frozen=True)
class SetHeaderRoute:
    """Requests that match go to the canary, whatever its weight. `match` holds one rule as JSON, with headers by name;
    empty, it takes the route away."""

    name: str
    match: tuple[str, ...] = ()


@dataclass(frozen=True)
class SetMirrorRoute:
    """Sends `percentage` of the requests that match to the canary as well. `match` holds rules as JSON, of which one
    has to be met, each with a method, a path and headers by name; empty, it takes the route away."""

    name: str
    percentage: int = 0
    match: tuple[str, ...] = ()


Step = SetWeight | Pause | Analyse | SetScale | SetHeaderRoute | SetMirrorRoute
