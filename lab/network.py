"""The lab's network as seen from inside its namespaces: a bridge for pods, Service addresses, a hosts file."""

import ctypes
import os
import subprocess
from ipaddress import ip_network
from pathlib import Path

from lab.config import Config
from lab.errors import StartFailed

HOSTS = Path("/etc/hosts")
_MS_BIND = 4096


def prepare_network(config: Config) -> None:
    """Make bridge, addresses and routes. Raises `StartFailed` with what `ip` says."""
    length = ip_network(config.pod_cidr).prefixlen
    commands = [
        "link set lo up",
        f"link add {config.bridge} type bridge",
        f"addr add {config.bridge_address}/{length} dev {config.bridge}",
        f"link set {config.bridge} up",
        # One route makes every Service address ours to listen on.
        f"route add local {config.service_cidr} dev lo",
    ]
    outcome = subprocess.run(
        ["ip", "-batch", "-"], input="\n".join(commands), capture_output=True, text=True, check=False
    )
    if outcome.returncode:
        raise StartFailed(f"The lab's network could not be made: {outcome.stderr.strip()}")


def use_hosts_file(config: Config) -> None:
    """Let the lab's hosts file stand where /etc/hosts is, for every process in the lab's mount namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(os.fsencode(config.hosts), os.fsencode(HOSTS.resolve()), None, _MS_BIND, None):
        reason = os.strerror(ctypes.get_errno())
        raise StartFailed(f"The lab's hosts file could not be bound over {HOSTS}: {reason}")
