"""`python -m bench.lab`: how fast the lab is and what it costs.

Programs are got first, so that the figures are of a machine that has them. Everything runs one after the other.
"""

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.gateway import gateway_rps, split_error_points, weight_in_force_ms_p95
from bench.process import cpu_seconds
from bench.report import Goal, report
from bench.site import VERSIONS, Site
from lab import Lab
from lab.api import Api
from lab.binaries import PARTS, ensure

NAME = f"bench-{os.getpid()}"
NAMESPACE = "bench"
ROUNDS = 3
PODS = 10
IDLE_SECONDS = 20
SETTLE_SECONDS = 10  # after a rollout, before the lab counts as idle
DEADLINE = 60.0

GOALS = {
    "up_s": Goal(8),
    "down_s": Goal(3),
    "pod_ready_s": Goal(1.5),
    "rss_mb": Goal(1024),
    "idle_cpu_percent": Goal(8),
    "weight_in_force_ms_p95": Goal(300),
    "split_error_points": Goal(2),
    "gateway_rps": Goal(3000, at_least=True),
}

PROMETHEUS = """
global: {scrape_interval: 5s}
scrape_configs:
- job_name: gateway
  metrics_path: /apisix/prometheus/metrics
  static_configs: [{targets: ["gateway.bench:9091"]}]
"""


def main() -> None:
    """Measure, print, write `bench/out/lab.json`."""
    ensure(PARTS)
    ups, downs = zip(*(_up_and_down() for _ in range(ROUNDS)), strict=True)
    lab = Lab.up(NAME)
    try:
        figures = {"up_s": statistics.median(ups), "down_s": statistics.median(downs)} | _figures(lab)
    finally:
        lab.down()
    report("lab", figures, GOALS)


def _up_and_down() -> tuple[float, float]:
    started = time.perf_counter()
    lab = Lab.up(NAME)
    up = time.perf_counter()
    lab.down()
    return up - started, time.perf_counter() - up


def _figures(lab: Lab) -> dict[str, float]:
    site = Site.build(lab, NAMESPACE)
    for name in VERSIONS:  # four podinfo pods in all
        _scale(site.api, name, 2)
    _start_prometheus(site.api)
    figures = {"pod_ready_s": _pod_ready_s(site.api)}
    time.sleep(SETTLE_SECONDS)
    figures["idle_cpu_percent"] = _idle_cpu_percent(lab)
    figures["rss_mb"] = lab.status(memory=True)["resident_mb"]
    figures["weight_in_force_ms_p95"] = weight_in_force_ms_p95(site)
    figures["split_error_points"] = split_error_points(site)
    figures["gateway_rps"] = gateway_rps(site)
    return figures


def _scale(api: Api, name: str, replicas: int) -> None:
    path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{name}"
    api.request("PATCH", f"{path}/scale", {"spec": {"replicas": replicas}}, "application/merge-patch+json")
    _until(lambda: api.get(path)["status"].get("readyReplicas") == replicas)


def _start_prometheus(api: Api) -> None:
    place = {"name": "prometheus", "namespace": NAMESPACE}
    core = f"/api/v1/namespaces/{NAMESPACE}"
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": place,
        "data": {"prometheus.yml": PROMETHEUS},
    }
    api.apply(f"{core}/configmaps/prometheus", settings)
    container = {
        "name": "prometheus",
        "image": "prom/prometheus:v3.7.3",
        "volumeMounts": [{"name": "settings", "mountPath": "/etc/prometheus"}],
        "readinessProbe": {"httpGet": {"path": "/-/ready", "port": 9090}, "periodSeconds": 1},
    }
    volume = {"name": "settings", "configMap": {"name": "prometheus"}}
    spec = {"containers": [container], "volumes": [volume]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": place, "spec": spec}
    api.apply(f"{core}/pods/prometheus", pod)
    _until(lambda: _is(api.get(f"{core}/pods/prometheus"), "Ready"))


def _pod_ready_s(api: Api) -> float:
    """The longest time, of ten pods, from being scheduled to being Ready."""
    pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
    container = {
        "name": "podinfo",
        "image": "stefanprodan/podinfo:6.0.0",
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": 9898}},
    }
    waits = []
    for number in range(PODS):
        name = f"pod-{number}"
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name},
            "spec": {"containers": [container]},
        }
        api.request("POST", pods, pod)
        waits.append(_wait_for(api, f"{pods}/{name}"))
        api.request("DELETE", f"{pods}/{name}", {"gracePeriodSeconds": 0})
    return max(waits)


def _wait_for(api: Api, pod: str) -> float:
    _until(lambda: _is(api.get(pod), "PodScheduled"))
    scheduled = time.perf_counter()
    _until(lambda: _is(api.get(pod), "Ready"))
    return time.perf_counter() - scheduled


def _idle_cpu_percent(lab: Lab) -> float:
    """CPU time of all processes of the lab, in percent of one core."""
    processes = lab.processes().values()
    before = [cpu_seconds(pid) for pid in processes]
    time.sleep(IDLE_SECONDS)
    after = [cpu_seconds(pid) for pid in processes]
    spent = sum(later - sooner for sooner, later in zip(before, after, strict=True) if later > sooner)
    return 100 * spent / IDLE_SECONDS


def _is(pod: dict[str, Any], condition: str) -> bool:
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(item["type"] == condition and item["status"] == "True" for item in conditions)


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"not so after {DEADLINE:g} s; `sluice lab status -n {NAME}` may say why")
        time.sleep(0.01)


if __name__ == "__main__":
    main()
