"""Every verb, and what is refused with its reason."""

from __future__ import annotations

from engine.cli import configs, edits, histories, imports, operations, others, stacks, states, tags
from engine.cli.verb import Verb

VERBS: dict[str, Verb] = {
    verb.words: verb
    for verb in (
        *operations.VERBS,
        *imports.VERBS,
        *stacks.VERBS,
        *histories.VERBS,
        *states.VERBS,
        *tags.VERBS,
        *edits.VERBS,
        *configs.VERBS,
        *others.VERBS,
    )
}

ALIASES: dict[str, str] = {
    alias: words
    for words, aliases in {
        "up": ("update",),
        "preview": ("pre",),
        "destroy": ("down", "dn"),
        "stack init": ("stack new", "stack create", "stack setup"),
        "stack ls": ("stack list",),
        "stack rm": ("stack remove", "stack delete"),
        "stack history": ("stack hist",),
        "stack tag ls": ("stack tag list",),
        "stack tag rm": ("stack tag remove", "stack tag delete"),
        "config cp": ("config copy",),
        "config rm": ("config remove", "config delete"),
        "config rm-all": ("config remove-all", "config delete-all"),
        "config env ls": ("config env list",),
        "config env rm": ("config env remove",),
        "plugin ls": ("plugin list",),
        "plugin rm": ("plugin remove", "plugin delete"),
    }.items()
    for alias in aliases
}
"""Other words for a verb, as the official CLI has them."""

_INSTALL = "install the official Pulumi CLI for it (https://www.pulumi.com/docs/install/)"
_STATE = (
    "delete",
    "get",
    "move",
    "promote",
    "remove",
    "rename",
    "repair",
    "rm",
    "taint",
    "untaint",
    "upgrade",
)
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
        "schema": "it has none",
        "ai": "it is not part of it",
        "neo": "it is not part of it",
        "about env": "see docs/engine.md, and the documentation of Pulumi",
        "config env init": "environments are kept by Pulumi's service",
        "plugin run": "it has no plugins",
        "stack change-secrets-provider": "only the passphrase provider is built in",
        "stack get": "see `stack` and `stack export`",
        "stack graph": "it draws none; `stack export` tells who depends on whom",
        "stack history events": "--event-log FILE keeps the events of an update",
        "stack migrate": "move a stack with `stack export` and `stack import`",
        **dict.fromkeys(
            ("stack drift", "stack schedule", "stack webhook"), "they belong to Pulumi's service"
        ),
        **{
            f"state {name}": "but for `state protect` and `state unprotect`, edit an export with `stack export` "
            "and `stack import`"
            for name in _STATE
        },
    }.items()
}

GROUPS: frozenset[str] = frozenset(
    " ".join(words[:length])
    for words in map(str.split, (*VERBS, *REFUSED))
    for length in range(1, len(words))
)
"""What has commands below it, and may be a verb as well."""
