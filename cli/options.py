"""Options that several verbs share, and what they open."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from automation.cluster.client import Cluster
from automation.updates import project
from documents.section import is_reachable

F = TypeVar("F", bound=Callable[..., Any])
OUTPUTS = ("auto", "text", "json")


def _web_address(address: str | None) -> str | None:
    """Raises BadParameter, which names no address: there may be credentials in it."""
    if address and not is_reachable(address):
        raise click.BadParameter("that is not a web address; write http:// or https:// and a host")
    return address or None


@dataclass(frozen=True)
class Where:
    """Which cluster and which project a command speaks of."""

    kubeconfig: str | None
    context: str | None
    folder: str | None

    @property
    def given(self) -> str:
        """The options as they were given, each with a space before it, for a command about the same cluster."""
        options = {"--kubeconfig": self.kubeconfig, "--context": self.context, "--project": self.folder}
        return "".join(f" {option} {shlex.quote(value)}" for option, value in options.items() if value)

    def cluster(self) -> Cluster:
        return Cluster.connect(self.kubeconfig, self.context)

    def project(self) -> Path:
        return project.find(Path(self.folder or ".").resolve())


def where(command: F) -> F:
    """Adds --kubeconfig, --context and --project; the command gets them as one argument `where`."""

    def gathered(
        *args: Any, kubeconfig: str | None, context: str | None, project: str | None, **kwargs: Any
    ) -> Any:
        return command(*args, where=Where(kubeconfig, context, project), **kwargs)

    gathered.__name__, gathered.__doc__ = command.__name__, command.__doc__
    gathered.__dict__.update(command.__dict__)
    decorated: Any = gathered
    for option in (
        click.option(
            "--project", metavar="FOLDER", help="The folder of Pulumi.yaml (default: here or above)."
        ),
        click.option(
            "--context", metavar="NAME", help="The kubeconfig's context (default: its current one)."
        ),
        click.option("--kubeconfig", metavar="PATH", help="Default: $KUBECONFIG, then ~/.kube/config."),
    ):
        decorated = option(decorated)
    result: F = decorated
    return result


environment = click.option(
    "--env", "environment", required=True, metavar="NAME", help="dev, staging, prod, …"
)
optional_environment = click.option(
    "--env", "environment", metavar="NAME", help="The environment of a Canary; a Rollout needs none."
)
namespace = click.option(
    "-n", "--namespace", metavar="NAME", help="Its namespace, where the name is not unique."
)
event_webhook = click.option(
    "--event-webhook",
    metavar="URL",
    envvar="EVENT_WEBHOOK_URL",
    show_envvar=True,
    callback=lambda context, option, address: _web_address(address),
    help="Who hears of all events of Canaries that name nobody (default: the settings').",
)
output = click.option(
    "-o",
    "--output",
    type=click.Choice(OUTPUTS),
    default="auto",
    help="auto: live on a terminal, lines otherwise.",
)
