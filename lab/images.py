"""Which program plays which image: the one table of the lab's images.

To add an image, add an entry to `IMAGES`. A program's files appear in the pod at the paths where the image has them,
so that commands, arguments, working directories and probes of real manifests work as they are. Everything else in
the pod is the machine's own: its shell, its tools, its libraries.
"""

import os
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab import binaries

INTERPRETER = ("PYTHONPATH", "LD_LIBRARY_PATH")
"""Variables without which a Python may not find its modules, or itself."""


@dataclass(frozen=True)
class Program:
    """How an image is played. `{tag}` in values of `environment` is the image's tag."""

    entrypoint: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    """Used where the manifest gives neither command nor args."""
    directory: str = "/"
    """Where it starts."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Path in the pod -> name of a program of `lab.binaries`."""
    modules: Mapping[str, str] = field(default_factory=dict)
    """Path in the pod -> Python module that is run when it is called."""
    environment: Mapping[str, str] = field(default_factory=dict)
    probe: Callable[[Sequence[str]], str | None] | None = None
    """Of a probe command that only asks the pod's own port over HTTP: PORT/PATH. None for any other command."""
    front: bool = False
    """Stands before the pod's other containers: it alone has the pod's address. They have another one, which it finds
    in LAB_BEHIND; what should reach them goes through it."""

    @property
    def scripts(self) -> dict[str, str]:
        """Path in the pod -> text of the script that runs the module, with the interpreter that runs the node."""
        needed = {name: os.environ[name] for name in INTERPRETER if name in os.environ}
        run = shlex.join(
            ["env", *(f"{name}={value}" for name, value in needed.items()), sys.executable, "-m"]
        )
        return {path: f'#!/bin/sh\nexec {run} {module} "$@"\n' for path, module in self.modules.items()}


def _podcli(argv: Sequence[str]) -> str | None:
    match list(argv):
        case ["podcli", "check", "http", where] if where.startswith("localhost:"):
            return where.removeprefix("localhost:")
    return None


def _wget(argv: Sequence[str]) -> str | None:
    match list(argv):
        case ["wget", *options, where] if "--spider" in options and where.startswith("http://localhost:"):
            return where.removeprefix("http://localhost:")
    return None


PODINFO = Program(
    entrypoint=("./podinfo",),
    directory="/home/app",
    files={"/home/app/podinfo": "podinfo", "/usr/local/bin/podcli": "podinfo"},
    environment={"LAB_IMAGE": "podinfo:{tag}", "LAB_IMAGE_TAG": "{tag}"},
    probe=_podcli,
)
ROLLOUTS_DEMO = Program(
    entrypoint=("/rollouts-demo",),
    files={"/rollouts-demo": "rollouts-demo"},
    environment={"LAB_IMAGE": "rollouts-demo:{tag}", "LAB_IMAGE_TAG": "{tag}"},
)
PROMETHEUS = Program(
    entrypoint=("/bin/prometheus",),
    arguments=("--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"),
    directory="/prometheus",
    files={"/bin/prometheus": "prometheus"},
)
ALERTMANAGER = Program(
    entrypoint=("/bin/alertmanager",),
    arguments=("--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"),
    directory="/alertmanager",
    files={"/bin/alertmanager": "alertmanager"},
)
LOADTESTER = Program(
    entrypoint=("./loadtester",),
    directory="/home/app",
    files={"/usr/local/bin/hey": "hey"},
    modules={"/home/app/loadtester": "lab.programs.loadtester"},
    probe=_wget,
)
APISIX = Program(
    entrypoint=("/docker-entrypoint.sh",),
    arguments=("docker-start",),
    directory="/usr/local/apisix",
    files={"/usr/local/bin/traefik": "traefik"},
    modules={"/docker-entrypoint.sh": "lab.gateway"},
)
APISIX_INGRESS_CONTROLLER = Program(
    entrypoint=("/app/apisix-ingress-controller",),
    directory="/app",
    modules={"/app/apisix-ingress-controller": "lab.programs.ingress_controller"},
)
APISIX_SYNCHRONISER = Program(
    entrypoint=("/app/adc",),
    directory="/app",
    modules={"/app/adc": "lab.programs.ingress_controller"},
)
INGRESS_NGINX = Program(
    arguments=("/nginx-ingress-controller",),
    files={"/usr/local/bin/nginx": "nginx"},
    modules={"/nginx-ingress-controller": "lab.ingress_nginx"},
)
ISTIOD = Program(
    entrypoint=("/usr/local/bin/pilot-discovery",),
    files={"/usr/local/bin/pilot-discovery": "pilot-discovery"},
)
ISTIO_PROXY = Program(
    entrypoint=("/usr/local/bin/pilot-agent",),
    files={"/usr/local/bin/envoy": "envoy"},
    modules={"/usr/local/bin/pilot-agent": "lab.istio"},
    environment={"ISTIO_META_ISTIO_VERSION": "{tag}"},
    front=True,
)
METRICS_ADAPTER = Program(
    entrypoint=("/kube-metrics-adapter",), modules={"/kube-metrics-adapter": "lab.programs.metrics_adapter"}
)
TRAEFIK = Program(entrypoint=("/usr/local/bin/traefik",), files={"/usr/local/bin/traefik": "traefik"})
SHELL = Program(entrypoint=(), arguments=("sh",))
CURL = Program(entrypoint=("curl",), arguments=("--help",))
PAUSE = Program(entrypoint=("sleep", "infinity"))

IMAGES: Mapping[str, Program] = {
    "stefanprodan/podinfo": PODINFO,
    "ghcr.io/stefanprodan/podinfo": PODINFO,
    "argoproj/rollouts-demo": ROLLOUTS_DEMO,
    "prom/prometheus": PROMETHEUS,
    "quay.io/prometheus/prometheus": PROMETHEUS,
    "prom/alertmanager": ALERTMANAGER,
    "quay.io/prometheus/alertmanager": ALERTMANAGER,
    "ghcr.io/fluxcd/flagger-loadtester": LOADTESTER,
    "weaveworks/flagger-loadtester": LOADTESTER,
    "apache/apisix": APISIX,
    "apache/apisix-ingress-controller": APISIX_INGRESS_CONTROLLER,
    "ghcr.io/api7/adc": APISIX_SYNCHRONISER,
    "registry.k8s.io/ingress-nginx/controller": INGRESS_NGINX,
    "istio/pilot": ISTIOD,
    "gcr.io/istio-release/pilot": ISTIOD,
    "istio/proxyv2": ISTIO_PROXY,
    "gcr.io/istio-release/proxyv2": ISTIO_PROXY,
    "ghcr.io/zalando-incubator/kube-metrics-adapter": METRICS_ADAPTER,
    "registry.opensource.zalan.do/teapot/kube-metrics-adapter": METRICS_ADAPTER,
    "traefik": TRAEFIK,
    "curlimages/curl": CURL,
    "busybox": SHELL,
    "alpine": SHELL,
    "registry.k8s.io/pause": PAUSE,
}
"""Repository -> program, at any tag."""


class UnknownImage(Exception):
    """No program plays this image; the text lists the images that have one."""


@dataclass(frozen=True)
class Image:
    """An image that a program plays."""

    name: str  # as the manifest says it
    tag: str
    program: Program
    binaries: Mapping[str, Path] = field(default_factory=dict)  # program name -> where it is on the machine

    @property
    def id(self) -> str:
        """What stands in for the image's digest in a container's status."""
        return f"lab.sluice/{_repository(self.name)}:{self.tag}"

    @property
    def environment(self) -> dict[str, str]:
        """The image's own environment."""
        return {name: value.format(tag=self.tag) for name, value in self.program.environment.items()}

    @property
    def links(self) -> dict[str, str]:
        """Path in the pod -> path on the machine."""
        return {path: str(self.binaries[name]) for path, name in self.program.files.items()}


def find(name: str) -> Image:
    """The image `name`, its programs not yet looked for. Raises `UnknownImage`."""
    program = IMAGES.get(_repository(name))
    if program is None:
        raise UnknownImage(f"the lab has no program for it; images it knows: {', '.join(known())}")
    return Image(name, _tag(name), program)


def pull(image: Image) -> Image:
    """Gets what the image needs, which may take minutes the first time. Raises `lab.errors.Missing`."""
    found = binaries.ensure(sorted(set(image.program.files.values())))
    return Image(image.name, image.tag, image.program, found)


def stands_in_front(name: str) -> bool:
    """Whether the image `name` is of a program that stands before others; one that no program plays is not."""
    program = IMAGES.get(_repository(name))
    return program is not None and program.front


def direct_check(image: Image, argv: Sequence[str], address: str) -> str | None:
    """The URL whose answer tells the same as the probe command `argv` in a pod at `address`, if there is one.

    A command in a pod costs a process each time; asking the pod's port from outside costs next to none.
    """
    place = image.program.probe(argv) if image.program.probe else None
    return place and f"http://{address}:{place}"


def known() -> Iterable[str]:
    """Names of the images in the table, sorted."""
    return sorted(IMAGES)


def _repository(name: str) -> str:
    path = name.partition("@")[0]
    head, slash, last = path.rpartition("/")
    repository = head + slash + last.partition(":")[0]
    return repository.removeprefix("docker.io/").removeprefix("library/")


def _tag(name: str) -> str:
    return name.partition("@")[0].rpartition("/")[2].partition(":")[2] or "latest"
