"""`pulumi stack …`."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from engine.cli.arguments import Arguments
from engine.cli.verb import Verb, options
from engine.display import words
from engine.errors import ConfigurationError, EngineError, StackNotFound
from engine.eventlog import shown
from engine.resource import Deployment, Resource
from engine.state import stacks
from engine.state.checkpoint import decode_deployment, encode_export, export_document, parse_export
from engine.state.lock import locked
from engine.state.reference import StackReference
from engine.state.secrets import Blind, SecretsManager, passphrase_from, require_passphrase_provider
from engine.state.snapshots import Snapshots, read_checkpoint, read_deployment, require_integrity
from engine.state.vault import Vault
from engine.urn import ROOT_TYPE
from engine.values import PropertyMap, has_secret, reveal
from engine.workplace import Workplace


def init(place: Workplace, arguments: Arguments) -> None:
    name = arguments.value("stack") or (arguments.positionals[0] if arguments.positionals else "")
    if not name and place.shell.interactive:
        name = place.shell.ask("Please enter your desired stack name.\nstack name: ").strip()
    if not name:
        raise ConfigurationError("missing stack name; give it as `pulumi stack init NAME`")
    target = Workplace(place.shell, name, arguments.value("config-file"))
    ref = target.ref
    provider = arguments.value("secrets-provider")
    require_passphrase_provider(provider)
    passphrase = passphrase_from(place.shell.env, place.cwd)
    with locked(target.backend, ref, place.shell.err):
        stacks.create(target.backend, ref)
        if target.config.salt:
            SecretsManager.open(target.config.salt, passphrase)
        else:
            target.config.salt = SecretsManager.create(passphrase).salt
            target.config.save()
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
    place.home.select(place.project, place.backend.url, "")
    place.shell.out("Stack was unselected")


def listing(place: Workplace, arguments: Arguments) -> None:
    project = None if arguments.flag("all") or place.found_project is None else place.found_project.name
    project = arguments.value("project") or project
    found = [stacks.summary(place.backend, ref) for ref in stacks.references(place.backend, project)]
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
    _table(place, rows)


def show(place: Workplace, arguments: Arguments) -> None:
    ref = place.existing
    if arguments.flag("show-name"):
        place.shell.out(place.shown(ref))
        return
    deployment = read_deployment(place.backend, ref, Blind())
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
    place.shell.out("Current stack outputs:")
    found = _outputs(deployment)
    for line in words.outputs(found) if found else ["    No output values currently in this stack"]:
        place.shell.out(line)


def remove(place: Workplace, arguments: Arguments) -> None:
    name = arguments.positionals[0] if arguments.positionals else arguments.value("stack")
    target = Workplace(place.shell, name) if name else place
    ref = target.existing
    if not arguments.flag("yes"):
        _confirm(place, f"This will permanently remove the '{place.shown(ref)}' stack!", place.shown(ref))
    with locked(target.backend, ref, place.shell.err):
        stacks.remove(target.backend, ref, force=arguments.flag("force"))
    if not arguments.flag("preserve-config") and target.found_project is not None:
        target.config_path(ref.name).unlink(missing_ok=True)
    if target.found_project is not None:
        selected = target.home.selected(target.project, target.backend.url)
        if selected in (ref.full_name, ref.name):
            target.home.select(target.project, target.backend.url, "")
    place.shell.out(f"Stack '{place.shown(ref)}' has been removed!")


def output(place: Workplace, arguments: Arguments) -> None:
    ref = place.existing
    show_secrets = arguments.flag("show-secrets")
    deployment = read_deployment(place.backend, ref, place.secrets if show_secrets else Blind())
    found = {key: _shown(value, show_secrets) for key, value in _outputs(deployment).items()}
    if arguments.positionals:
        name = arguments.positionals[0]
        if name not in found:
            raise EngineError(f"current stack does not have output property '{name}'")
        value = found[name]
        plain = (
            value
            if isinstance(value, str) and not arguments.flag("json")
            else json.dumps(value, ensure_ascii=False)
        )
        place.shell.text(plain)
    elif arguments.flag("json"):
        place.shell.text(json.dumps(found, indent=2, ensure_ascii=False))
    elif arguments.flag("shell"):
        for key, value in found.items():
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            escaped = text.replace("'", "'\\''")
            place.shell.out(f"{key}='{escaped}'")
    else:
        place.shell.out("Current stack outputs:")
        rows = [
            (key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
            for key, value in found.items()
        ]
        _table(place, [("OUTPUT", "VALUE"), *rows], "    ") if rows else place.shell.out(
            "    No output values currently in this stack"
        )


def export(place: Workplace, arguments: Arguments) -> None:
    ref = place.existing
    checkpoint = read_checkpoint(place.backend, ref)
    if arguments.flag("show-secrets") and checkpoint.deployment:
        secrets = place.secrets
        deployment = decode_deployment(checkpoint.deployment, Vault(secrets), ref.full_name)
        document = encode_export(deployment, secrets.provider)
    else:
        document = export_document(checkpoint.deployment)
    text = json.dumps(document, indent=4, ensure_ascii=False)
    if arguments.value("file"):
        (place.cwd / arguments.value("file")).write_text(text + "\n")
    else:
        place.shell.text(text)


def import_(place: Workplace, arguments: Arguments) -> None:
    ref = place.existing
    file = arguments.value("file")
    try:
        data = (place.cwd / file).read_bytes() if file else place.shell.read().encode()
    except OSError as error:
        raise EngineError(f"could not read '{file}': {error.strerror}") from error
    secrets = place.secrets
    with locked(place.backend, ref, place.shell.err):
        document = parse_export(data, file or "standard input")
        deployment = decode_deployment(
            document, Vault(_vault_for(place, document, secrets)), file or "standard input"
        )
        if not arguments.flag("force"):
            stacks.require_owned(deployment, ref)
            require_integrity(deployment, file or "standard input")
        snapshots = Snapshots(place.backend, ref, secrets)
        snapshots.save(replace(deployment, pending_operations=[]))
    place.shell.out("Import complete.")


def rename(place: Workplace, arguments: Arguments) -> None:
    old = place.existing
    new = place.reference(arguments.positional(0, "the new name"))
    with locked(place.backend, old, place.shell.err):
        stacks.rename(place.backend, old, new, place.secrets)
    source, target = place.config_path(old.name), place.config_path(new.name)
    if source.exists() and source != target:
        source.rename(target)
    if place.found_project is not None and new.project == place.project.name:
        place.home.select(place.project, place.backend.url, new.full_name)
    place.shell.out(f"Renamed {place.shown(old)} to {place.shown(new)}")


def tag_get(place: Workplace, arguments: Arguments) -> None:
    key = arguments.positional(0, "the name of the tag")
    tags = stacks.read_tags(place.backend, place.existing)
    if key not in tags:
        raise EngineError(f"stack tag '{key}' not found for stack '{place.shown(place.ref)}'")
    place.shell.out(tags[key])


def tag_set(place: Workplace, arguments: Arguments) -> None:
    key, value = (
        arguments.positional(0, "the name of the tag"),
        arguments.positional(1, "the value of the tag"),
    )
    tags = stacks.read_tags(place.backend, place.existing)
    stacks.write_tags(place.backend, place.ref, {**tags, key: value})


def tag_rm(place: Workplace, arguments: Arguments) -> None:
    key = arguments.positional(0, "the name of the tag")
    tags = stacks.read_tags(place.backend, place.existing)
    stacks.write_tags(place.backend, place.ref, {name: value for name, value in tags.items() if name != key})


def tag_ls(place: Workplace, arguments: Arguments) -> None:
    tags = stacks.read_tags(place.backend, place.existing)
    if arguments.flag("json"):
        place.shell.text(json.dumps(tags, indent=2, ensure_ascii=False))
    else:
        _table(place, [("NAME", "VALUE"), *sorted(tags.items())])


def _vault_for(place: Workplace, document: dict[str, Any], secrets: SecretsManager) -> SecretsManager:
    """The key of the imported state; it may come from a stack with a salt of its own."""
    provider = document.get("secrets_providers") or {}
    salt = (provider.get("state") or {}).get("salt") if isinstance(provider, dict) else None
    if not salt or salt == secrets.salt:
        return secrets
    return SecretsManager.open(salt, passphrase_from(place.shell.env, place.cwd))


def _outputs(deployment: Deployment) -> PropertyMap:
    root: Resource | None = next((item for item in deployment.resources if item.type == ROOT_TYPE), None)
    return root.outputs if root else {}


def _shown(value: Any, show_secrets: bool) -> Any:
    if show_secrets:
        return shown(reveal(value))
    return "[secret]" if has_secret(value) and not isinstance(value, dict | list) else shown(value)


def _summary(place: Workplace, item: stacks.Summary, current: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"name": place.shown(item.ref), "current": current}
    if item.updated:
        body |= {"lastUpdate": _milliseconds(item.updated), "resourceCount": item.resources}
    return body | {"updateInProgress": False}


def _milliseconds(moment: str) -> str:
    parsed = datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(UTC)
    return parsed.strftime("%Y-%m-%dT%H:%M:%S.") + f"{parsed.microsecond // 1000:03d}Z"


def _ago(moment: str | None) -> str:
    if moment is None:
        return "n/a"
    spent = (datetime.now(UTC) - datetime.fromisoformat(moment.replace("Z", "+00:00"))).total_seconds()
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if spent >= length:
            count = int(spent // length)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "now" if spent < 1 else f"{int(spent)} seconds ago"


def _confirm(place: Workplace, warning: str, name: str) -> None:
    if not place.shell.interactive:
        raise ConfigurationError("--yes must be passed in to proceed when running in non-interactive mode")
    place.shell.out(warning)
    if (
        place.shell.ask(f"Please confirm that this is what you'd like to do by typing `{name}`: ").strip()
        != name
    ):
        raise EngineError("confirmation declined")


def _table(place: Workplace, rows: list[tuple[str, ...]], indent: str = "") -> None:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        place.shell.out(
            indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


_INIT = options("secrets-provider copy-config-from teams", "no-select")

VERBS = (
    Verb(
        "stack",
        "Show the selected stack",
        show,
        options("", "show-ids show-urns show-secrets show-name", i="show-ids", u="show-urns"),
    ),
    Verb("stack init", "Create a stack", init, _INIT, "[NAME]"),
    Verb("stack new", "Create a stack", init, _INIT, "[NAME]"),
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
        options("project organization tag", "json all", j="json", a="all", p="project"),
    ),
    Verb(
        "stack rm",
        "Remove a stack and its configuration",
        remove,
        options("", "yes force preserve-config remove-backups", y="yes", f="force"),
        "[NAME]",
    ),
    Verb(
        "stack output",
        "Show what a stack exports",
        output,
        options("", "json show-secrets shell", j="json"),
        "[NAME]",
    ),
    Verb("stack export", "Print the state of a stack", export, options("file version", "show-secrets")),
    Verb("stack import", "Replace the state of a stack", import_, options("file", "force", f="force")),
    Verb("stack rename", "Rename a stack", rename, options(), "NAME"),
    Verb("stack tag get", "Show a tag", tag_get, options(), "NAME"),
    Verb("stack tag set", "Set a tag", tag_set, options(), "NAME VALUE"),
    Verb("stack tag rm", "Remove a tag", tag_rm, options(), "NAME"),
    Verb("stack tag ls", "List tags", tag_ls, options("", "json", j="json")),
)
