"""The Canary's status as values: what every machine knows about a release.

The model's fields keep their names; ours are optional fields beside them: `inForce`, `intent`, `judged`, `begunAt`,
`splitSince`, `countedAt`, `ending`, `request`, `steps`, `prepared`,
`postRollout`, `gates`, `waits`, `frozen`, `alerts` and `alerted`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from automation.core.alerts import Notice
from automation.core.evidence import CheckResult, Evidence
from automation.core.progress import Progress
from automation.core.stepwise import StepStatus
from automation.core.traffic import ALL_ON_PRIMARY, Traffic
from automation.core.words import Wait, Word

__all__ = [
    "ALL_ON_PRIMARY",
    "CheckResult",
    "Condition",
    "Evidence",
    "Intent",
    "Phase",
    "Placement",
    "Purpose",
    "Request",
    "Status",
    "Traffic",
]

Apex = Literal["target", "primary"]


class Phase(StrEnum):
    """Where a Canary stands. NONE is a Canary that nobody has looked at yet."""

    NONE = ""
    INITIALIZING = "Initializing"
    INITIALIZED = "Initialized"
    WAITING = "Waiting"
    PROGRESSING = "Progressing"
    WAITING_PROMOTION = "WaitingPromotion"
    PROMOTING = "Promoting"
    FINALISING = "Finalising"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    TERMINATING = "Terminating"
    TERMINATED = "Terminated"


class Purpose(StrEnum):
    """What an attempt is for; it says what follows once the attempt is live."""

    INITIALISE = "initialise"  # create primary beside the target that still serves
    APEX = "apex"  # let the apex Service select primary
    ADVANCE = "advance"  # give the canary the next weight
    RESTART = "restart"  # take all traffic back because the target changed, or went, in mid-run
    PROMOTE = "promote"  # let primary run the revision under test
    RETURN = "return"  # move traffic back to the promoted primary
    RESTORE = "restore"  # let primary run the last promoted revision again
    ROLLBACK = "rollback"  # give the run up: all traffic on primary
    REPAIR = "repair"  # put back what somebody else changed
    RETIRE = "retire"  # let the apex Service select the target again, without a route of ours
    REMOVE = "remove"  # take away what was generated


TOWARDS_PRIMARY = (Purpose.RESTART, Purpose.RETURN, Purpose.RESTORE, Purpose.ROLLBACK)
"""What takes users back to primary."""


@dataclass(frozen=True)
class Placement:
    """All that the program renders and that varies in a release.

    `attempt` is the id under which it was (or is to be) made live, `apex` whom the apex Service selects, `revision`
    the hash of the recorded revision that primary runs ("" before there is one). `canary` is that of the pods which the
    canary's Service selects, where it selects by revision; "" for primary's. `turned`: the Services of both have
    changed their parts.
    """

    attempt: str
    apex: Apex
    traffic: Traffic
    revision: str
    evidence: Evidence | None = None
    canary: str = ""
    turned: bool = False

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "Placement":
        evidence = document.get("evidence")
        return cls(
            str(document["attempt"]),
            "primary" if document["apex"] == "primary" else "target",
            Traffic.parse(document["split"]),
            str(document["revision"]),
            Evidence.parse(evidence) if evidence else None,
            str(document.get("canary") or ""),
            bool(document.get("turned")),
        )

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "attempt": self.attempt,
            "apex": self.apex,
            "split": self.traffic.document(),
            "revision": self.revision,
        }
        found |= {"canary": self.canary} if self.canary else {}
        found |= {"turned": True} if self.turned else {}
        return found | ({"evidence": self.evidence.document()} if self.evidence else {})


@dataclass(frozen=True)
class Intent:
    """An attempt under way: what is to be made live, what for, and the message of its stack update. `iterations` is
    how many are counted once it is live, None where it counts none."""

    kind: Purpose
    placement: Placement
    message: str
    iterations: int | None = None

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "Intent":
        return cls(
            Purpose(document["kind"]),
            Placement.parse(document["placement"]),
            str(document["message"]),
            document.get("iterations"),
        )

    def document(self) -> dict[str, Any]:
        found = {"kind": str(self.kind), "placement": self.placement.document(), "message": self.message}
        return found if self.iterations is None else found | {"iterations": self.iterations}


@dataclass(frozen=True)
class Request:
    """What a person asked for and the next tick answers: `verb` is "abort", "retry" or "retire"; "approve", "hold" or
    "resume" of a `gate` (by its name in `automation.core.words`); of a run by steps also "promote" (the present step is
    left), or "promote-full" (all of them are). `groups` are those of the person, where they matter."""

    verb: str
    id: str = ""
    by: str = ""
    gate: str = ""
    reason: str = ""
    groups: tuple[str, ...] = ()

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "Request":
        id, by, gate, reason = (str(document.get(name) or "") for name in ("id", "by", "gate", "reason"))
        groups = tuple(map(str, document.get("groups") or ()))
        return cls(str(document["verb"]), id, by, gate, reason, groups)

    def document(self) -> dict[str, Any]:
        about = {"gate": self.gate, "reason": self.reason, "groups": list(self.groups)}
        found = {"verb": self.verb, "id": self.id, "by": self.by}
        return found | {name: value for name, value in about.items() if value}


@dataclass(frozen=True)
class Condition:
    """The one condition, type Promoted. `status` is True, False or Unknown; times are RFC 3339."""

    status: str
    reason: str
    message: str
    last_update_time: str
    last_transition_time: str

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "Condition":
        names = ("status", "reason", "message", "lastUpdateTime", "lastTransitionTime")
        return cls(*(str(document.get(name, "")) for name in names))

    def document(self) -> dict[str, str]:
        return {
            "type": "Promoted",
            "status": self.status,
            "reason": self.reason,
            "message": self.message,
            "lastUpdateTime": self.last_update_time,
            "lastTransitionTime": self.last_transition_time,
        }


@dataclass(frozen=True)
class Status:
    """`.status` of a Canary.

    `last_applied_spec` is the revision of the last run, `last_promoted_spec` the one in primary. `in_force` is what
    is live, `intent` the attempt under way. `judged` holds the time (unix seconds) of the newest sample that each
    check was judged by, `begun_at` the time when the run began, `split_since` that of the last change of weight,
    `counted_at` that of the last failed check, iteration or step back to primary. `ending` is set once a run is given
    up (Failed, Cancelled or Aborted) and until that is live. `steps` is where a run by steps stands. `prepared`: the
    pre-rollout hooks of the run have passed. `post_rollout`: the run has ended, and its post-rollout hooks are still to
    be called. `words` are those of people on gates, by the gate's name; `wait` is the gate that is waited at.
    `frozen`: the checks of the run have failed, and what becomes of it is for people to decide. `alerts` are those that
    are still to be sent, `alerted` holds the last one's message and its time (unix seconds).
    """

    phase: Phase = Phase.NONE
    failed_checks: int = 0
    canary_weight: int = 0
    iterations: int = 0
    last_applied_spec: str = ""
    last_promoted_spec: str = ""
    tracked_configs: Mapping[str, str] = field(default_factory=dict)
    last_transition_time: str = ""
    conditions: tuple[Condition, ...] = ()
    in_force: Placement | None = None
    intent: Intent | None = None
    judged: Mapping[str, float] = field(default_factory=dict)
    begun_at: float = 0.0
    split_since: float = 0.0
    counted_at: float = 0.0
    ending: str = ""
    request: Request | None = None
    steps: StepStatus | None = None
    prepared: bool = False
    post_rollout: bool = False
    words: Mapping[str, Word] = field(default_factory=dict)
    wait: Wait | None = None
    frozen: bool = False
    alerts: tuple[Notice, ...] = ()
    alerted: Mapping[str, float] = field(default_factory=dict)

    @property
    def traffic(self) -> Traffic:
        """The traffic in force."""
        return self.in_force.traffic if self.in_force else ALL_ON_PRIMARY

    @property
    def progress(self) -> Progress:
        return Progress(self.traffic, self.iterations)

    @property
    def revisions(self) -> frozenset[str]:
        """Hashes of the recorded revisions that something may still be rendered from."""
        placements = (self.in_force, self.intent.placement if self.intent else None)
        named = (self.last_applied_spec, self.last_promoted_spec, *(at.revision for at in placements if at))
        return frozenset(filter(None, (*named, *(at.canary for at in placements if at))))

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "Status":
        """Read `.status`; fields that are missing have their defaults."""
        in_force, intent, request = (document.get(name) for name in ("inForce", "intent", "request"))
        return cls(
            phase=Phase(document.get("phase") or ""),
            failed_checks=int(document.get("failedChecks") or 0),
            canary_weight=int(document.get("canaryWeight") or 0),
            iterations=int(document.get("iterations") or 0),
            last_applied_spec=str(document.get("lastAppliedSpec") or ""),
            last_promoted_spec=str(document.get("lastPromotedSpec") or ""),
            tracked_configs=dict(document.get("trackedConfigs") or {}),
            last_transition_time=str(document.get("lastTransitionTime") or ""),
            conditions=tuple(Condition.parse(c) for c in document.get("conditions") or ()),
            in_force=Placement.parse(in_force) if in_force else None,
            intent=Intent.parse(intent) if intent else None,
            judged={name: float(at) for name, at in (document.get("judged") or {}).items()},
            begun_at=float(document.get("begunAt") or 0.0),
            split_since=float(document.get("splitSince") or 0.0),
            counted_at=float(document.get("countedAt") or 0.0),
            ending=str(document.get("ending") or ""),
            request=Request.parse(request) if request else None,
            steps=StepStatus.parse(document["steps"]) if document.get("steps") else None,
            prepared=bool(document.get("prepared")),
            post_rollout=bool(document.get("postRollout")),
            words={name: Word.parse(word) for name, word in (document.get("gates") or {}).items()},
            wait=Wait.parse(document["waits"]) if document.get("waits") else None,
            frozen=bool(document.get("frozen")),
            alerts=tuple(map(Notice.parse, document.get("alerts") or ())),
            alerted={message: float(at) for message, at in (document.get("alerted") or {}).items()},
        )

    def document(self) -> dict[str, Any]:
        """The whole `.status`. Optional fields that are empty are left out."""
        found: dict[str, Any] = {
            "phase": str(self.phase),
            "failedChecks": self.failed_checks,
            "canaryWeight": self.canary_weight,
            "iterations": self.iterations,
            "lastAppliedSpec": self.last_applied_spec,
            "lastPromotedSpec": self.last_promoted_spec,
            "lastTransitionTime": self.last_transition_time,
            "conditions": [condition.document() for condition in self.conditions],
        }
        optional: dict[str, Any] = {
            "trackedConfigs": dict(self.tracked_configs),
            "inForce": self.in_force.document() if self.in_force else None,
            "intent": self.intent.document() if self.intent else None,
            "judged": dict(self.judged),
            "begunAt": self.begun_at,
            "splitSince": self.split_since,
            "countedAt": self.counted_at,
            "ending": self.ending,
            "request": self.request.document() if self.request else None,
            "steps": self.steps.document() if self.steps else None,
            "prepared": self.prepared,
            "postRollout": self.post_rollout,
            "gates": {name: word.document() for name, word in self.words.items()},
            "waits": self.wait.document() if self.wait else None,
            "frozen": self.frozen,
            "alerts": [notice.document() for notice in self.alerts],
            "alerted": dict(self.alerted),
        }
        return found | {name: value for name, value in optional.items() if value}
