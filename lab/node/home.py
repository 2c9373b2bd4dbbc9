"""What the containers of one pod share: its document, folder, network and volumes, and the node's services."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from lab import images
from lab.config import Config
from lab.node.checks import Checker
from lab.node.environment import PATH, Sources, Spec
from lab.node.events import Events
from lab.node.kubernetes import Api, Document
from lab.node.names import resolver_file
from lab.node.network import Attachment, Network
from lab.node.process import Layer, Mount, Room
from lab.node.volumes import Volumes

DEFAULT_GRACE = 30
LONGEST_LAST_WORDS = 4096
HERE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Services:
    """What the node has for all pods."""

    config: Config
    api: Api
    events: Events
    checker: Checker
    network: Network
    capacity: Mapping[str, str]
    longest_backoff: float


@dataclass
class Home:
    """One pod's. `changed` is called whenever its status may have."""

    services: Services
    document: Document
    changed: Callable[[], None]
    attachment: Attachment | None = None
    behind: Attachment | None = None  # of containers before which another one stands
    folder: Path = field(init=False)
    volumes: Volumes = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.services.config.state / "pods" / self.document["metadata"]["uid"]
        self.volumes = Volumes(
            self.services.api, self.document, self.folder / "volumes", self.services.capacity
        )

    def take(self, document: Document) -> None:
        """Replaces the pod's document by a newer one."""
        self.document = self.volumes.pod = document

    @property
    def name(self) -> str:
        """`pod_namespace(uid)`, as the kubelet names a pod in messages."""
        metadata = self.document["metadata"]
        return f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"

    @property
    def address(self) -> str:
        """The pod's address; the node's own for a pod in the host's network."""
        if self.document["spec"].get("hostNetwork"):
            return self.services.config.node_address
        return self.attachment.address if self.attachment else ""

    @property
    def fronted(self) -> bool:
        """Whether one of its containers stands before the others."""
        spec = self.document["spec"]
        containers = (*spec.get("initContainers", ()), *spec["containers"])
        return len({images.stands_in_front(container["image"]) for container in containers}) > 1

    def reached(self, image: images.Image) -> str:
        """The address at which the node itself reaches a container of that image."""
        place = self._place(image)
        return place.address if place else self.address

    @property
    def hostname(self) -> str:
        """What the pod calls itself."""
        return str(self.document["spec"].get("hostname") or self.document["metadata"]["name"])

    @property
    def grace(self) -> float:
        """Seconds that a container has to end by itself."""
        default = self.document["spec"].get("terminationGracePeriodSeconds", DEFAULT_GRACE)
        return float(self.document["metadata"].get("deletionGracePeriodSeconds", default))

    def tell(self, reason: str, message: str, container: str = "") -> None:
        """An event about the pod, or about one of its containers (by field path)."""
        self.services.events.tell(self.document, reason, message, container)

    def log(self, container: str, run: int) -> Path:
        """Where a container's output goes in its `run`-th run."""
        return self.folder / "logs" / container / f"{run}.log"

    def room(self, spec: Spec, image: images.Image) -> Room:
        """Where a container's program runs."""
        scratch = self.folder / "roots" / spec["name"]
        scratch.mkdir(parents=True, exist_ok=True)
        directories = (image.program.directory, spec.get("workingDir") or "/")
        place = self._place(image)
        return Room(
            scratch=scratch,
            hostname=self.hostname,
            network=place.namespace.descriptor if place else None,
            layer=Layer(image.links, image.program.scripts, directories),
            mounts=(*self._machine(), self._resolver(), self._message_file(spec), *self._volumes(spec)),
        )

    def last_words(self, spec: Spec) -> str:
        """What a container that ended left as its termination message."""
        file = self._words(spec)
        words = file.read_text(errors="replace")[:LONGEST_LAST_WORDS]
        file.write_text("")
        return words

    async def sources(self, spec: Spec) -> Sources:
        """What the container's variables may refer to."""
        pod = {
            **self.document,
            "status": {"hostIP": self.services.config.node_address, "podIP": self.address},
        }
        pod["status"]["podIPs"] = [{"ip": self.address}]
        configmaps = {name: _text(await self.volumes.configmap(name)) for name in _named(spec, "configMap")}
        secrets = {name: _text(await self.volumes.secret(name)) for name in _named(spec, "secret")}
        return Sources(pod, self.services.capacity, configmaps, secrets)

    def environment(self, image: images.Image) -> dict[str, str]:
        """Variables that a container has before its own."""
        config = self.services.config
        return {
            "PATH": PATH,
            "HOME": "/",
            "HOSTNAME": self.hostname,
            "KUBERNETES_SERVICE_HOST": _first_service_address(config.service_cidr),
            "KUBERNETES_SERVICE_PORT": "443",
            "KUBERNETES_SERVICE_PORT_HTTPS": "443",
            "LAB_CONFIG": str(config.path),
            "LAB_FAULTS": str(config.faults),
            **({"LAB_BEHIND": self.behind.address} if self.behind and image.program.front else {}),
            **image.environment,
        }

    def _place(self, image: images.Image) -> Attachment | None:
        return self.attachment if image.program.front else self.behind or self.attachment

    def _machine(self) -> tuple[Mount, ...]:
        """What changes while a pod runs must be bound: through an overlay, a replaced file stays the old one."""
        config = self.services.config
        folders = {config.state, config.cache, config.binaries, HERE, *interpreter_folders()}
        return (
            *(Mount(folder, str(folder), read_only=True) for folder in folders),
            Mount(config.hosts, "/etc/hosts"),
        )

    def _resolver(self) -> Mount:
        file = self.folder / "resolv.conf"
        file.write_text(
            resolver_file(self.services.config.node_address, self.document["metadata"]["namespace"])
        )
        return Mount(file, "/etc/resolv.conf")

    def _message_file(self, spec: Spec) -> Mount:
        file = self._words(spec)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        return Mount(file, spec.get("terminationMessagePath", "/dev/termination-log"))

    def _words(self, spec: Spec) -> Path:
        return self.folder / "messages" / str(spec["name"])

    def _volumes(self, spec: Spec) -> tuple[Mount, ...]:
        mounts = []
        for entry in spec.get("volumeMounts", ()):
            source = self.volumes.source(entry["name"])
            if entry.get("subPath"):
                source = source / entry["subPath"]
                if not source.exists():
                    source.mkdir(parents=True)
                source = source.resolve()
            mounts.append(Mount(source, entry["mountPath"], entry.get("readOnly", False)))
        return tuple(mounts)


def interpreter_folders() -> set[Path]:
    """Folders that are Python's alone. A system's own Python lies in /usr, which the pod's root has anyhow: bound
    once more it would hide what the image has there."""
    shared = {Path(folder).parent for folder in PATH.split(":")}
    return {Path(sys.prefix), Path(sys.base_prefix)} - shared


def _named(spec: Spec, kind: str) -> set[str]:
    """Names of the ConfigMaps or Secrets that a container's variables refer to."""
    whole = {entry[f"{kind}Ref"]["name"] for entry in spec.get("envFrom", ()) if f"{kind}Ref" in entry}
    origins = [entry["valueFrom"] for entry in spec.get("env", ()) if "valueFrom" in entry]
    return whole | {origin[f"{kind}KeyRef"]["name"] for origin in origins if f"{kind}KeyRef" in origin}


def _text(data: Mapping[str, bytes] | None) -> dict[str, str] | None:
    return None if data is None else {key: value.decode(errors="replace") for key, value in data.items()}


def _first_service_address(cidr: str) -> str:
    """Where the API server's own Service is: the first address of the range."""
    return str(ip_network(cidr)[1])
