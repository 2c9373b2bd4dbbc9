"""The node's measurements as metrics-server and Prometheus read them from a kubelet."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lab.node import usage
from lab.node.clock import now, parse
from lab.node.pod import Pod
from lab.node.status import Running
from lab.node.usage import Usage


@dataclass(frozen=True)
class Sample:
    """One running container at one moment."""

    namespace: str
    pod: str
    container: str
    started: str
    usage: Usage


class Meter:
    """Keeps counters from falling when a process takes its share of CPU time with it."""

    def __init__(self) -> None:
        self._highest: dict[str, float] = {}  # container id -> CPU seconds

    def samples(self, pods: Iterable[Pod]) -> list[Sample]:
        """What every running container uses."""
        roots = usage.by_root()
        highest: dict[str, float] = {}
        found = []
        for pod in pods:
            metadata = pod.home.document["metadata"]
            for container in (*pod.containers, *pod.init):
                state, name = container.snapshot.state, container.snapshot.container_id
                if not isinstance(state, Running):
                    continue
                read = roots.get(container.run.root.number, Usage()) if container.run else Usage()
                highest[name] = max(read.cpu_seconds, self._highest.get(name, 0.0))
                used = Usage(highest[name], read.memory_bytes)
                found.append(
                    Sample(metadata["namespace"], metadata["name"], container.name, state.started, used)
                )
        self._highest = highest
        return found


def exposition(samples: list[Sample], machine: Usage) -> str:
    """`/metrics/resource`, in Prometheus' text format."""
    stamp = int(time.time() * 1000)
    blocks = [
        _block("node_cpu_usage_seconds_total", "counter", [("", machine.cpu_seconds)], stamp),
        _block("node_memory_working_set_bytes", "gauge", [("", machine.memory_bytes)], stamp),
    ]
    containers = [
        (f'{{container="{s.container}",namespace="{s.namespace}",pod="{s.pod}"}}', s) for s in samples
    ]
    pods = [
        (f'{{namespace="{namespace}",pod="{pod}"}}', used)
        for (namespace, pod), used in by_pod(samples).items()
    ]
    blocks += [
        _block(
            "container_cpu_usage_seconds_total",
            "counter",
            [(n, s.usage.cpu_seconds) for n, s in containers],
            stamp,
        ),
        _block(
            "container_memory_working_set_bytes",
            "gauge",
            [(n, s.usage.memory_bytes) for n, s in containers],
            stamp,
        ),
        _block(
            "container_start_time_seconds",
            "gauge",
            [(n, parse(s.started).timestamp()) for n, s in containers],
            stamp,
        ),
        _block("pod_cpu_usage_seconds_total", "counter", [(n, u.cpu_seconds) for n, u in pods], stamp),
        _block("pod_memory_working_set_bytes", "gauge", [(n, u.memory_bytes) for n, u in pods], stamp),
        "# TYPE resource_scrape_error gauge\nresource_scrape_error 0\n",
    ]
    return "".join(blocks)


def by_pod(samples: Iterable[Sample]) -> dict[tuple[str, str], Usage]:
    """(namespace, pod) -> what its containers use together."""
    sums: dict[tuple[str, str], Usage] = {}
    for sample in samples:
        key = (sample.namespace, sample.pod)
        sums[key] = sums.get(key, Usage()) + sample.usage
    return sums


def summary(node: str, samples: list[Sample], machine: Usage) -> dict[str, Any]:
    """`/stats/summary`."""
    pods: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples:
        pods.setdefault((sample.namespace, sample.pod), []).append(sample)
    sums = by_pod(samples)
    return {
        "node": {"nodeName": node, **_stats(machine)},
        "pods": [
            {
                "podRef": {"namespace": key[0], "name": key[1]},
                "containers": [
                    {"name": one.container, "startTime": one.started, **_stats(one.usage)} for one in own
                ],
                **_stats(sums[key]),
            }
            for key, own in pods.items()
        ],
    }


def _stats(used: Usage) -> dict[str, Any]:
    return {
        "cpu": {"time": now(), "usageCoreNanoSeconds": int(used.cpu_seconds * 1e9)},
        "memory": {"time": now(), "workingSetBytes": used.memory_bytes},
    }


def _block(name: str, kind: str, values: list[tuple[str, float]], stamp: int) -> str:
    lines = "".join(f"{name}{labels} {value} {stamp}\n" for labels, value in values)
    return f"# TYPE {name} {kind}\n{lines}"
