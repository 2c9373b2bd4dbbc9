"""How the pods of a Rollout are kept beside its steps: how long, how many of them, and what they carry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PodMetadata:
    """Labels and annotations that live pods carry for as long as they have a part in a release."""

    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __bool__(self) -> bool:
        return bool(self.labels or self.annotations)

    @property
    def text(self) -> str:
        """As compact JSON, in which Argo's controller writes it down, too."""
        found = {"labels": dict(self.labels), "annotations": dict(self.annotations)}
        return json.dumps({name: marks for name, marks in found.items() if marks}, sort_keys=True)

    @classmethod
    def parse(cls, text: str) -> PodMetadata:
        """Read what `text` wrote; nothing where somebody has made nonsense of it."""
        try:
            said = json.loads(text)
            return cls(dict(said.get("labels") or {}), dict(said.get("annotations") or {}))
        except (ValueError, TypeError, AttributeError):
            return cls()


NO_METADATA = PodMetadata()


@dataclass(frozen=True)
class Apart:
    """`antiAffinity`: pods of a new revision keep off the nodes of stable ones. They have to, where `weight` is None;
    otherwise it says how much they prefer it (1 to 100)."""

    weight: int | None = None


@dataclass(frozen=True)
class Limits:
    """Numbers of pods of both sides together: `most` that there may be, `least` that have to be available."""

    most: int
    least: int


@dataclass(frozen=True)
class Replacement:
    """`maxSurge` and `maxUnavailable`: numbers of pods, or percentages of those that are asked for (`25%`)."""

    surge: int | str = "25%"
    unavailable: int | str = "25%"

    def of(self, asked: int) -> Limits:
        """As a Deployment resolves them: surge upwards, and what is unavailable downwards. There may always be one
        pod more than is asked for: the last stable one goes once the canary's serve."""
        surge, missing = _pods(self.surge, asked, up=True), _pods(self.unavailable, asked)
        return Limits(asked + max(1, surge), max(0, asked - missing))


AS_A_DEPLOYMENT = Replacement()


@dataclass(frozen=True)
class Keeping:
    """How ReplicaSets are kept: seconds that pods stay after a promotion, and after an abort (None: they do stay), of
    how many sets they do at most (`delayed`; None: of all), and how many sets without pods are kept.

    `shared`: nothing but numbers of pods shares the traffic, so that stable pods make room for those of the canary,
    within these limits. `dynamic`: a gateway shares it, and stable pods go as their users do. `tested` and `stable` are
    what the pods of each side carry, `apart` whether they share nodes. `window`: a return to one of so many revisions
    before the stable one takes no steps. `turns`: the Service that was the stable one's goes on selecting its pods
    after a promotion, though nobody is led to them.
    """

    after_promotion: float = 30.0
    after_abort: float | None = 30.0
    history: int = 10
    shared: Replacement | None = None
    dynamic: bool = False
    tested: PodMetadata = NO_METADATA
    stable: PodMetadata = NO_METADATA
    apart: Apart | None = None
    window: int = 0
    delayed: int | None = None
    turns: bool = False


AS_USUAL = Keeping()


@dataclass(frozen=True)
class Side:
    """The pods of one revision: how many it is to have, and how many are available."""

    replicas: int
    available: int


def towards(goal: int, mine: Side, other: Side, limits: Limits) -> int:
    """How many pods one side may have now on its way to `goal`: more while there is room for them, fewer while enough
    are available without those."""
    if goal > mine.replicas:
        return max(mine.replicas, min(goal, limits.most - other.replicas))
    return max(goal, mine.replicas - max(0, mine.available + other.available - limits.least))


def share(pods: int, percent: int) -> int:
    """So many percent of a number of pods, rounded up."""
    return -(-pods * percent // 100)


def _pods(limit: int | str, asked: int, *, up: bool = False) -> int:
    if isinstance(limit, int):
        return limit
    percent = int(limit.removesuffix("%"))
    return share(asked, percent) if up else asked * percent // 100
