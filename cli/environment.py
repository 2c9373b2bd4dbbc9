"""An environment as the command line sees it: settings with Pulumi config laid over them, stacks, Canaries."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from automation.cluster.client import READ_SECONDS, Cluster
from automation.core.kinds import CANARY, ROLLOUT, Kind, Manifest, Scope
from automation.core.refusal import Refused
from automation.core.spec import Canary
from automation.errors import CanaryMissing, DocumentRefused, SettingsRefused
from automation.updates import engines
from automation.updates.placer import Release
from automation.updates.ports import Gate, Program
from automation.updates.stacks import StackMissing, Stacks
from cli.options import Where
from documents.front import canary_of
from stacks import connection, overrides, settings_for
from stacks.canary_state import CanaryState
from stacks.program import program_for
from stacks.settings import ClusterSettings, Settings

DEFAULT_SCRAPE_SECONDS = 15.0
Knowledge = Callable[[Canary], CanaryState | None]


def unknown(canary: Canary) -> None:
    """For callers who know nothing of a Canary: the program reads what it needs."""


@dataclass(frozen=True)
class Environment:
    """One environment, opened. `cluster` is where its settings say, or where the command line says.

    Programs are handed the same cluster: what the driver reads in one place must not be written in another. `given` are
    the options that say where it is, as they were typed.
    """

    name: str
    folder: Path
    settings: Settings
    stacks: Stacks
    cluster: Cluster
    engine: engines.Engine
    given: str = ""

    def command(self, verb: str, key: tuple[str, str]) -> str:
        """A command of ours about one Canary, to be pasted as it is."""
        return f"sluice {verb} {key[1]} --env {self.name} -n {key[0]}{self.given}"

    def events(self, key: tuple[str, str]) -> str:
        """The command that shows what was said of one Canary, of whatever environment."""
        return f"sluice events {key[1]} -n {key[0]}{self.given}"

    def stack_of(self, namespace: str, name: str) -> str:
        return f"{self.name}.{namespace}.{name}"

    def program(self, stack: str, attempt: str | None = None) -> Program:
        return program_for(stack, attempt, at=self.settings.cluster)

    def release_of(self, canary: Canary, known: Knowledge = unknown) -> Release:
        """The release stack of a Canary; `known` spares its program reading the cluster."""
        stack = self.stack_of(canary.namespace, canary.name)
        at = self.settings.cluster
        return Release(stack, lambda attempt: program_for(stack, attempt, known(canary), at))

    @property
    def gate(self) -> Gate | None:
        """The policy pack that steps forward run with; None where the settings switch it off."""
        driver = self.settings.driver
        if not driver.policies:
            return None
        return Gate(
            self.folder / "policies", self.folder / driver.policy_config if driver.policy_config else None
        )

    @property
    def namespaces(self) -> frozenset[str]:
        """The namespaces that settings name: all that is looked at where the rights end there."""
        declared = {release.namespace for release in self.settings.releases}
        return frozenset(self.settings.driver.namespaces or declared | set(self.settings.platform.namespaces))

    @property
    def scope(self) -> str:
        """Which Canaries are driven, for people."""
        narrowed = self.settings.driver.namespaces
        return f"namespaces {', '.join(narrowed)}" if narrowed else "all namespaces"

    def owns(self, canary: Manifest) -> bool:
        """Whether a Canary is driven here."""
        return self.drives(canary["metadata"]["namespace"])

    def drives(self, namespace: str) -> bool:
        narrowed = self.settings.driver.namespaces
        return narrowed is None or namespace in narrowed

    def stranger(self, key: tuple[str, str], kind: Kind = CANARY) -> str:
        """What is said of a Canary, or another release, that is not driven here."""
        name = f"{kind.kind} {key[1]}.{key[0]}"
        return f"{name} is not driven by environment {self.name}, which follows {self.scope}"

    def canary(self, live: Manifest) -> Canary:
        """A live Canary as this environment's driver reads it. Raises DocumentRefused where that refuses it."""
        try:
            return canary_of(live, self.settings.driver.provider)
        except Refused as refused:
            name = f"{live['metadata']['name']}.{live['metadata']['namespace']}"
            problems = "".join(f"\n  {problem}" for problem in refused.problems)
            raise DocumentRefused(
                f"Canary {name} is refused, and nothing is done about it:{problems}",
                "mend the document first; whatever runs keeps running",
            ) from refused

    def find(
        self, name: str, namespace: str | None = None, kinds: Iterable[Kind] = (CANARY,)
    ) -> tuple[str, str]:
        """(namespace, name) of a Canary of this environment, or another release of these kinds, in the cluster or
        declared in the settings.

        Raises CanaryMissing, which lists the known ones, or those of that name where there is more than one.
        """
        live = {(c["metadata"]["namespace"], c["metadata"]["name"]) for c in self._releases(kinds)}
        there = live | {(release.namespace, release.name) for release in self.settings.releases}
        known = {key for key in there if self.drives(key[0])}
        found = [key for key in known if key[1] == name and namespace in (None, key[0])]
        if len(found) == 1:
            return found[0]
        for stranger in sorted(there - known):
            if not found and stranger[1] == name and namespace in (None, stranger[0]):
                remedy = f"add {stranger[0]} to driver.namespaces of its settings, or take that setting away"
                raise CanaryMissing(self.stranger(stranger), remedy)
        names = ", ".join(sorted(f"{one}.{where}" for where, one in known)) or "none"
        if found:
            alike = ", ".join(f"{name}.{where}" for where, _ in sorted(found))
            which = " or ".join(f"-n {where}" for where, _ in sorted(found))
            raise CanaryMissing(
                f"{name} is the name of {len(found)} Canaries: {alike}", f"say which: {which}"
            )
        remedy = self._told_of_rollout(name, namespace) or f"known: {names}"
        raise CanaryMissing(f"there is no Canary {name} in {self.name}", remedy)

    def _told_of_rollout(self, name: str, namespace: str | None) -> str:
        """A Rollout of that name is what was meant; "" where there is none."""
        for live in self._releases((ROLLOUT,)):
            where = live["metadata"]["namespace"]
            if live["metadata"]["name"] == name and namespace in (None, where):
                return f"{name}.{where} is a Rollout: leave --env out"
        return ""

    def _releases(self, kinds: Iterable[Kind]) -> list[Manifest]:
        """All of these kinds that may be seen."""
        return [found for kind in kinds for found in self.seen(kind)]

    def seen(self, kind: Kind) -> list[Manifest]:
        """All objects of a kind that may be seen."""
        if self.cluster.may_list(kind):
            return self.cluster.select(kind)
        scopes = map(Scope, sorted(self.namespaces))
        return [found for scope in scopes for found in self.cluster.select(kind, scope)]


def open_environment(name: str, where: Where) -> Environment:
    """Raises SettingsRefused, ProjectMissing, EngineMissing or ClusterAway."""
    folder = where.project()
    engine = engines.choose(os.environ)
    stacks = Stacks(folder, engine, dict(os.environ))
    settings = merged_settings(name, stacks)
    settings = settings.model_copy(update={"cluster": chosen(where, settings.cluster)})
    cluster = connection.connect(settings.cluster, READ_SECONDS)
    return Environment(name, folder, settings, stacks, cluster, engine, where.given)


def chosen(where: Where, settings: ClusterSettings) -> ClusterSettings:
    """The cluster of the settings, or what the command line says instead."""
    # Absolute: whoever else reads it, such as a provider, runs in a folder of its own.
    named = str(Path(where.kubeconfig).absolute()) if where.kubeconfig else settings.kubeconfig
    context = where.context or settings.context
    return settings.model_copy(update={"kubeconfig": named, "context": context})


def merged_settings(name: str, stacks: Stacks) -> Settings:
    """The environment's module with the config of its platform stack laid over it. Raises SettingsRefused."""
    try:
        base = settings_for(name)
        if not base.platform_stack:
            return base
        return settings_for(name, configured(base, stacks).settings)
    except Refused as refused:
        raise SettingsRefused(
            f"the settings of {name} can't be used:\n"
            + "\n".join(f"  {problem}" for problem in refused.problems),
            f"see what is merged from where: sluice settings --env {name}",
        ) from refused


def configured(base: Settings, stacks: Stacks) -> overrides.Overrides:
    """Pulumi config of the environment's platform stack."""
    try:
        values = stacks.config(base.platform_stack, program_for(base.platform_stack))
    except StackMissing:
        return overrides.Overrides()
    return overrides.read(values)


def scrape_seconds(settings: Settings) -> float:
    """Seconds between two samples of the Prometheus that checks are judged by."""
    server = settings.platform.prometheus
    if server is None:
        return DEFAULT_SCRAPE_SECONDS
    unit = {"s": 1.0, "m": 60.0}[server.scrape_interval[-1]]
    return float(server.scrape_interval[:-1]) * unit


def person() -> str:
    """Who does this, for history and evidence: the user and the machine, or what CI calls itself."""
    robot = os.environ.get("GITHUB_ACTOR") or os.environ.get("GITLAB_USER_LOGIN")
    return robot or f"{_account()}@{socket.gethostname()}"


def _account() -> str:
    """The user's name; in a container the user may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user-{os.getuid()}"
