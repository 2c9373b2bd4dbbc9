"""`pulumi stack output`, `export` and `import`: what a stack holds, out and in."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.cli.arguments import Arguments
from engine.cli.tables import print_table
from engine.cli.verb import Verb, options
from engine.errors import EngineError
from engine.state import stacks
from engine.state.checkpoint import decode_deployment, encode_export, export_document, parse_export
from engine.state.errors import StackLocked
from engine.state.lock import locked
from engine.state.properties import compact, encode_map
from engine.state.secrets import Blind, SecretsManager, passphrase_from
from engine.state.snapshots import Snapshots, outputs_of, read_checkpoint, read_root
from engine.state.vault import Vault
from engine.values import blinded, reveal
from engine.workplace import Workplace


def output(place: Workplace, arguments: Arguments) -> None:
    ref = place.existing
    show_secrets = arguments.flag("show-secrets")
    outputs = outputs_of(read_root(place.backend, ref, place.secrets if show_secrets else Blind()))
    found = encode_map(reveal(outputs) if show_secrets else blinded(outputs), None)
    if arguments.positionals:
        name = arguments.positionals[0]
        if name not in found:
            raise EngineError(f"current stack does not have output property '{name}'")
        place.shell.text(_indented(found[name]) if arguments.flag("json") else _line(found[name]))
    elif arguments.flag("json"):
        place.shell.text(_indented(found))
    elif arguments.flag("shell"):
        for key, value in found.items():
            place.shell.out(f"{key}={_quoted(_line(value))}")
    else:
        place.shell.out(f"Current stack outputs ({len(found)}):")
        rows = [(key, _line(value)) for key, value in found.items()]
        print_table(place, [("OUTPUT", "VALUE"), *rows], "    ") if rows else place.shell.out(
            "    No output values currently in this stack"
        )


_TEXT_OR_POWER = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?e[+-]?\d+')


def _line(value: Any) -> str:
    return value if isinstance(value, str) else _TEXT_OR_POWER.sub(_spelled, compact(value))


def _spelled(found: re.Match[str]) -> str:
    """A number as the official CLI spells it: with a power of ten below 0.000001 and from 10 to the 21st on."""
    word = found.group()
    if word.startswith('"'):
        return word
    if 1e-6 <= abs(float(word)) < 1e21:
        return format(Decimal(word), "f")
    return re.sub(r"e([+-])0+", r"e\1", word)


def _quoted(word: str) -> str:
    """A word of a shell's command line: marks that mean something get backslashes, blanks take quotes around all."""
    if word and not re.search(r"[ \t\n]", word):
        return re.sub(r"[\\'\"`${\[|&;<>()*?!]|^~", r"\\\g<0>", word)
    quoted = "\\'".join(f"'{part}'" if part else "" for part in word.split("'"))
    return quoted or "''"


def _indented(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


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
    document = parse_export(data, file or "standard input")
    secrets = _secrets_of(place, document)
    deployment = decode_deployment(document, Vault(secrets), file or "standard input")
    _admit(place, stacks.objections(deployment, ref, document), arguments.flag("force"))
    for item in deployment.pending_operations:
        told = f"removing pending operation '{item.type}' on '{item.resource.urn}' from snapshot"
        place.shell.err(f"warning: {told}")
    try:
        with locked(place.backend, ref, place.shell.err):
            Snapshots(place.backend, ref, secrets).save(replace(deployment, pending_operations=[]))
    except StackLocked as error:
        raise StackLocked(f"could not import deployment: {error}") from error
    place.shell.out("Import complete.")


def _admit(place: Workplace, objections: list[str], forced: bool) -> None:
    """Raises `EngineError` with all that is said against a state, unless somebody wants it all the same."""
    if forced:
        for said in objections:
            place.shell.err(f"warning: {said}")
    elif objections:
        advice = "importing this file could be dangerous; rerun with --force to proceed anyway"
        told = [f"    {number}) {text}" for number, text in enumerate([*objections, advice], 1)]
        raise EngineError("\n".join([f"{len(told)} errors occurred:", *told]))


def _secrets_of(place: Workplace, document: dict[str, Any]) -> SecretsManager:
    """The key of the imported state; it may come from a stack with a salt of its own."""
    secrets = place.secrets
    provider = document.get("secrets_providers") or {}
    salt = (provider.get("state") or {}).get("salt") if isinstance(provider, dict) else None
    if not salt or salt == secrets.salt:
        return secrets
    return SecretsManager.open(salt, passphrase_from(place.shell.env, place.cwd))


VERBS = (
    Verb(
        "stack output",
        "Show what a stack exports",
        output,
        options("", "json show-secrets shell", j="json"),
        "[NAME]",
    ),
    Verb(
        "stack export",
        "Print the state of a stack",
        export,
        options("file version", "show-secrets"),
        refused={
            "version": "the backend does not number its states; what each update left lies there under "
            ".pulumi/history/PROJECT/STACK as *.checkpoint.json"
        },
    ),
    Verb("stack import", "Replace the state of a stack", import_, options("file", "force", f="force")),
)
