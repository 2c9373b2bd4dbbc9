"""`Lab`: a running lab, to be used from Python as the command line uses it."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from lab import doors, launch
from lab.api import Api
from lab.binaries import Report
from lab.config import Config, cache_folder, labs_folder
from lab.control import ask, supervisor_pid
from lab.control_plane import environment
from lab.errors import AlreadyRunning, LabError, NotRunning
from lab.faults import Fault, clear_faults, set_fault
from lab.forward import Door, Outage
from lab.namespaces import enter, processes
from lab.startup import wait_ready

TOO_LONG = 2.0  # seconds that a lab has to go down by itself


@dataclass(frozen=True)
class Lab:
    """A lab that runs (or ran). `cleaned` says that something of a dead lab was in its place before."""

    config: Config
    cleaned: bool = False

    @classmethod
    def up(
        cls, name: str = "lab", *, ports: Mapping[str, int] | None = None, report: Report | None = None
    ) -> Self:
        """Start the lab `name` and wait until pods can be made in it.

        `ports` chooses ports of the machine for `api`, `gateway` and `prometheus`; others are free ones.
        Raises `AlreadyRunning`, `Missing`, `Forbidden`, `StartFailed`, or `LabError` for a port that is taken.
        """
        config = cls.named(name).config
        lock = launch.claim(config.state)
        if lock is None:
            raise AlreadyRunning(
                f"The lab {name!r} runs already. `sluice lab status --name {name}` shows it."
            )
        lab = cls(config, cleaned=launch.empty(config.state))
        try:
            first = launch.launch(config, lock, ports or {}, report)
        except OSError as problem:
            lab._remove()
            raise LabError(f"The lab {name!r} could not be made in {config.state}: {problem}.") from problem
        except BaseException:
            lab._remove()
            raise
        finally:
            os.close(lock)
        try:
            wait_ready(config, first)
        except BaseException:
            lab._end(first.pid)
            raise
        return lab

    @classmethod
    def named(cls, name: str = "lab") -> Self:
        """The lab of that name, whether it runs or not."""
        return cls(Config.of(name, labs_folder() / name, cache_folder()))

    @classmethod
    def find(cls, name: str = "lab") -> Self:
        """The running lab of that name. Raises `NotRunning`."""
        lab = cls.named(name)
        supervisor_pid(lab.config)
        return lab

    @property
    def kubeconfig(self) -> Path:
        """Administrator's kubeconfig for processes on the machine."""
        return self.config.host_kubeconfig

    @property
    def addresses(self) -> dict[str, str]:
        """What leads into the lab: name of the door -> `127.0.0.1:PORT`."""
        return {name: f"127.0.0.1:{number}" for name, number in self.status()["doors"].items()}

    def doors(self) -> dict[str, str]:
        """What is wrong with each of `addresses`, "" where it answers."""
        return doors.asked(self.addresses)

    def status(self, memory: bool = False) -> dict[str, Any]:
        """What the supervisor says: `components`, `doors`, and what start-up is still `waiting_for` ('': nothing)."""
        return ask(self.config, {"do": "status", "memory": memory})

    def processes(self) -> dict[int, int]:
        """Every process of the lab: number inside -> number on the machine."""
        return processes(supervisor_pid(self.config))

    def exec(self, argv: Sequence[str], **options: Any) -> subprocess.CompletedProcess[Any]:
        """Run a command inside the lab's network, with the lab's names; `options` are those of `subprocess.run`."""
        return subprocess.run(
            self.command(argv), **{"env": environment(self.config), "check": False, **options}
        )

    def command(self, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` inside the lab; wants the environment that `env` describes."""
        return [*enter(supervisor_pid(self.config), os.getuid() == 0, Path.cwd()), *argv]

    def environment(self) -> dict[str, str]:
        """Variables for processes on the machine that use this lab."""
        addresses = self.addresses
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "SLUICE_LAB": self.config.name,
            "SLUICE_GATEWAY": f"http://{addresses['gateway']}",
            "SLUICE_PROMETHEUS": f"http://{addresses['prometheus']}",
        }

    def forward(self, service: str, namespace: str, port: int, number: int = 0) -> str:
        """Lead a port of the machine (a free one, or `number`) to a Service; returns `127.0.0.1:PORT`.

        A port that leads there already is used again, unless another `number` is asked for.
        """
        name = f"{service}.{namespace}:{port}"
        known = self.addresses.get(name)
        if known and number in (0, int(known.split(":")[1])):
            return known
        with launch.open_door(f"{service}.{namespace}", number) as listener:
            outside = listener.getsockname()[1]
            door = Door(name, f"{service}.{namespace}", port, outside)
            ask(self.config, {"do": "forward", "door": asdict(door)}, [listener.fileno()])
        return f"127.0.0.1:{outside}"

    def fault(self, image: str, error_rate: float = 0.0, latency_ms: int = 0) -> None:
        """Let pods of an image (`podinfo:6.0.2`) fail a share of requests, or answer late."""
        set_fault(self.config.faults, image, Fault(error_rate, latency_ms))

    def clear_faults(self) -> None:
        """Let all images work again."""
        clear_faults(self.config.faults)

    def stop(self, component: str) -> None:
        """End a component until it is started."""
        self._component("stop", component)

    def start(self, component: str) -> None:
        """Start a component that was stopped."""
        self._component("start", component)

    def restart(self, component: str) -> None:
        """End a component; the supervisor starts it again."""
        self._component("restart", component)

    def kill(self, target: str) -> None:
        """End a component, or the processes of pods (`NAMESPACE/NAME`), without warning."""
        self._hurt(target, "kill", signal.SIGKILL)

    def freeze(self, target: str) -> None:
        """Halt a component or pods where they are; connections stand and get no answers."""
        self._hurt(target, "freeze", signal.SIGSTOP)

    def thaw(self, target: str) -> None:
        """Let a frozen component or frozen pods go on."""
        self._hurt(target, "thaw", signal.SIGCONT)

    def cut(self, target: str) -> None:
        """Pull the network cable of pods (`NAMESPACE/NAME`)."""
        ask(self.config, {"do": "plug", "addresses": self._addresses_of(target), "plugged": False})

    def mend(self, target: str) -> None:
        """Plug the network cable of pods in again."""
        ask(self.config, {"do": "plug", "addresses": self._addresses_of(target), "plugged": True})

    def fail_api(self, code: int, seconds: float) -> None:
        """Let the API server answer `code` (500, 429 …) to everybody outside the lab for a while."""
        ask(self.config, {"do": "outage", "outage": asdict(Outage(code, time.monotonic() + seconds))})

    def down(self) -> None:
        """End everything and leave nothing, also where the lab has died. Raises `NotRunning` if there is nothing."""
        try:
            first = supervisor_pid(self.config)
        except NotRunning:
            if not self.config.state.exists():
                raise
            self._bury()
        else:
            self._end(first)

    def _bury(self) -> None:
        lock = launch.claim(self.config.state)
        if lock is None:
            raise LabError(f"The lab {self.config.name!r} is just being started; wait until it is up.")
        self._remove()
        os.close(lock)

    def _component(self, verb: str, component: str) -> None:
        ask(self.config, {"do": verb, "component": component})

    def _hurt(self, target: str, verb: str, number: signal.Signals) -> None:
        if "/" in target:
            ask(self.config, {"do": "send", "addresses": self._addresses_of(target), "signal": number})
        else:
            self._component(verb, target)

    def _addresses_of(self, target: str) -> list[str]:
        """Addresses of the pods that `NAMESPACE/NAME` means: one of that name, or those that it begins (`web-…`)."""
        namespace, _, name = target.partition("/")
        pods = Api(self.kubeconfig).get(f"/api/v1/namespaces/{namespace}/pods")["items"]
        meant = [pod for pod in pods if pod["metadata"]["name"] == name]
        meant = meant or [pod for pod in pods if pod["metadata"]["name"].startswith(f"{name}-")]
        addresses = [pod["status"]["podIP"] for pod in meant if "podIP" in pod["status"]]
        if not addresses:
            raise LabError(
                f"No pod in the namespace {namespace!r} is called {name!r}, or begins with that name."
            )
        return addresses

    def _end(self, pid: int) -> None:
        """End the first process (or the one that started it); it ends after all others, and its lock is free then."""
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + TOO_LONG
        while (lock := launch.claim(self.config.state)) is None:
            if time.monotonic() > end:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        self._remove()
        os.close(lock)

    def _remove(self) -> None:
        shutil.rmtree(self.config.state, ignore_errors=True)
        with suppress(OSError):  # other labs may be there
            self.config.state.parent.rmdir()
