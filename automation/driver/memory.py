"""What a driver remembers of a Canary between two ticks: nothing that would be missed if it were lost."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from automation.cluster.watches import Key
from automation.core.decision import Action, Announce
from automation.core.kinds import Manifest
from automation.core.observation import Mending, Repairs
from automation.core.spec import Canary
from automation.core.status import Status
from automation.questions.asker import Asked
from automation.updates.placer import Placed


@dataclass(frozen=True)
class Served:
    """A Canary whose primary serves its users with so many pods, and its object as it was seen last."""

    canary: Canary
    pods: int
    live: Manifest


@dataclass(frozen=True)
class Waiting:
    """What was said to be waited for, and when (seconds that never jump)."""

    actions: tuple[Action, ...] = ()
    at: float = float("-inf")


@dataclass(frozen=True)
class Unheard:
    """A status that was about to be written, and what is to be said once it is."""

    status: Status
    said: tuple[Announce, ...]


@dataclass
class Memory:
    """One Canary's. `uid` tells it from an earlier one of the same name, `refused` is what was said of its document,
    `mending` and `repairs` what came of repairs, `attempted` what was said with the last attempt, `waiting` what its
    last ticks wait for, `unheard` what ticks that failed may have written without a word, `late` what of that this tick
    has said, `served` how its users are lost if it goes: None where they are not; `counts_from` the time (unix seconds)
    of a tick that comes before its time, 0 for any other."""

    uid: str
    refused: str = ""
    mending: Mending | None = None
    repairs: Mapping[str, Repairs] = field(default_factory=dict)
    served: Served | None = None
    waiting: Waiting = Waiting()
    unheard: tuple[Unheard, ...] = ()
    late: tuple[Announce, ...] = ()
    attempted: tuple[Action, ...] = ()
    counts_from: float = 0.0
    asked: Asked = field(default_factory=Asked)
    placed: Placed = field(default_factory=Placed)


class Memories:
    """One memory a Canary. Each is used by the one tick that its Canary is in."""

    def __init__(self) -> None:
        self._of: dict[Key, Memory] = {}
        self._lock = threading.Lock()

    def of(self, key: Key, uid: str) -> Memory:
        """The memory of a Canary, a fresh one where it was not met before."""
        with self._lock:
            known = self._of.get(key)
            if known is None or known.uid != uid:
                known = self._of[key] = Memory(uid)
            return known

    def forget(self, key: Key) -> Memory | None:
        """What was known of a Canary that is gone."""
        with self._lock:
            return self._of.pop(key, None)
