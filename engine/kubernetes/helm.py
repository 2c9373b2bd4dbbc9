"""Helm charts, through the `helm` program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.kubernetes.programs import run
from engine.provider import ProviderError


def template(options: str) -> str:
    """The YAML that a chart renders. `options` is the JSON that the SDK's `Chart` sends."""
    try:
        values: dict[str, Any] = json.loads(options)
    except ValueError as error:
        raise ProviderError(f"the options of the Helm chart are not valid JSON: {error}") from error
    chart = str(values.get("path") or values.get("chart") or "")
    release = str(values.get("release_name") or values.get("releaseName") or "release")
    arguments = ["template", release, chart, "--values", "-", *_flags(values)]
    return run({"helm": arguments}, f"render the chart {chart}", json.dumps(values.get("values") or {}))


def _flags(values: Mapping[str, Any]) -> list[str]:
    fetch = values.get("fetch_opts") or {}
    texts = {
        "--namespace": values.get("namespace"),
        "--version": values.get("version") or fetch.get("version"),
        "--repo": fetch.get("repo"),
        "--kube-version": values.get("kube_version"),
    }
    flags = [part for flag, value in texts.items() if value for part in (flag, str(value))]
    flags += [
        part for version in values.get("api_versions") or [] for part in ("--api-versions", str(version))
    ]
    flags += [] if values.get("skip_crd_rendering") else ["--include-crds"]
    return flags if values.get("include_test_hook_resources") else [*flags, "--skip-tests"]
