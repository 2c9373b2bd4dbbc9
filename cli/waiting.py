"""What a command that waits for a Canary says of it: what another driver waits for, and why an end was not reached."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from automation.cluster.leases import named
from automation.cluster.ports import Objects
from automation.core.kinds import CANARY, POD, Manifest, Scope
from automation.driver.tick import Rival, Tick
from automation.errors import SluiceError
from documents.front import outline_of
from documents.outline import Outline
from workloads.registry import WORKLOADS

BEGINNING_REASONS = ("ContainerCreating", "PodInitializing")
"""What a container waits for that has nothing wrong with it."""


@dataclass
class Following:
    """A Canary that somebody else drives. What is so for many looks is told once."""

    told: str = ""

    def news(self, tick: Tick) -> str:
        """What is to be said now, "" where it was said just before or nobody else drives."""
        before, self.told = self.told, followed(tick)
        return self.told if self.told != before else ""


class StandingBy:
    """The other drivers that a `sluice run` met. Each is told once, by whichever of the ticks met it first."""

    def __init__(self) -> None:
        self._met: set[str] = set()
        self._meeting = threading.Lock()

    def found(self, drivers: Mapping[str, int]) -> list[str]:
        """What is to be said before the first tick: who drives how many of the releases already."""
        with self._meeting:
            self._met |= drivers.keys()
        return [
            f"{named(driver)} drives {count} of the releases here: this driver stands by for what that one drives, and "
            "takes over when it ends"
            for driver, count in drivers.items()
        ]

    def news(self, tick: Tick) -> str:
        """What is to be said of a tick, "" where its Canary is driven here or the other driver is known."""
        if not isinstance(tick.trouble, Rival):
            return ""
        with self._meeting:
            if tick.trouble.text in self._met:
                return ""
            self._met.add(tick.trouble.text)
        return (
            f"driven by {named(tick.trouble.text)}: this driver stands by, here and wherever that one drives, and "
            "takes over when it ends"
        )


def followed(tick: Tick) -> str:
    """What is so of a Canary that another driver drives, "" of one that is driven here."""
    if not isinstance(tick.trouble, Rival):
        return ""
    return f"driven by {named(tick.trouble.text)}: {tick.waits or 'following what it does'}"


def cause(cluster: Objects, key: tuple[str, str], tick: Tick) -> str:
    """Why a Canary is not where somebody waits for it to be, as one text: what its driver waits for, and the pods that
    don't get ready. `key` is its namespace and name."""
    return "; ".join((followed(tick) or tick.waits or tick.reason, *troubled_pods(cluster, key)))


def troubled_pods(cluster: Objects, key: tuple[str, str]) -> tuple[str, ...]:
    """A sentence on each of target and primary some of whose pods are not ready and say why.

    Nothing where that can't be read: it is told beside what went wrong, and must not hide it.
    """
    try:
        live = cluster.get(CANARY, *key)
        return tuple(_short(cluster, outline_of(live))) if live else ()
    except SluiceError:
        return ()


def _short(cluster: Objects, own: Outline) -> Iterator[str]:
    if own.target is None or own.target.kind not in WORKLOADS:
        return
    workload = WORKLOADS[own.target.kind]
    for name in (f"{own.target.name}-primary", own.target.name):
        live = cluster.get(workload.kind, own.namespace, name)
        if live is None:
            continue
        seen = workload.observed(live)
        why = complaints(_pods(cluster, own.namespace, workload.selected(live)))
        if seen.available < seen.replicas and why:
            yield f"{name} has {seen.available} of {seen.replicas} ready pods: {', '.join(why)}"


def _pods(cluster: Objects, namespace: str, labels: Mapping[str, str]) -> list[Manifest]:
    selector = ",".join(f"{label}={value}" for label, value in sorted(labels.items()))
    return cluster.select(POD, Scope(namespace, selector=selector)) if selector else []


def complaints(pods: list[Manifest]) -> list[str]:
    """What keeps pods from being ready, each once: `ImagePullBackOff: image … not found`."""
    return list(dict.fromkeys(text for pod in pods for text in _of(pod.get("status") or {})))


def _of(status: Manifest) -> Iterator[str]:
    """Of one pod, whose `.status` is given: what its containers wait for, or why no node takes it."""
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        waits = (container.get("state") or {}).get("waiting") or {}
        if waits.get("reason") and waits["reason"] not in BEGINNING_REASONS:
            yield _told(waits)
    for condition in status.get("conditions") or ():
        if (condition.get("type"), condition.get("status")) == ("PodScheduled", "False"):
            yield _told(condition)


def _told(why: Manifest) -> str:
    return f"{why.get('reason', '')}: {why['message']}" if why.get("message") else str(why.get("reason", ""))
