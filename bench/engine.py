"""`python -m bench.engine`: what an update costs through the Automation API, on a real API server.

Takes `--kubeconfig FILE`; without it a lab is started for the measurement. Programs are handed over as Sluice hands
them over; figures that begin with `grpc_` are those of programs that talk to the embedded engine over gRPC. Where the
official CLI is on PATH the same is measured on it, too, and shown beside. Runs follow one another; nothing else should
run meanwhile.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import automation

from automation.updates.engines import Engine, choose
from bench.report import OFFICIAL, Goal, official, report

RUNS = 30
WARM_UP = 3
RESOURCES = 25
SIZES = (100, 400)
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

    def __init__(self, engine: Engine, kubeconfig: Path, folder: Path, resources: int):
        self.weight, self._resources = 0, resources
        self.namespace = f"bench-engine-{os.getpid()}-{resources}"
        settings = automation.ProjectSettings(
            "bench", "python", backend=automation.ProjectBackend(url=f"file://{folder}")
        )
        self.stack = automation.create_or_select_stack(
            f"size-{resources}",
            project_name="bench",
            program=engine.connected(self._program),
            opts=automation.LocalWorkspaceOptions(
                pulumi_command=engine.command,
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
        series = Series(kubeconfig, Path(place), arguments.runs)
        embedded = choose({"SLUICE_ENGINE": "embedded"})
        figures = series.updates(embedded)
        figures["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        figures |= series.growth(embedded)
        over_grpc = replace(embedded, connected=lambda program: program)
        figures |= {f"grpc_{name}": figure for name, figure in series.updates(over_grpc).items()}
        if (theirs := official()) is not None:
            found = series.updates(theirs) | series.growth(theirs)
            figures |= {f"{OFFICIAL}{name}": figure for name, figure in found.items()} | _ratios(
                figures, found
            )
    report("engine", figures, GOALS)


@dataclass(frozen=True)
class Series:
    """Runs on one cluster, `runs` of each kind; stacks and packs lie below `place`."""

    kubeconfig: Path
    place: Path
    runs: int

    def updates(self, engine: Engine) -> dict[str, float]:
        """Updates and previews of a small stack."""
        bench = Bench(engine, self.kubeconfig, self._folder("state"), RESOURCES)
        pack = self._folder("pack")
        (pack / "PulumiPolicy.yaml").write_text("runtime: python\n")
        (pack / "__main__.py").write_text(PACK)
        try:
            first = _milliseconds(bench.stack.up)
            same = bench.times(bench.stack.up, self.runs)
            changed = bench.times(bench.change, self.runs)
            previewed = bench.times(bench.stack.preview, self.runs)
            packed = bench.times(lambda: bench.stack.up(policy_packs=[str(pack)]), self.runs)
        finally:
            bench.stack.destroy()
        found = {"first_ms": first, "pack_extra_ms_p50": _p50(packed) - _p50(same)}
        for name, times in (
            ("no_change", same),
            ("one_change", changed),
            ("preview", previewed),
            ("no_change_pack", packed),
        ):
            found |= {f"{name}_ms_p50": _p50(times), f"{name}_ms_p95": _p95(times)}
        return found

    def growth(self, engine: Engine) -> dict[str, float]:
        """An update without changes, of stacks that are larger."""
        found: dict[str, float] = {}
        for size in SIZES:
            bench = Bench(engine, self.kubeconfig, self._folder(f"state-{size}"), size)
            try:
                bench.stack.up()
                found[f"no_change_{size}_ms_p50"] = _p50(bench.times(bench.stack.up, RUNS_OF_SIZES))
            finally:
                bench.stack.destroy()
        return found

    def _folder(self, name: str) -> Path:
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.place))


def _ratios(ours: dict[str, float], theirs: dict[str, float]) -> dict[str, float]:
    """How many times longer the official engine takes."""
    return {
        f"{name.removesuffix('_ms_p50')}_ratio": theirs[name] / ours[name]
        for name in theirs
        if name.endswith("_ms_p50") and not name.startswith("pack")
    }


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
