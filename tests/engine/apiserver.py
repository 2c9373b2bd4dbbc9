"""A real control plane for tests: etcd, kube-apiserver and kube-controller-manager on loopback.

It lives in a temporary folder and is gone afterwards. There are no nodes: ReplicaSets, EndpointSlices, namespaces
and garbage collection are the real thing, but a pod runs only if a test writes its status.
"""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lab.binaries import ensure

TOKEN = "admintoken"
BINARIES = ("etcd", "kube-apiserver", "kube-controller-manager")


@dataclass
class ApiServer:
    """A running control plane. `stop` ends every process that was started, by its id."""

    folder: Path
    binaries: dict[str, Path]
    port: int = 0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @classmethod
    def start(cls, folder: Path) -> ApiServer:
        """Starts everything in `folder` (about three seconds) and waits until the API server serves.

        Raises RuntimeError with the ends of the logs when it does not.
        """
        server = cls(folder, ensure(BINARIES))
        try:
            server._start()
        except BaseException:
            server.stop()
            raise
        return server

    def _start_controllers(self) -> None:
        self._run(
            "kube-controller-manager",
            f"--kubeconfig={self.kubeconfig}",
            f"--service-account-private-key-file={self.folder / 'sa.key'}",
            "--use-service-account-credentials=false",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={free_port()}",
        )

    def stop(self) -> None:
        """Kills them: nothing of what they hold is worth an orderly end."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
        self.processes.clear()

    def _start(self) -> None:
        clients, peers = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self.port = free_port()
        _write_key(self.folder / "sa.key")
        (self.folder / "tokens.csv").write_text(f'{TOKEN},admin,1,"system:masters"\n')
        self._run(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={clients}",
            f"--advertise-client-urls={clients}",
            f"--listen-peer-urls={peers}",
            "--unsafe-no-fsync",
            "--log-level=error",
        )
        self._run(
            "kube-apiserver",
            f"--etcd-servers={clients}",
            f"--secure-port={self.port}",
            "--bind-address=127.0.0.1",
            f"--cert-dir={self.folder / 'certs'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.folder / 'sa.key'}",
            f"--service-account-signing-key-file={self.folder / 'sa.key'}",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=RBAC",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged",
            "--endpoint-reconciler-type=none",
        )
        self._wait_until_ready(seconds=60)
        self.kubeconfig.write_text(yaml.safe_dump(self._kubeconfig()))
        self._start_controllers()

    def _run(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            command = [str(self.binaries[name]), *arguments]
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL))

    def _wait_until_ready(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._ready():
            dead = next((process for process in self.processes if process.poll() is not None), None)
            if dead or time.monotonic() > deadline:
                raise RuntimeError(
                    f"the API server did not start; its logs are in {self.folder}:\n{self._logs()}"
                )
            time.sleep(0.05)

    def _ready(self) -> bool:
        request = urllib.request.Request(f"{self.url}/readyz", headers={"Authorization": f"Bearer {TOKEN}"})
        try:
            context = ssl._create_unverified_context()
            return bool(urllib.request.urlopen(request, context=context, timeout=2).status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _logs(self) -> str:
        return "".join(log.read_text(errors="replace")[-2000:] for log in sorted(self.folder.glob("*.log")))

    def _kubeconfig(self) -> dict[str, object]:
        cluster = {"server": self.url, "certificate-authority": str(self.folder / "certs" / "apiserver.crt")}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": TOKEN}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        }


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _write_key(path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.PrivateFormat.TraditionalOpenSSL
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, serialization.NoEncryption()))
