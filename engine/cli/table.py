"""Every verb, and what is refused with its reason."""

from __future__ import annotations

from engine.cli import configs, edits, imports, operations, others, stacks, states, tags
from engine.cli.verb import Verb

VERBS: dict[str, Verb] = {
    verb.words: verb
    for verb in (
        *operations.VERBS,
        *imports.VERBS,
        *stacks.VERBS,
        *states.VERBS,
        *tags.VERBS,
        *edits.VERBS,
        *configs.VERBS,
        *others.VERBS,
    )
}

_INSTALL = "install the official Pulumi CLI for it (https://www.pulumi.com/docs/install/)"
REFUSED: dict[str, str] = {
    name: f"the embedded engine does not support `pulumi {name}`: {reason}; {_INSTALL}"
    for name, reason in {
        "new": "it makes no projects from templates",
        "login": "the backend is chosen with PULUMI_BACKEND_URL or backend.url in Pulumi.yaml",
        "logout": "the backend is chosen with PULUMI_BACKEND_URL or backend.url in Pulumi.yaml",
        "policy": "packs are given with --policy-pack",
        "env": "environments are kept by Pulumi's service",
        "deployment": "deployments are run by Pulumi's service",
        "watch": "it does not watch for changes",
        "convert": "it converts no programs",
        "package": "it runs its own packages only",
        "console": "there is none for this backend",
        "logs": "it reads no logs",
        "state": "but for `state protect` and `state unprotect`, edit an export with `stack export` and `stack import`",
        "schema": "it has none",
        "ai": "it is not part of it",
        "neo": "it is not part of it",
    }.items()
}
