"""`sluice lab …`: the lab from the command line."""

import functools
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from lab.binaries import Report
from lab.cluster import Lab
from lab.config import labs_folder
from lab.definitions import definitions
from lab.durations import milliseconds
from lab.errors import DoorShut, LabError
from lab.official.folder import official as official_folder

Command = TypeVar("Command", bound=Callable[..., Any])


class Refusal(click.ClickException):
    """A lab's problem as click ends with it."""

    def __init__(self, problem: LabError) -> None:
        super().__init__(str(problem))
        self.exit_code = problem.exit_code  # type: ignore[misc]  # click declares it for the class


class Group(click.Group):
    """Turns a lab's problems into a sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except LabError as problem:
            raise Refusal(problem) from problem


def of_a_lab(command: Command) -> Command:
    """The option that every command has: which lab is meant."""
    option = click.option(
        "--name", "-n", default="lab", envvar="SLUICE_LAB", show_default=True, help="Which lab."
    )
    return option(command)


def with_lab(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hand the running lab to the command as its first argument."""

    @of_a_lab
    @functools.wraps(command)
    def found(name: str, **options: Any) -> Any:
        return command(Lab.find(name), **options)

    return found


@click.group(cls=Group)
def lab() -> None:
    """A real Kubernetes cluster on this machine, without containers."""


@lab.command()
@of_a_lab
@click.option("--api-port", type=int, default=0, help="Port of 127.0.0.1 for the API server (a free one).")
@click.option("--gateway-port", type=int, default=0, help="The same for the gateway.")
@click.option("--prometheus-port", type=int, default=0, help="The same for Prometheus.")
def up(name: str, api_port: int, gateway_port: int, prometheus_port: int) -> None:
    """Start a lab and wait until it takes pods."""
    ports = {"api": api_port, "gateway": gateway_port, "prometheus": prometheus_port}
    with _progress() as report:
        running = Lab.up(name, ports=ports, report=report)
    if running.cleaned:
        click.echo(f"Cleaned up what a lab {name!r} that had died left behind.")
    click.echo(f"The lab {name!r} is up.")
    for door, address in running.addresses.items():
        click.echo(f"  {door:<12} {'https' if door == 'api' else 'http'}://{address}")
    click.echo(f"  {'kubeconfig':<12} {running.kubeconfig}")


@lab.command()
@click.option("--all", "everything", is_flag=True, help="Every lab of this user.")
@of_a_lab
def down(name: str, everything: bool) -> None:
    """End a lab and leave nothing of it."""
    for one in labs() if everything else (name,):
        Lab.named(one).down()
        click.echo(f"The lab {one!r} is down.")


def labs() -> list[str]:
    """Names of the labs of this user, those that died included."""
    folder = labs_folder()
    return sorted(one.name for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else []


@lab.command()
@with_lab
def status(running: Lab) -> None:
    """Components, restarts, memory and addresses; each address is asked."""
    document = running.status(memory=True)
    outside = running.processes()
    table = Table("component", "state", "pid", "restarts", "memory", box=None, pad_edge=False)
    for part in document["components"]:
        pid = str(outside.get(part["pid"], "-"))
        table.add_row(
            part["name"], part["state"], pid, str(part["restarts"]), f"{part['resident_mb']:.0f} MB"
        )
    Console().print(table)
    click.echo(f"\nmemory of everything, pods included: {document['resident_mb']:.0f} MB")
    if document["waiting_for"]:
        click.echo(f"waits for {document['waiting_for']}")
    doors = running.doors()
    for door, address in running.addresses.items():
        click.echo(f"{door:<12} {address}{'  ' + doors[door] if doors.get(door) else ''}")
    if shut := {door: wrong for door, wrong in doors.items() if wrong}:
        raise DoorShut(
            f"{', '.join(f'{door} {wrong}' for door, wrong in shut.items())}: see `sluice lab logs forward`, "
            "and `sluice lab restart forward` opens all doors anew."
        )


@lab.command()
@with_lab
@click.argument("component")
@click.option("--follow", "-f", is_flag=True, help="Go on as the log grows.")
def logs(running: Lab, component: str, follow: bool) -> None:
    """What a component wrote (pods: `kubectl logs`)."""
    known = sorted(path.stem for path in running.config.logs.iterdir())
    if component not in known:
        raise LabError(f"There is no log of {component!r}. There are logs of: {', '.join(known)}.")
    path = str(running.config.logs / f"{component}.log")
    sys.exit(subprocess.call(["tail", "-n", "+1", *(["-f"] if follow else []), path]))


@lab.command()
@with_lab
def kubeconfig(running: Lab) -> None:
    """Path of the administrator's kubeconfig."""
    click.echo(running.kubeconfig)


@lab.command(name="exec", context_settings={"ignore_unknown_options": True})
@with_lab
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(running: Lab, command: tuple[str, ...]) -> None:
    """Run COMMAND inside the lab's network: `sluice lab exec -- curl http://podinfo.test`."""
    sys.exit(running.exec(command).returncode)


@lab.command()
@with_lab
def env(running: Lab) -> None:
    """Print exports: `eval "$(sluice lab env)"`."""
    for name, value in running.environment().items():
        click.echo(f"export {name}={shlex.quote(value)}")


@lab.command()
def official() -> None:
    """Get the official Pulumi engine and print an export that puts it on PATH; no lab is needed."""
    with _progress() as report:
        folder = official_folder(report)
    click.echo(f"export PATH={shlex.quote(str(folder))}:$PATH")


@lab.command()
@click.argument("name")
def crds(name: str) -> None:
    """Print a gateway's definitions (gateway-api, traefik): `sluice lab crds NAME | kubectl apply -f -`."""
    click.echo(definitions(name), nl=False)


@lab.command()
@with_lab
@click.argument("service")
@click.option("--namespace", default="default", show_default=True)
@click.option("--port", default=80, show_default=True, help="Port of the Service.")
@click.option("--to", "number", default=0, help="Port of 127.0.0.1 (a free one).")
def forward(running: Lab, service: str, namespace: str, port: int, number: int) -> None:
    """Lead a port of this machine to SERVICE (or SERVICE.NAMESPACE), until the lab goes down."""
    name, _, named = service.partition(".")
    click.echo(running.forward(name, named or namespace, port, number))


@lab.command()
@with_lab
@click.argument("image", required=False)
@click.option("--error-rate", type=click.FloatRange(0, 1), default=0.0, help="Share of requests that fail.")
@click.option("--latency", default="0ms", help="How late answers are: 800ms, 1.5s.")
@click.option("--clear", is_flag=True, help="Let all images work again.")
def fault(running: Lab, image: str | None, error_rate: float, latency: str, clear: bool) -> None:
    """Let pods of IMAGE (podinfo:6.0.2) fail or be slow; without options it works again."""
    if clear:
        running.clear_faults()
    elif image:
        running.fault(image, error_rate, milliseconds(latency))
    click.echo(running.config.faults.read_text())


@lab.command(name="fail-api")
@with_lab
@click.option("--code", type=click.Choice(["429", "500", "503"]), default="500", show_default=True)
@click.option("--for", "duration", default="10s", show_default=True)
def fail_api(running: Lab, code: str, duration: str) -> None:
    """Let the API server answer an error to everybody outside the lab for a while."""
    running.fail_api(int(code), milliseconds(duration) / 1000)


def _verb(verb: str, explanation: str, what: str) -> None:
    """A command that does one thing to one component, or to the pods that `NAMESPACE/NAME` means."""

    @lab.command(name=verb, help=explanation)
    @with_lab
    @click.argument("target", metavar=what)
    def command(running: Lab, target: str) -> None:
        getattr(running, verb)(target)


_verb("stop", "End COMPONENT until it is started.", "COMPONENT")
_verb("start", "Start COMPONENT that was stopped.", "COMPONENT")
_verb("restart", "End COMPONENT and start it again.", "COMPONENT")
_verb("kill", "End a component or pods without warning.", "COMPONENT|NAMESPACE/POD")
_verb("freeze", "Halt a component or pods where they are.", "COMPONENT|NAMESPACE/POD")
_verb("thaw", "Let a frozen component or frozen pods go on.", "COMPONENT|NAMESPACE/POD")
_verb("cut", "Pull the network cable of pods.", "NAMESPACE/POD")
_verb("mend", "Plug the network cable of pods in again.", "NAMESPACE/POD")


@contextmanager
def _progress() -> Iterator[Report]:
    """One bar over everything that has to be got first; nothing is shown when all is there."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: list[Any] = []

        def report(doing: str, done: float, total: float) -> None:
            if not tasks:
                tasks.append(progress.add_task(doing, total=total))
            progress.update(tasks[0], description=doing, completed=done, total=total)

        yield report
