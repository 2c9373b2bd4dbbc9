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

F = TypeVar("F", bound=Callable[..., Any])
OUTPUTS = ("auto", "text", "json")


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
output = click.option(
    "-o",
    "--output",
    type=click.Choice(OUTPUTS),
    default="auto",
    help="auto: live on a terminal, lines otherwise.",
)
