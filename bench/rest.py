"""A driver at rest: many Canaries that have nothing to do, and what `sluice run` costs meanwhile."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from automation.cluster.client import Cluster
from automation.core.kinds import CANARY, DEPLOYMENT, SERVICE, Manifest
from automation.core.marks import ATTEMPT, REVISION
from automation.core.revision_hash import revision_hash
from automation.core.status import Phase, Placement, Status
from automation.core.traffic import ALL_ON_PRIMARY
from automation.core.transitions import enter
from bench.ground import ENVIRONMENT, KEY, Ground
from bench.process import cpu_seconds
from documents.front import canary_of
from examples.story import SLUICE
from gateways.apisix import ROUTE
from lab.memory import resident_mb

CANARIES = 50
"""By default; how many a driver is built for is found out with more."""
INTERVAL = "10s"
SETTLE_SECONDS = 10.0
MEASURED_SECONDS = 30.0
DEADLINE = 20.0
ATTEMPT_ID = "at-rest"


def at_rest(ground: Ground, canaries: int = CANARIES) -> dict[str, float]:
    """CPU, memory and threads of a driver whose `canaries` Canaries, the environment's own among them, all rest.

    Raises RuntimeError when it found something to do meanwhile, or does not look after these Canaries at all.
    """
    names = [f"rest-{number:03}" for number in range(canaries - 1)]
    for name in names:
        _deploy(ground.opened.cluster, name)
    with tempfile.TemporaryFile() as said, _driver(ground, said) as process:
        time.sleep(SETTLE_SECONDS)
        before = cpu_seconds(process.pid)
        time.sleep(MEASURED_SECONDS)
        spent = cpu_seconds(process.pid) - before
        resident = resident_mb(process.pid)
        threads = len(os.listdir(f"/proc/{process.pid}/task"))
        if process.poll() is not None or _length(said):
            said.seek(0)
            raise RuntimeError(f"the driver was not at rest:\n{said.read().decode()}")
        _disturb(ground.opened.cluster, names[-1])
        _until_longer(said)
    return {
        f"idle_cpu_percent_{canaries}": 100 * spent / MEASURED_SECONDS,
        f"idle_rss_mb_{canaries}": resident,
        f"idle_threads_{canaries}": float(threads),
    }


@contextmanager
def _driver(ground: Ground, said: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(SLUICE), "run", "--env", ENVIRONMENT, "--project", str(ground.folder), "--output", "json"]
    process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=DEADLINE)


def _disturb(cluster: Cluster, name: str) -> None:
    """Make a document contradict itself, which a driver says at once and can do nothing about."""
    document = _canary(name)
    document["spec"]["analysis"]["metrics"][0]["thresholdRange"] = {"min": 99, "max": 1}
    cluster.apply(CANARY, document)


def _until_longer(said: IO[bytes]) -> None:
    end = time.monotonic() + DEADLINE
    while not _length(said):
        if time.monotonic() > end:
            raise RuntimeError("the driver does not look after the Canaries that it should rest with")
        time.sleep(0.1)


def _length(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


def _deploy(cluster: Cluster, name: str) -> None:
    """A Canary that was initialised: its target has been scaled down, and primary (which costs nothing) serves."""
    target = cluster.apply(DEPLOYMENT, _deployment(name, {}))
    revision = revision_hash(target["spec"]["template"], {})
    cluster.apply(DEPLOYMENT, _deployment(f"{name}-primary", {REVISION: revision}))
    port = {"name": "http", "port": 80, "targetPort": 9898}
    serving = {"selector": {"app": f"{name}-primary"}, "ports": [port]}
    cluster.apply(SERVICE, _object(SERVICE.api_version, "Service", name, serving))
    cluster.apply(ROUTE, _route(name, {name: 100}))
    cluster.apply(ROUTE, _route(f"{name}-{name}-canary", {f"{name}-primary": 100, f"{name}-canary": 0}))
    canary = cluster.apply(CANARY, _canary(name))
    placement = Placement(ATTEMPT_ID, "primary", ALL_ON_PRIMARY, revision)
    begun = Status(
        Phase.INITIALIZING, last_applied_spec=revision, last_promoted_spec=revision, in_force=placement
    )
    status = enter(canary_of(canary), begun, Phase.INITIALIZED, time.time())
    cluster.replace_status(CANARY, {**canary, "status": status.document()})


def _deployment(name: str, annotations: dict[str, str]) -> Manifest:
    container = {
        "name": "podinfod",
        "image": "stefanprodan/podinfo:6.0.0",
        "ports": [{"containerPort": 9898}],
    }
    spec = {
        "replicas": 0,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
    }
    return _object("apps/v1", "Deployment", name, spec, annotations)


def _route(name: str, weights: dict[str, int]) -> Manifest:
    backends = [{"serviceName": at, "servicePort": 80, "weight": weight} for at, weight in weights.items()]
    match = {"hosts": [f"{name}.example.com"], "paths": ["/*"]}
    rule = {"name": "all", "match": match, "backends": backends}
    return _object(ROUTE.api_version, "ApisixRoute", name, {"http": [rule]}, {ATTEMPT: ATTEMPT_ID})


def _canary(name: str) -> Manifest:
    spec = {
        "provider": "apisix",
        "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "routeRef": {"apiVersion": ROUTE.api_version, "kind": "ApisixRoute", "name": name},
        "service": {"port": 80, "targetPort": 9898},
        "analysis": {
            "interval": INTERVAL,
            "threshold": 10,
            "maxWeight": 50,
            "stepWeight": 10,
            "metrics": [{"name": "request-success-rate", "thresholdRange": {"min": 99}, "interval": "1m"}],
        },
    }
    return _object(CANARY.api_version, "Canary", name, spec)


def _object(
    api_version: str, kind: str, name: str, spec: Any, annotations: dict[str, str] | None = None
) -> Manifest:
    metadata = {"name": name, "namespace": KEY[0], "annotations": annotations or {}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}
