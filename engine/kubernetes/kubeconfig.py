"""What a kubeconfig says: files merged, context and cluster chosen. No network, no credentials are made here."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from engine.kubernetes.objects import at
from engine.provider import ProviderError

SERVICE_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


@dataclass(frozen=True)
class Source:
    """Where the access to a cluster is described.

    `kubeconfig` is the text of a kubeconfig, a path or a list of paths; where it is empty, the paths of `usual`
    count. `context` and `cluster` override what the kubeconfig chooses.
    """

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    usual: str = "~/.kube/config"

    @property
    def is_text(self) -> bool:
        return "\n" in self.kubeconfig or self.kubeconfig.lstrip().startswith("{")

    @property
    def is_pod(self) -> bool:
        """Whether nothing but the service account of the pod that we run in is left to use."""
        return not self.kubeconfig and not self.paths() and "KUBERNETES_SERVICE_HOST" in os.environ

    def paths(self) -> tuple[Path, ...]:
        """The files that are there, in the order of their precedence; none for a text."""
        if self.is_text:
            return ()
        listed = self.kubeconfig or self.usual
        files = (Path(entry).expanduser() for entry in listed.split(os.pathsep) if entry)
        return tuple(file for file in files if file.is_file())

    def fingerprint(self) -> tuple[object, ...]:
        """Equal for equal sources whose files have not changed in between."""
        return (self, *((path, path.stat().st_mtime_ns) for path in self.paths()))


@dataclass(frozen=True)
class Choice:
    """The entries of a kubeconfig that are in force, relative paths made absolute."""

    context: str
    namespace: str
    cluster_name: str
    cluster: dict[str, Any]
    user: dict[str, Any]

    def document(self) -> dict[str, Any]:
        """A kubeconfig that holds this choice alone."""
        context = {"cluster": self.cluster_name, "user": "user", "namespace": self.namespace}
        return {
            "current-context": self.context,
            "contexts": [{"name": self.context, "context": context}],
            "clusters": [{"name": self.cluster_name, "cluster": self.cluster}],
            "users": [{"name": "user", "user": self.user}],
        }


def choose(source: Source) -> Choice:
    """The choice that a source makes. Raises `ProviderError` where it makes none."""
    contexts, clusters, users, current = _merge(_documents(source))
    name = source.context or current
    if not name:
        raise ProviderError("the kubeconfig has no current context: set the provider's `context`")
    context = _entry(contexts, name, "context")
    cluster_name = source.cluster or context.get("cluster", "")
    user = context.get("user")
    return Choice(
        context=name,
        namespace=context.get("namespace") or "",
        cluster_name=cluster_name,
        cluster=_entry(clusters, cluster_name, "cluster"),
        user=_entry(users, user, "user") if user else {},
    )


def namespace_of(source: Source) -> str:
    """The namespace that goes with a source, empty where it names none. Raises `ProviderError` like `choose`."""
    if source.is_pod:
        return SERVICE_NAMESPACE.read_text().strip() if SERVICE_NAMESPACE.exists() else ""
    return choose(source).namespace


def _documents(source: Source) -> list[tuple[Path, dict[str, Any]]]:
    if source.is_text:
        return [(Path.cwd(), _parse(source.kubeconfig, "the provider's kubeconfig"))]
    paths = source.paths()
    if not paths:
        wanted = source.kubeconfig or source.usual
        raise ProviderError(
            f"there is no kubeconfig at {wanted}: set KUBECONFIG or the provider's `kubeconfig`"
        )
    return [(path.parent.absolute(), _parse(_text(path), str(path))) for path in paths]


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ProviderError(f"the kubeconfig {path} can't be read: {error}") from error


def _parse(text: str, origin: str) -> dict[str, Any]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ProviderError(f"{origin} is not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise ProviderError(
            f"{origin} is not a kubeconfig: it has to be a mapping with clusters, users and contexts"
        )
    return document


_Entries = dict[str, dict[str, Any]]


def _merge(documents: Iterable[tuple[Path, dict[str, Any]]]) -> tuple[_Entries, _Entries, _Entries, str]:
    """(contexts, clusters, users, current context): the first file that names a thing wins."""
    merged: dict[str, _Entries] = {"contexts": {}, "clusters": {}, "users": {}}
    current = ""
    for folder, document in documents:
        current = current or document.get("current-context") or ""
        for section, entries in merged.items():
            for entry in document.get(section) or []:
                value = at(entry, section[:-1], default={})
                entries.setdefault(at(entry, "name", default=""), _absolute(value, folder))
    return merged["contexts"], merged["clusters"], merged["users"], current


_PATHS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


def _absolute(value: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The entry with its file names resolved against the folder of the file that it came from."""
    resolved = {key: str(folder / item) if key in _PATHS and item else item for key, item in value.items()}
    plugin = resolved.get("exec")
    if isinstance(plugin, dict) and os.sep in str(plugin.get("command", "")):
        resolved["exec"] = {**plugin, "command": str(folder / plugin["command"])}
    return resolved


def _entry(entries: _Entries, name: str, noun: str) -> dict[str, Any]:
    if name not in entries:
        known = ", ".join(sorted(entries)) or "none"
        raise ProviderError(f'the kubeconfig has no {noun} "{name}"; it has: {known}')
    return entries[name]
