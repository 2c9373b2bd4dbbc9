"""The node as the cluster sees it: its object, its lease, what it has."""

import asyncio
import os
import platform
from pathlib import Path
from typing import Any

import structlog

from lab import images
from lab.config import Config
from lab.node.clock import now, precise
from lab.node.kubernetes import STRATEGIC, UNREACHABLE, Api, Document, Refused

LEASE_SECONDS, RENEW_SECONDS = 40, 10
STATUS_EVERY = 6  # renewals
VERSION = "v1.36.3"
CPUS_FOR_EACH = 4
"""Requests are promises that a small machine can't keep; the lab's pods are mostly idle and may promise more."""

log = structlog.get_logger()


class Registration:
    """Registers the node and keeps it Ready."""

    def __init__(self, config: Config, api: Api) -> None:
        self._config, self._api, self._name = config, api, config.node_name

    async def run(self) -> None:
        """Keeps the node registered, until cancelled."""
        renewals = 0
        while True:
            try:
                if renewals % STATUS_EVERY == 0:
                    await self._register()
                await self._renew()
                renewals += 1
                await asyncio.sleep(RENEW_SECONDS)
            except (Refused, *UNREACHABLE) as error:
                log.info("node not registered yet", reason=str(error) or type(error).__name__)
                renewals = 0
                await asyncio.sleep(0.5)

    async def _register(self) -> None:
        try:
            present = await self._api.get(f"/api/v1/nodes/{self._name}")
        except Refused as refusal:
            if refusal.code != 404:
                raise
            present = await self._api.create("/api/v1/nodes", _node(self._config))
        known = {entry["type"]: entry for entry in present.get("status", {}).get("conditions", ())}
        await self._api.patch(
            f"/api/v1/nodes/{self._name}/status", {"status": _status(self._config, known)}, STRATEGIC
        )

    async def _renew(self) -> None:
        path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
        spec = {"holderIdentity": self._name, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": precise()}
        try:
            await self._api.patch(f"{path}/{self._name}", {"spec": spec})
        except Refused as refusal:
            if refusal.code != 404:
                raise
            await self._api.create(path, {"metadata": {"name": self._name}, "spec": spec})


def capacity() -> dict[str, str]:
    """What the node offers to pods."""
    return {
        "cpu": str(CPUS_FOR_EACH * (os.cpu_count() or 1)),
        "memory": f"{_memory_kib()}Ki",
        "ephemeral-storage": f"{_disk_kib()}Ki",
        "pods": "250",
    }


def _node(config: Config) -> Document:
    machine = {"amd64": "amd64", "x86_64": "amd64", "aarch64": "arm64"}.get(
        platform.machine(), platform.machine()
    )
    labels = {
        "kubernetes.io/hostname": config.node_name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": machine,
        "node.kubernetes.io/instance-type": "lab",
    }
    return {"metadata": {"name": config.node_name, "labels": labels}, "spec": {}}


def _status(config: Config, known: dict[str, Any]) -> Document:
    return {
        "capacity": capacity(),
        "allocatable": capacity(),
        "conditions": [_condition(known.get(kind), kind, *said) for kind, said in _CONDITIONS.items()],
        "addresses": [
            {"type": "InternalIP", "address": config.node_address},
            {"type": "Hostname", "address": config.node_name},
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": config.kubelet_port}},
        "declaredFeatures": ["ExtendWebSocketsToKubelet"],
        "images": [{"names": [name], "sizeBytes": 0} for name in images.known()][:50],
        "nodeInfo": _node_info(),
    }


_CONDITIONS = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("True", "KubeletReady", "the lab's node is posting ready status"),
}


def _condition(known: Document | None, kind: str, status: str, reason: str, message: str) -> Document:
    since = known["lastTransitionTime"] if known and known["status"] == status else now()
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastHeartbeatTime": now(),
        "lastTransitionTime": since,
    }


def _node_info() -> Document:
    return {
        "machineID": "",
        "systemUUID": "",
        "bootID": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        "kernelVersion": platform.release(),
        "osImage": "Sluice lab (pods are processes)",
        "containerRuntimeVersion": "lab://1",
        "kubeletVersion": VERSION,
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": platform.machine(),
    }


def _memory_kib() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1024


def _disk_kib() -> int:
    disk = os.statvfs("/")
    return disk.f_blocks * disk.f_frsize // 1024
