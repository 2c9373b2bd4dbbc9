"""The kinds of object that the API server has to know: those of Flagger, of Argo Rollouts, and of the gateway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pulumi
import yaml

from automation.core.kinds import Manifest
from components import objects

_FOLDER = Path(__file__).parent / "crds"
CANARY_GROUP = "flagger.app"
APISIX_GROUP = "apisix.apache.org"
ROLLOUT_GROUP = "argoproj.io"


@dataclass(frozen=True)
class DefinitionsArgs:
    """Which API groups to define: leave one out where somebody else (a Helm chart) defines it."""

    groups: tuple[str, ...] = (CANARY_GROUP,)


class CanaryDefinitions(pulumi.ComponentResource):  # type: ignore[misc]  # the SDK's classes are untyped
    """Custom resource definitions. Protected and kept: with a definition go all objects of its kind."""

    names: pulumi.Output[list[str]]
    """Names such as `canaries.flagger.app`."""

    def __init__(self, name: str, args: DefinitionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:CanaryDefinitions", name, None, opts)
        kept = pulumi.ResourceOptions(parent=self, protect=True, retain_on_delete=True)
        registered = [
            objects.register(definition, kept) for group in args.groups for definition in documents(group)
        ]
        self.names = pulumi.Output.all(*(resource.id for resource in registered))
        self.register_outputs({"names": self.names})


def documents(group: str) -> Iterator[Manifest]:
    """The definitions of one API group, in a stable order."""
    for path in sorted((_FOLDER / group).glob("*.yaml")):
        yield from (document for document in yaml.safe_load_all(path.read_text()) if document)
