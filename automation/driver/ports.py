"""All that a driver acts through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from automation.clock import Clock
from automation.cluster.events import Announcement
from automation.cluster.leases import Leases
from automation.cluster.observer import Observer
from automation.cluster.ports import Copies, Objects
from automation.cluster.recorder import Recorder
from automation.core.decision import Question
from automation.core.kinds import Manifest
from automation.core.observation import Observation
from automation.core.spec import Canary
from automation.driver.drift import Rendered
from automation.questions.alerts.courier import Alerts
from automation.questions.asker import Asked
from automation.updates.placer import Placer

Announcer = Callable[[Announcement, Manifest], None]
"""Tells people; the manifest is the live Canary."""


class Questions(Protocol):
    """Who asks hooks and metric providers."""

    def answer(
        self, canary: Canary, seen: Observation, questions: Iterable[Question], asked: Asked
    ) -> Observation:
        """The observation with the answers to these questions added."""
        ...

    def probe(self, canary: Canary) -> str:
        """ "" if all metric providers of a Canary are available, else what is wrong with the first that isn't."""
        ...


@dataclass(frozen=True)
class Ports:
    """`command` gives a command of ours about one Canary (verb; namespace and name), to be pasted as it is.
    `write_back` keeps a stack's config up with an image that was set on the live target and says what it wrote,
    `fresh_attempt` gives an id that nobody has used."""

    objects: Objects
    copies: Copies
    observer: Observer
    questions: Questions
    recorder: Recorder
    placer: Placer
    leases: Leases
    announce: Announcer
    alerts: Alerts
    clock: Clock
    rendered: Rendered
    command: Callable[[str, tuple[str, str]], str]
    write_back: Callable[[Canary], str]
    fresh_attempt: Callable[[], str]
