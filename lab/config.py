"""What every process of a lab is told: names, addresses and paths, as one JSON document.

`Config` is written once, by whoever brings the lab up, and read by the supervisor, the node, the service
proxy and the programs that pods run (they find its path in the environment as `LAB_CONFIG`).
"""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

PATHS = ("state", "cache", "kubeconfig", "hosts", "ca", "faults", "binaries")


@dataclass(frozen=True)
class Config:
    """Addresses are the same in every lab: each has a network of its own."""

    name: str
    state: Path  # everything this lab writes; removed when it goes down
    cache: Path  # shared by all labs and checkouts: downloaded and built programs
    kubeconfig: Path  # administrator's, for processes inside the lab
    hosts: Path  # what /etc/hosts is inside the lab
    ca: Path  # folder of certificates, keys and tokens
    faults: Path  # JSON: image -> what is wrong with it
    binaries: Path  # folder of links to the programs in use
    bridge: str = "sluice0"
    bridge_address: str = "10.244.0.1"
    pod_cidr: str = "10.244.0.0/16"
    service_cidr: str = "10.96.0.0/16"
    node_name: str = "lab"
    node_address: str = "10.244.0.1"
    kubelet_port: int = 10250
    api_port: int = 6443

    @classmethod
    def of(cls, name: str, state: Path, cache: Path) -> Self:
        """The configuration of the lab `name` that lives in the folder `state`."""
        return cls(
            name=name,
            state=state,
            cache=cache,
            kubeconfig=state / "inside.kubeconfig",
            hosts=state / "hosts",
            ca=state / "ca",
            faults=state / "faults.json",
            binaries=state / "bin",
        )

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The configuration that `write` left at `path`."""
        document: dict[str, Any] = json.loads(Path(path).read_text())
        for key in PATHS:
            document[key] = Path(document[key])
        return cls(**document)

    def write(self) -> Path:
        """Write the document into the state folder and return its path."""
        self.path.write_text(json.dumps(asdict(self), default=str, indent=2))
        return self.path

    @property
    def path(self) -> Path:
        """Where the document itself is."""
        return self.state / "config.json"

    @property
    def logs(self) -> Path:
        """Folder of one log for each part."""
        return self.state / "logs"

    @property
    def control(self) -> Path:
        """Unix socket on which the supervisor takes requests."""
        return self.state / "control.sock"

    @property
    def outside(self) -> Path:
        """Unix socket on which programs that are missing inside can be asked for."""
        return self.state / "outside.sock"

    @property
    def host_kubeconfig(self) -> Path:
        """Administrator's kubeconfig for the machine outside the lab."""
        return self.state / "kubeconfig"


def labs_folder() -> Path:
    """The folder that holds this user's labs, each in a folder of its name."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.access(runtime, os.W_OK):
        return Path(runtime) / "sluice-lab"
    return Path(tempfile.gettempdir()) / f"sluice-lab-{os.getuid()}"


def cache_folder() -> Path:
    """Where downloaded and built programs are kept (`SLUICE_CACHE`, or `~/.cache/sluice`)."""
    chosen = os.environ.get("SLUICE_CACHE")
    return Path(chosen).absolute() if chosen else Path.home() / ".cache" / "sluice"
