"""Pulumi config: the only place that reads it and knows its keys.

sluice:settings  a partial tree of settings (`pulumi config set --path sluice:settings.prometheus…`)
sluice:interval  short for pace.interval
sluice:images    images by "deployment/container", as text or as {"image": …, "request": …}
sluice:takeDown  "true" lets `pulumi destroy` take a release stack down while primary carries traffic
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from automation.core.refusal import Problem, Refused
from components.target import ImageRequest

_KEYS = ("settings", "interval", "images", "takeDown")


@dataclass(frozen=True)
class Overrides:
    """Config of one stack, read. `sources` maps the path of a setting to the key that set it."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    images: Mapping[str, ImageRequest] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    take_down: bool = False

    def images_of(self, deployment: str) -> dict[str, ImageRequest]:
        """The configured image of each container of a Deployment."""
        prefix = f"{deployment}/"
        return {
            key.removeprefix(prefix): entry for key, entry in self.images.items() if key.startswith(prefix)
        }


def configured() -> Overrides:
    """The overrides of the stack whose program is running."""
    config = pulumi.Config("sluice")
    return read({f"sluice:{key}": value for key in _KEYS if (value := config.get(key)) is not None})


def read(values: Mapping[str, str]) -> Overrides:
    """The overrides in config values such as {"sluice:interval": "2s"}. Raises `Refused` with every problem."""
    problems: list[Problem] = []
    settings = dict(_object(values, "sluice:settings", problems))
    sources = dict.fromkeys(_leaves(settings), "config sluice:settings")
    if (interval := values.get("sluice:interval")) is not None:
        settings["pace"] = {**settings.get("pace", {}), "interval": interval}
        sources["pace.interval"] = "config sluice:interval"
    images = _object(values, "sluice:images", problems)
    entries = {key: _image(key, entry, problems) for key, entry in images.items()}
    if problems:
        raise Refused(tuple(problems))
    return Overrides(settings, entries, sources, values.get("sluice:takeDown") == "true")


def _object(values: Mapping[str, str], key: str, problems: list[Problem]) -> Mapping[str, Any]:
    try:
        value = json.loads(values.get(key) or "{}")
    except ValueError:
        value = None
    if isinstance(value, dict):
        return value
    remedy = f"set it key by key: pulumi config set --path '{key}.<name>' <value>"
    problems.append(Problem(key, "is not a JSON object", remedy))
    return {}


def _image(key: str, entry: Any, problems: list[Problem]) -> ImageRequest:
    if "/" not in key:
        remedy = "write deployment/container, such as podinfo/podinfod"
        problems.append(Problem(f"sluice:images.{key}", "does not say which container it is for", remedy))
    if isinstance(entry, str) and entry:
        return ImageRequest(entry)
    if isinstance(entry, dict) and entry.get("image"):
        return ImageRequest(str(entry["image"]), str(entry.get("request") or ""))
    remedy = "write the image, or an object with `image` and `request`"
    problems.append(Problem(f"sluice:images.{key}", "names no image", remedy))
    return ImageRequest("")


def _leaves(tree: Mapping[str, Any], path: str = "") -> list[str]:
    found: list[str] = []
    for key, value in tree.items():
        here = f"{path}{key}"
        found += _leaves(value, f"{here}.") if isinstance(value, dict) and value else [here]
    return found
