"""A driver under load: many Canaries initialise at once while others are in the middle of their analysis."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automation.cluster.client import Cluster
from automation.core.kinds import CANARY, DEPLOYMENT, Manifest
from bench.ground import KEY, Ground
from bench.process import cpu_seconds
from gateways.apisix import ROUTE
from lab.memory import resident_mb

UNDER_WAY = 6
INTERVAL_SECONDS = 3
DEADLINE = 300.0
IMAGE = "registry.k8s.io/pause"


@dataclass
class Use:
    """What a process uses, looked at while it runs."""

    threads: int = 0
    resident_mb: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)

    def follow(self, pid: int) -> None:
        while not self.ended.wait(0.2):
            self.threads = max(self.threads, threads_of(pid))
            self.resident_mb = max(self.resident_mb, resident_mb(pid))


@dataclass(frozen=True)
class Window:
    """The seconds in which all initialised, and what the driver noted."""

    begun: float
    ended: float
    notes: dict[str, list[Any]]

    def lateness_ms(self, names: list[str]) -> list[float]:
        """By how much ticks of these Canaries began later than one interval after the tick before."""
        begins = defaultdict(list)
        for name, begun, _, phase in sorted(self.notes["ticks"], key=lambda tick: tick[1]):
            begins[name].append((begun, phase))
        return [
            1000 * max(0.0, after - before - INTERVAL_SECONDS)
            for name in names
            for (before, phase), (after, _) in zip(begins[name], begins[name][1:], strict=False)
            if phase == "Progressing" and self.begun <= after <= self.ended
        ]

    def longest_update(self) -> float:
        return max(float(ended - begun) for _, begun, ended in self.notes["updates"] if ended > self.begun)

    def calls_per_second(self) -> float:
        calls = [at for at in self.notes["calls"] if self.begun <= at <= self.ended]
        return len(calls) / (self.ended - self.begun)


def under_load(ground: Ground, canaries: int) -> dict[str, float]:
    """Figures of a driver whose `canaries` Canaries initialise at once while some are under way."""
    cluster = ground.opened.cluster
    early = [f"early-{number}" for number in range(UNDER_WAY)]
    late = [f"late-{number:03}" for number in range(canaries)]
    for name in (*early, *late):
        deploy(cluster, name, "3.9")
    until(lambda: all(ready(cluster, name) for name in (*early, *late)))
    with (
        tempfile.TemporaryDirectory() as folder,
        driver(ground, Path(folder) / "notes.json") as (process, use),
    ):
        for name in early:
            cluster.apply(CANARY, canary(name))
        until(lambda: phases(cluster, early) == {"Initialized"})
        for name in early:
            deploy(cluster, name, "3.10")
        until(lambda: phases(cluster, early) == {"Progressing"})
        time.sleep(2 * INTERVAL_SECONDS)
        cpu, begun = cpu_seconds(process.pid), time.monotonic()
        for name in late:
            cluster.apply(CANARY, canary(name))
        until(lambda: phases(cluster, late) == {"Initialized"})
        ended, spent = time.monotonic(), cpu_seconds(process.pid) - cpu
        rest = threads_of(process.pid)
        process.terminate()
        process.wait(60)
        window = Window(begun, ended, json.loads((Path(folder) / "notes.json").read_text()))
    print("\n".join(sorted(set(window.notes["troubles"]))[:20]))
    lateness = window.lateness_ms(early)
    return {
        "initialised_s": ended - begun,
        "lateness_ms_p99": statistics.quantiles(lateness, n=100, method="inclusive")[-1],
        "lateness_ms_max": max(lateness),
        "lateness_samples": float(len(lateness)),
        "longest_update_s": window.longest_update(),
        "threads_peak": float(use.threads),
        "threads_after": float(rest),
        "rss_mb": use.resident_mb,
        "cpu_s": spent,
        "api_calls_per_s": window.calls_per_second(),
    }


@contextmanager
def driver(ground: Ground, notes: Path) -> Iterator[tuple[subprocess.Popen[bytes], Use]]:
    command = [sys.executable, "-m", "bench.driven", str(ground.folder), str(notes)]
    process, use = subprocess.Popen(command), Use()
    follower = threading.Thread(target=use.follow, args=(process.pid,))
    follower.start()
    try:
        yield process, use
    finally:
        use.ended.set()
        follower.join()
        process.kill()
        process.wait()


def threads_of(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"not so after {DEADLINE:g} s")
        time.sleep(0.5)


def phases(cluster: Cluster, names: list[str]) -> set[str]:
    found = {
        one["metadata"]["name"]: (one.get("status") or {}).get("phase") for one in cluster.select(CANARY)
    }
    return {found.get(name) or "" for name in names}


def ready(cluster: Cluster, name: str) -> bool:
    live = cluster.get(DEPLOYMENT, KEY[0], name)
    return bool(live and (live.get("status") or {}).get("readyReplicas"))


def deploy(cluster: Cluster, name: str, tag: str) -> None:
    """An application of one pod that does nothing, with its Service and route."""
    container = {"name": "app", "image": f"{IMAGE}:{tag}", "ports": [{"containerPort": 9898}]}
    deployment = {
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
    }
    backend = {"serviceName": name, "servicePort": 80}
    match = {"hosts": [f"{name}.example.com"], "paths": ["/*"]}
    cluster.apply(DEPLOYMENT, made("apps/v1", "Deployment", name, deployment))
    rule = {"name": "all", "match": match, "backends": [backend]}
    cluster.apply(ROUTE, made(ROUTE.api_version, "ApisixRoute", name, {"http": [rule]}))


def canary(name: str) -> Manifest:
    spec = {
        "provider": "apisix",
        "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "routeRef": {"apiVersion": ROUTE.api_version, "kind": "ApisixRoute", "name": name},
        "service": {"port": 80, "targetPort": 9898},
        "analysis": {"interval": f"{INTERVAL_SECONDS}s", "threshold": 10, "maxWeight": 90, "stepWeight": 1},
    }
    return made(CANARY.api_version, "Canary", name, spec)


def made(api_version: str, kind: str, name: str, spec: Any) -> Manifest:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": KEY[0]},
        "spec": spec,
    }
