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

from lab import launch
from lab.binaries import Report
from lab.config import Config, cache_folder, labs_folder
from lab.control import ask, supervisor_pid
from lab.control_plane import environment
from lab.errors import AlreadyRunning, Forbidden, NotRunning, StartFailed
from lab.faults import Fault, clear_faults, set_fault
from lab.forward import Door, Outage
from lab.namespaces import enter, kernel_settings, processes, refusal

PATIENCE = 90.0  # seconds a lab has to become ready; a busy machine is slow
OFTEN_ENOUGH = 4  # ends in a row after which a part is thought not to work at all
TOO_LONG = 2.0  # seconds that a lab has to go down by itself
POLL = 0.05


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
        config = Config.of(name, labs_folder() / name, cache_folder())
        lock = launch.claim(config.state)
        if lock is None:
            raise AlreadyRunning(
                f"The lab {name!r} runs already. `sluice lab status --name {name}` shows it."
            )
        lab = cls(config, cleaned=launch.empty(config.state))
        try:
            tokens = launch.furnish(config, report)
            doors = launch.open_doors(ports or {})
            first = launch.start(config, lock, tokens, doors)
        except BaseException:
            lab._remove()
            raise
        finally:
            os.close(lock)
        for door in doors.values():
            door.close()
        lab._wait_ready(first)
        return lab

    @classmethod
    def find(cls, name: str = "lab") -> Self:
        """The lab of that name. Raises `NotRunning`."""
        lab = cls(Config.of(name, labs_folder() / name, cache_folder()))
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
        """Lead a port of the machine (a free one, or `number`) to a Service; returns `127.0.0.1:PORT`."""
        with launch.open_door(f"{service}.{namespace}", number) as listener:
            outside = listener.getsockname()[1]
            door = Door(f"{service}.{namespace}:{port}", f"{service}.{namespace}", port, outside)
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

    def freeze(self, component: str) -> None:
        """Halt a component where it is; its connections stand and get no answers."""
        self._component("freeze", component)

    def thaw(self, component: str) -> None:
        """Let a frozen component go on."""
        self._component("thaw", component)

    def fail_api(self, code: int, seconds: float) -> None:
        """Let the API server answer `code` (500, 429 …) to everybody outside the lab for a while."""
        ask(self.config, {"do": "outage", "outage": asdict(Outage(code, time.time() + seconds))})

    def down(self) -> None:
        """End everything and leave nothing. Raises `NotRunning`."""
        first = supervisor_pid(self.config)
        os.kill(first, signal.SIGTERM)
        self._wait_gone(first)
        self._remove()

    def _component(self, verb: str, component: str) -> None:
        ask(self.config, {"do": verb, "part": component})

    def _wait_ready(self, first: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + PATIENCE
        waiting_for = "its first process"
        while time.monotonic() < end:
            if first.poll() is not None:
                self._give_up()
            with suppress(NotRunning):
                status = self.status()
                if not (waiting_for := status["waiting_for"]):
                    return
                self._check(status)
            time.sleep(POLL)
        self._fail(f"it still waits for {waiting_for} after {PATIENCE:.0f} seconds")

    def _check(self, status: Mapping[str, Any]) -> None:
        for component in status["components"]:
            if component["failures"] >= OFTEN_ENOUGH:
                self._fail(f"{component['name']} keeps ending: {self._last_words(component['name'])}")

    def _give_up(self) -> None:
        said = self._last_words("supervisor")
        self._remove()
        if "unshare" in said:
            raise Forbidden(refusal(said, kernel_settings(), os.getuid() == 0))
        raise StartFailed(f"The lab {self.config.name!r} ended while it was being started: {said}")

    def _fail(self, reason: str) -> None:
        self.down()
        raise StartFailed(f"The lab {self.config.name!r} did not start: {reason}")

    def _last_words(self, component: str) -> str:
        with suppress(OSError):
            lines = (self.config.logs / f"{component}.log").read_text(errors="replace").strip().splitlines()
            return "\n".join(lines[-3:])
        return ""

    def _wait_gone(self, first: int) -> None:
        """The first process ends after all others; its lock is then free."""
        end = time.monotonic() + TOO_LONG
        while (lock := launch.claim(self.config.state)) is None:
            if time.monotonic() > end:
                with suppress(ProcessLookupError):
                    os.kill(first, signal.SIGKILL)
            time.sleep(0.02)
        os.close(lock)

    def _remove(self) -> None:
        shutil.rmtree(self.config.state, ignore_errors=True)
        with suppress(OSError):  # other labs may be there
            self.config.state.parent.rmdir()
