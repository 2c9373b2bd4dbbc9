"""docs/settings.md: every setting with its default, its unit and its reason, and what the environments say."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from stacks import ENVIRONMENTS
from stacks.environments import prose
from stacks.explain import explain, leaves
from stacks.settings import ReleaseSettings, Settings

REQUIRED = "required"


def page() -> str:
    defaults = "\n".join(_rows())
    stated = "\n\n".join(_environment(name) for name in ENVIRONMENTS)
    return f"""# Settings

Made from `stacks/` by `make docs`. `sluice settings --env dev` shows the merged values and where each comes from.

What differs between environments stands in `stacks/dev.py`, `stacks/staging.py` and `stacks/prod.py`. Pulumi config
goes before them:

| key of config | what it does |
| --- | --- |
| `sluice:settings` | any setting, as a tree: `pulumi config set --path 'sluice:settings.driver.strict' true` |
| `sluice:interval` | `pace.interval`: `pulumi config set sluice:interval 10s` |
| `sluice:images` | images of a declared target, by deployment/container; `sluice release --image` writes it |
| `sluice:takeDown` | `true` lets `pulumi destroy` remove what users' traffic runs over, after one `pulumi up` |

Config belongs to one stack: a release stack (`dev.test.podinfo`) reads its own. All problems of all settings are told
at once, each with its path and what is meant.

## All settings

| setting | default | meaning |
| --- | --- | --- |
{defaults}

A release is one entry of `releases`; a part of `platform` that is null is somebody else's and is left alone.

## What the environments state

{stated}
"""


def _rows() -> Iterator[str]:
    release = ReleaseSettings(namespace=REQUIRED, name=REQUIRED)
    for path, value, meaning in leaves(Settings(environment=REQUIRED, releases=(release,))):
        yield f"| `{path.replace('[0]', '[]')}` | {_shown(value)} | {meaning} |"


def _environment(name: str) -> str:
    rows = [f"| `{item.path}` | {_shown(item.value)} |" for item in explain(name) if item.source != "default"]
    return f"### {name}\n\n{prose(_introduction(name))}\n\n| setting | value |\n| --- | --- |\n" + "\n".join(
        rows
    )


def _introduction(name: str) -> str:
    """What the environment's module says of itself."""
    return str(import_module(f"stacks.{name}").__doc__)


def _shown(value: object) -> str:
    if value in (None, {}):
        return "none"
    if value == REQUIRED:
        return "required"
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value) or "none"
    return f"`{value}`"
