"""`python -m bench.engine`: what an update costs through the Automation API, on a real API server.

Takes `--kubeconfig FILE`; without it a lab is started for the measurement. Where the official CLI is on PATH the
same is measured on it, too, and shown as a ratio. Runs follow one another; nothing else should run meanwhile.
"""

import argparse
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import automation

from bench.report import Goal, report
from engine import EmbeddedPulumi

RUNS = 30
WARM_UP = 3
RESOURCES = 25
SIZES = (100, 400)  # how the time grows, beside RESOURCES
RUNS_OF_SIZES = 5
RULES = 10

GOALS = {
    "no_change_ms_p50": Goal(100),
    "one_change_ms_p50": Goal(120),
    "preview_ms_p50": Goal(100),
    "pack_extra_ms_p50": Goal(50),
    "no_change_100_ms_p50": Goal(300),
    "no_change_400_ms_p50": Goal(1000),
    "rss_mb": Goal(200),
}

PACK = f"""
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

def labelled(args, report):
    if args.resource_type == "kubernetes:apps/v1:Deployment" and not args.props.get("metadata", {{}}).get("labels"):
        report("label it")

PolicyPack("bench", [
    ResourceValidationPolicy(f"rule-{{number}}", "Workloads are labelled.", labelled, EnforcementLevel.MANDATORY)
    for number in range({RULES})
])
"""


class Bench:
    """One stack of one engine; `weight` is what changes from update to update."""

    def __init__(self, command: Any, kubeconfig: Path, folder: Path, resources: int):
        self.weight, self._resources = 0, resources
        self.namespace = f"bench-engine-{os.getpid()}-{resources}"
        settings = automation.ProjectSettings(
            "bench", "python", backend=automation.ProjectBackend(url=f"file://{folder}")
        )
        self.stack = automation.create_or_select_stack(
            f"size-{resources}",
            project_name="bench",
            program=self._program,
            opts=automation.LocalWorkspaceOptions(
                pulumi_command=command,
                project_settings=settings,
                env_vars={"PULUMI_CONFIG_PASSPHRASE": "bench", "KUBECONFIG": str(kubeconfig)},
            ),
        )

    def _program(self) -> None:
        """The stack, the namespace, a Service and ConfigMaps, all in all as many as were asked for."""
        own = kubernetes.core.v1.Namespace("own", metadata={"name": self.namespace})
        place = {"namespace": own.metadata["name"]}
        kubernetes.core.v1.Service(
            "front",
            metadata={
                **place,
                "name": "front",
                "annotations": {"pulumi.com/skipAwait": "true", "weight": str(self.weight)},
            },
            spec={"ports": [{"port": 80}], "selector": {"app": "front"}},
        )
        for number in range(self._resources - 3):
            name = f"settings-{number}"
            kubernetes.core.v1.ConfigMap(name, metadata={**place, "name": name}, data={"number": str(number)})
        pulumi.export("weight", self.weight)

    def change(self) -> None:
        """Update with one resource changed."""
        self.weight += 1
        self.stack.up()

    def times(self, work: Callable[[], Any], runs: int) -> list[float]:
        """Milliseconds of each run, sorted, after a warm-up that is not counted."""
        for _ in range(WARM_UP):
            work()
        return sorted(_milliseconds(work) for _ in range(runs))


def main() -> None:
    """Measure, print, write `bench/out/engine.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kubeconfig", type=Path, help="a cluster to use (default: a lab of its own)")
    parser.add_argument("--runs", type=int, default=RUNS)
    arguments = parser.parse_args()
    with _cluster(arguments.kubeconfig) as kubeconfig, tempfile.TemporaryDirectory() as place:
        figures = _measured(EmbeddedPulumi(), kubeconfig, Path(place), arguments.runs)
        figures["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        figures |= _growth(kubeconfig, Path(place))
        figures |= _official(kubeconfig, Path(place), arguments.runs, figures)
    report("engine", figures, GOALS)


def _measured(command: Any, kubeconfig: Path, place: Path, runs: int, prefix: str = "") -> dict[str, float]:
    bench = Bench(command, kubeconfig, _folder(place, f"{prefix}state"), RESOURCES)
    pack = _folder(place, f"{prefix}pack")
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (pack / "__main__.py").write_text(PACK)
    try:
        first = _milliseconds(bench.stack.up)
        same = bench.times(bench.stack.up, runs)
        changed = bench.times(bench.change, runs)
        previewed = bench.times(bench.stack.preview, runs)
        packed = bench.times(lambda: bench.stack.up(policy_packs=[str(pack)]), runs)
    finally:
        bench.stack.destroy()
    found = {f"{prefix}first_ms": first, f"{prefix}pack_extra_ms_p50": _p50(packed) - _p50(same)}
    for name, times in (
        ("no_change", same),
        ("one_change", changed),
        ("preview", previewed),
        ("no_change_pack", packed),
    ):
        found |= {f"{prefix}{name}_ms_p50": _p50(times), f"{prefix}{name}_ms_p95": _p95(times)}
    return found


def _growth(kubeconfig: Path, place: Path) -> dict[str, float]:
    """An update without changes, of stacks that are larger."""
    found: dict[str, float] = {}
    for size in SIZES:
        bench = Bench(EmbeddedPulumi(), kubeconfig, _folder(place, f"state-{size}"), size)
        try:
            bench.stack.up()
            found[f"no_change_{size}_ms_p50"] = _p50(bench.times(bench.stack.up, RUNS_OF_SIZES))
        finally:
            bench.stack.destroy()
    return found


def _official(kubeconfig: Path, place: Path, runs: int, ours: dict[str, float]) -> dict[str, float]:
    """The same with the official CLI, and how many times longer it takes; nothing where it is not installed."""
    if shutil.which("pulumi") is None:
        return {}
    theirs = _measured(automation.PulumiCommand(), kubeconfig, place, runs, "official_")
    ratios = {
        f"{name.removesuffix('_ms_p50')}_ratio": theirs[f"official_{name}"] / ours[name]
        for name in ours
        if name.endswith("_ms_p50") and not name.startswith("pack")
    }
    return theirs | ratios


@contextmanager
def _cluster(kubeconfig: Path | None) -> Iterator[Path]:
    if kubeconfig is not None:
        yield kubeconfig.absolute()
        return
    from lab import Lab

    lab = Lab.up(f"bench-engine-{os.getpid()}")
    try:
        yield lab.kubeconfig
    finally:
        lab.down()


def _folder(place: Path, name: str) -> Path:
    folder = place / name
    folder.mkdir()
    return folder


def _milliseconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def _p50(times: list[float]) -> float:
    return statistics.median(times)


def _p95(times: list[float]) -> float:
    return times[min(len(times) - 1, int(len(times) * 0.95))]


if __name__ == "__main__":
    main()
