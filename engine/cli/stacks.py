"""`pulumi stack …`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from engine.cli.arguments import Arguments
from engine.cli.configs import copy_config
from engine.cli.moments import ago
from engine.cli.tables import print_table
from engine.cli.verb import Verb, options
from engine.display import tree
from engine.errors import ConfigurationError, EngineError, StackNotFound
from engine.state import stacks
from engine.state.lock import locked
from engine.state.reference import StackReference
from engine.state.secrets import Blind, SecretsManager, passphrase_from, require_passphrase_provider
from engine.state.snapshots import outputs_of, read_deployment
from engine.values import reveal
from engine.workplace import Workplace


def init(place: Workplace, arguments: Arguments) -> None:
    name = arguments.value("stack") or (arguments.positionals[0] if arguments.positionals else "")
    if not name and place.shell.interactive:
        name = place.shell.ask("Please enter your desired stack name.\nstack name: ").strip()
    if not name:
        raise ConfigurationError("missing stack name; give it as `pulumi stack init NAME`")
    target = Workplace(place.shell, name, arguments.value("config-file"))
    ref = target.ref
    if ref.project != target.project.name:
        raise ConfigurationError(
            f'could not create stack: provided project name "{ref.project}" doesn\'t match Pulumi.yaml'
        )
    source = arguments.value("copy-config-from")
    copied = Workplace(place.shell, source) if source else None
    if copied is not None:
        copied.require_stack()
    provider = arguments.value("secrets-provider")
    require_passphrase_provider(provider)
    passphrase = passphrase_from(place.shell.env, place.cwd)
    with locked(target.backend, ref, place.shell.err):
        salt = target.config.salt
        secrets = SecretsManager.open(salt, passphrase) if salt else SecretsManager.create(passphrase)
        stacks.create(target.backend, ref, secrets.provider)
        if not salt:
            target.config.salt = secrets.salt
            target.config.save()
    if copied is not None:
        copy_config(copied, target, copied.config.config)
    if not arguments.flag("no-select"):
        target.home.select(target.project, target.backend.url, ref.full_name)
    place.shell.err(f"Created stack '{place.shown(ref)}'")


def select(place: Workplace, arguments: Arguments) -> None:
    name = arguments.value("stack") or (arguments.positionals[0] if arguments.positionals else "")
    if not name and place.shell.interactive:
        found = stacks.references(place.backend, place.project.name)
        for ref in found:
            place.shell.out(f"  {place.shown(ref)}")
        name = place.shell.ask("Please choose a stack: ").strip()
    if not name:
        raise ConfigurationError("no stack name given; give it as `pulumi stack select NAME`")
    target = Workplace(place.shell, name)
    try:
        ref = target.existing
    except StackNotFound:
        if not arguments.flag("create"):
            raise
        init(place, Arguments((name,), {"secrets-provider": arguments.values("secrets-provider")}))
        ref = target.ref
    target.home.select(target.project, target.backend.url, ref.full_name)


def unselect(place: Workplace, arguments: Arguments) -> None:
    if place.home.selected(place.project, place.backend.url):
        place.home.select(place.project, place.backend.url, "")
        place.shell.err("Stack was unselected")


def listing(place: Workplace, arguments: Arguments) -> None:
    project = None if arguments.flag("all") or place.found_project is None else place.found_project.name
    project = arguments.value("project") or project
    wanted = [ref for ref in stacks.references(place.backend, project) if _is_tagged(place, arguments, ref)]
    found = [stacks.summary(place.backend, ref) for ref in wanted]
    try:
        current: StackReference | None = place.ref
    except EngineError:
        current = None
    if arguments.flag("json"):
        place.shell.text(json.dumps([_summary(place, item, item.ref == current) for item in found], indent=2))
        return
    rows: list[tuple[str, ...]] = [("NAME", "LAST UPDATE", "RESOURCE COUNT")]
    for item in found:
        name = place.shown(item.ref) + ("*" if item.ref == current else "")
        rows.append((name, _ago(item.updated), str(item.resources) if item.updated else "n/a"))
    print_table(place, rows)


def _is_tagged(place: Workplace, arguments: Arguments, ref: StackReference) -> bool:
    """Whether the stack has the tag that is asked for, with the value if one is given."""
    name, equals, value = arguments.value("tag").partition("=")
    if not name and not equals:
        return True
    tags = stacks.read_tags(place.backend, ref)
    return name in tags and (not equals or tags[name] == value)


def show(place: Workplace, arguments: Arguments) -> None:
    ref = place.existing
    if arguments.flag("show-name"):
        place.shell.out(place.shown(ref))
        return
    show_secrets = arguments.flag("show-secrets")
    deployment = read_deployment(place.backend, ref, place.secrets if show_secrets else Blind())
    place.shell.out(f"Current stack is {place.shown(ref)}:")
    summary = stacks.summary(place.backend, ref)
    place.shell.out("    Managed by the embedded engine")
    if summary.updated:
        place.shell.out(f"    Last updated: {_ago(summary.updated)} ({summary.updated})")
    place.shell.out(f"Current stack resources ({len(deployment.resources)}):")
    width = max((len(item.type) for item in deployment.resources), default=4) + 4
    for resource in deployment.resources:
        place.shell.out(f"    {resource.type.ljust(width)}{resource.urn.split('::', 3)[-1]}")
        if arguments.flag("show-urns"):
            place.shell.out(f"      URN: {resource.urn}")
        if arguments.flag("show-ids") and resource.id:
            place.shell.out(f"      ID: {resource.id}")
    place.shell.out("")
    found = outputs_of(deployment)
    place.shell.out(f"Current stack outputs ({len(found)}):")
    found = reveal(found) if show_secrets else found
    for line in tree.properties(found) if found else ["    No output values currently in this stack"]:
        place.shell.out(line)


def remove(place: Workplace, arguments: Arguments) -> None:
    name = arguments.positionals[0] if arguments.positionals else arguments.value("stack")
    target = Workplace(place.shell, name) if name else place
    ref = target.existing
    if not arguments.flag("yes"):
        _confirm(place, f"This will permanently remove the '{place.shown(ref)}' stack!", place.shown(ref))
    remove_stack(target, arguments.flag("preserve-config"), arguments.flag("force"))
    if target.found_project is not None:
        # The official CLI selects none then, whichever was removed.
        target.home.select(target.project, target.backend.url, "")
    if arguments.flag("remove-backups"):
        stacks.remove_backups(target.backend, ref)
    place.shell.out(f"Stack '{place.shown(ref)}' has been removed!")


def remove_stack(place: Workplace, preserve_config: bool = False, force: bool = False) -> None:
    """Remove a stack with its configuration and select it no more. Raises `StateError` while it has resources."""
    ref = place.ref
    with locked(place.backend, ref, place.shell.err):
        stacks.remove(place.backend, ref, force=force)
    if place.found_project is None:
        return
    if not preserve_config:
        place.config_path(ref.name).unlink(missing_ok=True)
    if place.home.selected(place.project, place.backend.url) in (ref.full_name, ref.name):
        place.home.select(place.project, place.backend.url, "")


def rename(place: Workplace, arguments: Arguments) -> None:
    old = place.existing
    new = place.reference(arguments.positionals[0])
    with locked(place.backend, old, place.shell.err):
        stacks.rename(place.backend, old, new, place.secrets)
    source, target = place.config_path(old.name), place.config_path(new.name)
    if source.exists() and source != target:
        source.rename(target)
    if place.found_project is not None and new.project == place.project.name:
        place.home.select(place.project, place.backend.url, new.full_name)
    place.shell.out(f"Renamed {place.shown(old)} to {place.shown(new)}")


def _summary(place: Workplace, item: stacks.Summary, current: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"name": place.shown(item.ref), "current": current}
    if item.updated:
        body |= {"lastUpdate": _milliseconds(item.updated), "resourceCount": item.resources}
    return body


def _milliseconds(moment: str) -> str:
    parsed = datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(UTC)
    return parsed.strftime("%Y-%m-%dT%H:%M:%S.") + f"{parsed.microsecond // 1000:03d}Z"


def _ago(moment: str | None) -> str:
    if moment is None:
        return "n/a"
    return ago(datetime.fromisoformat(moment.replace("Z", "+00:00")), datetime.now(UTC))


def _confirm(place: Workplace, warning: str, name: str) -> None:
    if not place.shell.interactive:
        raise ConfigurationError("--yes must be passed in to proceed when running in non-interactive mode")
    place.shell.out(warning)
    if (
        place.shell.ask(f"Please confirm that this is what you'd like to do by typing `{name}`: ").strip()
        != name
    ):
        raise EngineError("confirmation declined")


_NO_TEAMS = {"teams": "the backend has no accounts; leave it out"}
_INIT = options("secrets-provider copy-config-from teams", "no-select yes", y="yes")

VERBS = (
    Verb(
        "stack",
        "Show the selected stack",
        show,
        options("", "show-ids show-urns show-secrets show-name", i="show-ids", u="show-urns"),
    ),
    Verb("stack init", "Create a stack", init, _INIT, "[NAME]", _NO_TEAMS, frozenset({"yes"})),
    Verb(
        "stack select",
        "Choose the stack that other commands work on",
        select,
        options("secrets-provider", "create", c="create"),
        "[NAME]",
    ),
    Verb("stack unselect", "Choose no stack", unselect),
    Verb(
        "stack ls",
        "List stacks",
        listing,
        options(
            "project organization tag",
            "json all",
            j="json",
            a="all",
            p="project",
            o="organization",
            t="tag",
        ),
        refused={"organization": "the backend has no organizations; leave it out"},
    ),
    Verb(
        "stack rm",
        "Remove a stack and its configuration",
        remove,
        options("", "yes force preserve-config remove-backups", y="yes", f="force"),
        "[NAME]",
    ),
    Verb("stack rename", "Rename a stack", rename, options(), "NAME"),
)
