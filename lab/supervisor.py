"""`python -m lab.supervisor CONFIG TETHER [DOOR, SOCKET]…`: the first process inside a lab's namespaces.

It prepares the network, keeps every component running, takes requests from the command line, and reaps what its
descendants leave. Being the first process of its namespace, it takes everything with it when it ends.
"""

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable
from typing import Any

from lab import control
from lab.addons import install_addons
from lab.api import Api, ApiError
from lab.cables import plug, send
from lab.config import Config
from lab.control_plane import CLUSTER, Component, components, environment
from lab.errors import LabError
from lab.forward import Door, Outage, send_door, send_outage
from lab.memory import all_resident_mb, resident_mb
from lab.network import prepare_network, use_hosts_file
from lab.unit import Unit

GRACE = 1.0  # seconds that the node has to clean up when the lab goes down
AGAIN = 0.1  # seconds between two tries of a request that the API server can't serve yet


class Supervisor:
    """Everything a lab's first process knows."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.channel, self.forwarders_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.doors: dict[str, tuple[Door, int]] = {}
        self.outage: Outage | None = None
        self.waiting_for = "the API server"
        self.furnished = asyncio.Event()
        self.over = asyncio.Event()
        self.units = {component.name: self._unit(component) for component in components(config)}
        forward = Component("forward", (sys.executable, "-m", "lab.forward", str(config.path)))
        self.units["forward"] = self._unit(
            forward, stdin=self.forwarders_end.fileno(), started=self._tell_all
        )

    def _unit(self, component: Component, **options: Any) -> Unit:
        return Unit(
            component, self.config.logs / f"{component.name}.log", environment(self.config), **options
        )

    def _reached(self, name: str) -> asyncio.Event:
        return self.furnished if name == CLUSTER else self.units[name].ready

    async def run(self, tether: int) -> None:
        """Returns when the lab is to go down; so it is when the other end of `tether` is closed."""
        loop = asyncio.get_running_loop()
        loop.add_reader(tether, self._cut_loose, tether)
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        loop.add_signal_handler(signal.SIGTERM, self.over.set)
        tls = ssl.create_default_context(cafile=self.config.ca / "ca.crt")
        tasks = [loop.create_task(control.serve(self.config, self._handle))]
        for unit in self.units.values():
            before = [self._reached(name) for name in unit.component.after]
            tasks.append(loop.create_task(unit.run(before, tls)))
        tasks.append(loop.create_task(self._furnish()))
        over = loop.create_task(self.over.wait())
        await asyncio.wait([over, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done() and task.exception():
                raise RuntimeError("a task of the supervisor failed") from task.exception()
        await self._wind_up()

    def _cut_loose(self, tether: int) -> None:
        asyncio.get_running_loop().remove_reader(tether)
        self.over.set()

    async def _furnish(self) -> None:
        """Install what the cluster has from the start, and see when it can take pods."""
        await self.units["kube-apiserver"].ready.wait()
        api = Api(self.config.kubeconfig)
        self.waiting_for = "the first service account"
        await _until(lambda: api.get("/api/v1/namespaces/default/serviceaccounts/default"))
        if "node" in self.units:
            self.waiting_for = "the node"
            await _until(lambda: _require_ready(api.get(f"/api/v1/nodes/{self.config.node_name}")))
        self.waiting_for = "the add-ons"
        await _until(lambda: install_addons(api, self.config))
        self.waiting_for = ""
        self.furnished.set()
        await self.over.wait()

    async def _wind_up(self) -> None:
        """Only the node may have made something outside our namespaces; the kernel ends the rest with us."""
        if node := self.units.get("node"):
            node.stop()
            end = time.monotonic() + GRACE
            while node.pid and time.monotonic() < end:
                await asyncio.sleep(0.02)

    def _reap(self) -> None:
        by_pid = {unit.pid: unit for unit in self.units.values() if unit.pid}
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if pid in by_pid:
                by_pid[pid].reaped()

    def lead(self, door: Door, listener: int) -> None:
        """Have connections to the socket `listener` forwarded, also by a later forwarder."""
        self.doors[door.name] = (door, listener)
        if self.units["forward"].pid:
            send_door(self.channel, door, listener)

    def _suffer(self, outage: Outage) -> None:
        self.outage = outage
        if self.units["forward"].pid:
            send_outage(self.channel, outage)

    def _tell_all(self) -> None:
        """A forwarder that has just been started knows nothing."""
        for door, listener in self.doors.values():
            send_door(self.channel, door, listener)
        if self.outage:
            send_outage(self.channel, self.outage)

    async def _handle(self, request: dict[str, Any], sockets: list[int]) -> dict[str, Any]:
        verbs: dict[str, Callable[[], Any]] = {
            "status": lambda: None,
            "stop": lambda: self._named(request).stop(),
            "start": lambda: self._named(request).start(),
            "restart": lambda: self._restart(self._named(request)),
            "kill": lambda: self._named(request).kill(),
            "freeze": lambda: self._named(request).freeze(True),
            "thaw": lambda: self._named(request).freeze(False),
            "forward": lambda: self.lead(Door(**request["door"]), sockets[0]),
            "outage": lambda: self._suffer(Outage(**request["outage"])),
            "plug": lambda: plug(request["addresses"], request["plugged"]),
            "send": lambda: send(request["addresses"], signal.Signals(request["signal"])),
        }
        verbs[request["do"]]()
        return self._status(memory=request["do"] == "status" and bool(request.get("memory")))

    def _named(self, request: dict[str, Any]) -> Unit:
        name = request["component"]
        if name not in self.units:
            raise LabError(f"The lab has no component {name!r}. It has: {', '.join(self.units)}.")
        return self.units[name]

    def _restart(self, unit: Unit) -> None:
        unit.stop()
        unit.start()

    def _status(self, memory: bool) -> dict[str, Any]:
        described = [_described(unit) for unit in self.units.values()]
        document: dict[str, Any] = {
            "waiting_for": self.waiting_for,
            "components": described,
            "doors": {name: door.number for name, (door, _) in self.doors.items()},
        }
        if memory:
            document["resident_mb"] = all_resident_mb()
            for component in described:
                component["resident_mb"] = resident_mb(component["pid"])
        return document


def _described(unit: Unit) -> dict[str, Any]:
    return {
        "name": unit.component.name,
        "state": unit.state,
        "pid": unit.pid,
        "restarts": unit.restarts,
        "failures": unit.failures,
    }


async def _until(attempt: Callable[[], Any]) -> None:
    while True:
        try:
            await asyncio.to_thread(attempt)
            return
        except ApiError:
            await asyncio.sleep(AGAIN)


def _require_ready(node: dict[str, Any]) -> None:
    conditions = node.get("status", {}).get("conditions") or ()
    if not any(item["type"] == "Ready" and item["status"] == "True" for item in conditions):
        raise ApiError(0, "The node is not ready.")


def main() -> None:
    """Arguments: configuration, a pipe that ends with whoever started us, and doors with their sockets as JSON."""
    config = Config.read(sys.argv[1])
    prepare_network(config)
    use_hosts_file(config)
    supervisor = Supervisor(config)
    for argument in sys.argv[3:]:
        door, listener = json.loads(argument)
        supervisor.lead(Door(**door), listener)
    asyncio.run(supervisor.run(tether=int(sys.argv[2])))


if __name__ == "__main__":
    main()
