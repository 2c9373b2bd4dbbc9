"""Helm charts, through the `helm` program: charts rendered, releases installed, upgraded and removed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from engine.kubernetes.kubeconfig import Source
from engine.kubernetes.programs import ProgramFailed, run
from engine.provider import ProviderError


def template(options: str) -> str:
    """The YAML that a chart renders. `options` is the JSON that the SDK's `Chart` sends."""
    try:
        values: dict[str, Any] = json.loads(options)
    except ValueError as error:
        raise ProviderError(f"the options of the Helm chart are not valid JSON: {error}") from error
    chart = str(values.get("path") or values.get("chart") or "")
    release = str(values.get("release_name") or values.get("releaseName") or "release")
    arguments = ["template", release, chart, "--values", "-", *_template_flags(values)]
    return run({"helm": arguments}, f"render the chart {chart}", json.dumps(values.get("values") or {}))


def _template_flags(values: Mapping[str, Any]) -> list[str]:
    fetch = values.get("fetch_opts") or {}
    texts = {
        "--namespace": values.get("namespace"),
        "--version": values.get("version") or fetch.get("version"),
        "--repo": fetch.get("repo"),
        "--kube-version": values.get("kube_version"),
    }
    flags = _texts(texts)
    flags += [
        part for version in values.get("api_versions") or [] for part in ("--api-versions", str(version))
    ]
    flags += [] if values.get("skip_crd_rendering") else ["--include-crds"]
    return flags if values.get("include_test_hook_resources") else [*flags, "--skip-tests"]


@dataclass(frozen=True)
class Helm:
    """The `helm` program, working on one cluster."""

    source: Source

    def install(self, release: Mapping[str, Any]) -> dict[str, Any]:
        """Helm's account of the new release."""
        return self._write("install", release, _texts({"--description": release.get("description")}))

    def upgrade(self, release: Mapping[str, Any]) -> dict[str, Any]:
        """Helm's account of the changed release."""
        choices = {
            "--reset-values": "resetValues",
            "--reuse-values": "reuseValues",
            "--cleanup-on-fail": "cleanupOnFail",
        }
        flags = _switches(release, choices) + _texts({"--history-max": release.get("maxHistory")})
        return self._write("upgrade", release, flags)

    def status(self, name: str, namespace: str) -> dict[str, Any] | None:
        """Helm's account of a release, None where there is none."""
        try:
            return self._account(["status", name, "--namespace", namespace], f"read the release {name}")
        except ProgramFailed as error:
            if "not found" in str(error):
                return None
            raise

    def uninstall(self, name: str, namespace: str, seconds: float | None) -> None:
        """Removes a release and waits for its objects to be gone; one that is gone already is success."""
        limit = [] if seconds is None else ["--timeout", f"{seconds:.0f}s"]
        arguments = ["uninstall", name, "--namespace", namespace, "--ignore-not-found", "--wait", *limit]
        with self._cluster() as cluster:
            run({"helm": [*arguments, *cluster]}, f"remove the release {name}")

    def _write(self, verb: str, release: Mapping[str, Any], flags: list[str]) -> dict[str, Any]:
        name, chart = str(release["name"]), str(release["chart"])
        arguments = [
            verb,
            name,
            chart,
            "--namespace",
            str(release["namespace"]),
            "--values",
            "-",
            *_flags(release),
        ]
        values = json.dumps(release.get("values") or {})
        return self._account([*arguments, *flags], f"{verb} the release {name}", values)

    def _account(self, arguments: list[str], purpose: str, text: str = "") -> dict[str, Any]:
        with self._cluster() as cluster:
            answer = run({"helm": [*arguments, "--output", "json", *cluster]}, purpose, text)
        account: dict[str, Any] = json.loads(answer)
        return account

    @contextmanager
    def _cluster(self) -> Iterator[list[str]]:
        """The flags that name the cluster; a kubeconfig that is a text becomes a file for as long as it is needed."""
        context = _texts({"--kube-context": self.source.context})
        if not self.source.is_text:
            yield [*_texts({"--kubeconfig": self.source.kubeconfig}), *context]
            return
        with tempfile.NamedTemporaryFile("w", prefix="kubeconfig-") as file:
            file.write(self.source.kubeconfig)
            file.flush()
            yield ["--kubeconfig", file.name, *context]


_SWITCHES = {
    "--atomic": "atomic",
    "--create-namespace": "createNamespace",
    "--dependency-update": "dependencyUpdate",
    "--devel": "devel",
    "--disable-openapi-validation": "disableOpenapiValidation",
    "--no-hooks": "disableWebhooks",
    "--skip-crds": "skipCrds",
    "--wait-for-jobs": "waitForJobs",
}


def _flags(release: Mapping[str, Any]) -> list[str]:
    repository = release.get("repositoryOpts") or {}
    seconds = release.get("timeout")
    texts = {
        "--repo": repository.get("repo"),
        "--username": repository.get("username"),
        "--password": repository.get("password"),
        "--version": release.get("version"),
        "--timeout": f"{seconds}s" if seconds else None,
    }
    wait = [] if release.get("skipAwait") else ["--wait"]
    return _texts(texts) + _switches(release, _SWITCHES) + wait


def _texts(flags: Mapping[str, Any]) -> list[str]:
    return [part for flag, value in flags.items() if value for part in (flag, str(value))]


def _switches(values: Mapping[str, Any], flags: Mapping[str, str]) -> list[str]:
    return [flag for flag, name in flags.items() if values.get(name)]
