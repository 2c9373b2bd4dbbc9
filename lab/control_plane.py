"""The components of a lab's control plane and of its one node: how each is started and when it is ready."""

import os
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from lab.config import Config
from lab.kubeconfig import component_kubeconfig
from lab.outside import WHERE

BINARIES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "metrics-server", "relay")
ETCD_PORT = 2379
METRICS_PORT = 4443
CLUSTER = "cluster"
"""What a component comes after that needs a furnished cluster: permissions, a node, the first service account."""


@dataclass(frozen=True)
class Component:
    """One supervised process. `port` answers on loopback once it is ready; 0: ready when it runs."""

    name: str
    argv: tuple[str, ...]
    after: tuple[str, ...] = ()
    port: int = 0
    path: str = ""  # HTTPS path that answers 200 once it is ready; without it, a connection is enough
    environment: dict[str, str] = field(default_factory=dict)


def components(config: Config) -> tuple[Component, ...]:
    """All of them, in the order in which `status` shows them."""
    return (
        _etcd(config),
        _api_server(config),
        _controller_manager(config),
        _scheduler(config),
        *(_node(config) if find_spec("lab.node.__main__") else ()),
        _python("services", "lab.services", config),
        _metrics_server(config),
    )


def _program(config: Config, name: str) -> str:
    return str(config.binaries / name)


def _python(name: str, module: str, config: Config) -> Component:
    return Component(name, (sys.executable, "-m", module, str(config.path)), after=("kube-apiserver",))


def _node(config: Config) -> tuple[Component, ...]:
    return (_python("node", "lab.node", config),)


def _etcd(config: Config) -> Component:
    client, peer = f"http://127.0.0.1:{ETCD_PORT}", f"http://127.0.0.1:{ETCD_PORT + 1}"
    argv = (
        _program(config, "etcd"),
        f"--data-dir={config.state / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",  # a lab's data need not outlive the machine
        "--log-level=warn",
    )
    return Component("etcd", argv, port=ETCD_PORT)


def _api_server(config: Config) -> Component:
    ca = config.ca
    argv = (
        _program(config, "kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{ETCD_PORT}",
        f"--secure-port={config.api_port}",
        f"--advertise-address={config.bridge_address}",
        f"--service-cluster-ip-range={config.service_cidr}",
        "--authorization-mode=RBAC",
        "--allow-privileged",
        "--profiling=false",
        f"--client-ca-file={ca / 'ca.crt'}",
        f"--token-auth-file={ca / 'tokens.csv'}",
        f"--tls-cert-file={ca / 'apiserver.crt'}",
        f"--tls-private-key-file={ca / 'apiserver.key'}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={ca / 'service-account.key'}",
        f"--service-account-signing-key-file={ca / 'service-account.key'}",
        f"--kubelet-certificate-authority={ca / 'ca.crt'}",
        f"--kubelet-client-certificate={ca / 'apiserver-kubelet-client.crt'}",
        f"--kubelet-client-key={ca / 'apiserver-kubelet-client.key'}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--requestheader-client-ca-file={ca / 'front-proxy-ca.crt'}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        f"--proxy-client-cert-file={ca / 'front-proxy-client.crt'}",
        f"--proxy-client-key-file={ca / 'front-proxy-client.key'}",
        "--enable-aggregator-routing",
    )
    return Component("kube-apiserver", argv, port=config.api_port, path="/readyz")


def _controller_manager(config: Config) -> Component:
    argv = (
        _program(config, "kube-controller-manager"),
        f"--kubeconfig={component_kubeconfig(config, 'system:kube-controller-manager')}",
        f"--service-account-private-key-file={config.ca / 'service-account.key'}",
        f"--root-ca-file={config.ca / 'ca.crt'}",
        "--use-service-account-credentials",
        # It makes an account for each of its controllers, one after the other; at the default rate that takes 5 s.
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        "--leader-elect=false",
        "--secure-port=0",
        "--profiling=false",
        # Autoscaling is waited for in tests; a third of the default keeps them short.
        "--horizontal-pod-autoscaler-sync-period=5s",
    )
    return Component("kube-controller-manager", argv, after=("kube-apiserver",))


def _scheduler(config: Config) -> Component:
    argv = (
        _program(config, "kube-scheduler"),
        f"--kubeconfig={component_kubeconfig(config, 'system:kube-scheduler')}",
        "--leader-elect=false",
        "--secure-port=0",
        "--profiling=false",
    )
    return Component("kube-scheduler", argv, after=("kube-apiserver",))


def _metrics_server(config: Config) -> Component:
    kubeconfig = component_kubeconfig(config, "system:metrics-server")
    argv = (
        _program(config, "metrics-server"),
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--secure-port={METRICS_PORT}",
        f"--tls-cert-file={config.ca / 'metrics-server.crt'}",
        f"--tls-private-key-file={config.ca / 'metrics-server.key'}",
        f"--kubelet-certificate-authority={config.ca / 'ca.crt'}",
        "--kubelet-preferred-address-types=InternalIP",
        "--metric-resolution=10s",
        "--kubelet-request-timeout=5s",
    )
    return Component("metrics-server", argv, after=(CLUSTER,))


def environment(config: Config) -> dict[str, str]:
    """What every process inside the lab has in its environment."""
    ours = str(Path(__file__).parent.parent)
    return {
        **os.environ,
        WHERE: str(config.outside),
        "KUBECONFIG": str(config.kubeconfig),
        "LAB_CONFIG": str(config.path),
        "PATH": os.pathsep.join([str(config.binaries), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(filter(None, [ours, os.environ.get("PYTHONPATH")])),
    }
