"""Definitions of kinds that gateways bring along: as they are in the modules of those who define them."""

from __future__ import annotations

from collections.abc import Mapping

from lab.binaries import HERE
from lab.config import cache_folder
from lab.errors import LabError
from lab.sources import GoFile, read_all

DEFINITIONS: Mapping[str, GoFile] = {
    "gateway-api": GoFile(
        HERE / "modules" / "gateway-api",
        "sigs.k8s.io/gateway-api",
        "config/crd/standard/gateway.networking.k8s.io_*s.yaml",
    ),
    "istio": GoFile(
        HERE / "modules" / "istio", "istio.io/istio", "manifests/charts/base/files/crd-all.gen.yaml"
    ),
    "traefik": GoFile(
        HERE / "modules" / "traefik",
        "github.com/traefik/traefik/v3",
        "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml",
    ),
}
"""By the name under which they are asked for; versions are pinned in each folder's go.mod."""


def definitions(name: str) -> str:
    """The documents of a set of definitions, as YAML to apply. Raises LabError for an unknown name, `Missing` when they
    can't be fetched."""
    if name not in DEFINITIONS:
        raise LabError(f"there are no definitions called {name!r}; known: {', '.join(DEFINITIONS)}")
    texts = read_all(DEFINITIONS[name], cache_folder() / "src", lambda doing, seconds: None)
    return "\n---\n".join(text.strip().removeprefix("---").strip() for text in texts) + "\n"
