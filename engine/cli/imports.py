"""`pulumi import`."""

from __future__ import annotations

from functools import partial

from engine.action import Action, Kind, parallelism
from engine.cli.arguments import Arguments
from engine.cli.operations import (
    IDLE,
    URNS_TOLD,
    is_agreed_to,
    performed,
    require_consent,
    require_no_more_than_preview,
    started_by,
)
from engine.cli.verb import Verb, options
from engine.deploy.adoption import Import, Imports, parse
from engine.deploy.context import Options
from engine.errors import Bail, ConfigurationError, EngineError
from engine.workplace import Workplace

SYNTAX = options(
    "file message parallel out from parent provider properties event-log exec-kind exec-agent generate-resources "
    "suppress-permalink",
    "yes skip-preview preview-only protect generate-code diff json suppress-outputs suppress-progress debug "
    "skip-plugin-pre-install urns",
    y="yes",
    f="file",
    m="message",
    o="out",
    p="parallel",
    j="json",
    d="debug",
)


_MISSING = ("type, name, and id", "name and id", "id")
"""What a command line lacks that names this many of the three."""


def import_(place: Workplace, arguments: Arguments) -> None:
    if arguments.flag("generate-code") or arguments.has("out"):
        raise EngineError(
            "the embedded engine generates no code for imported resources; pass --generate-code=false without --out"
        )
    if arguments.has("from"):
        raise EngineError(
            "the embedded engine does not convert from other tools; give the resources with --file"
        )
    act = partial(_act, place, arguments, _imports(place, arguments))
    if arguments.flag("preview-only"):
        require_no_more_than_preview(arguments)
        act(preview=True)
        return
    yes, skip = require_consent(place, arguments)
    if not skip:
        act(preview=True)
        if not yes and not is_agreed_to(place, "perform this import", partial(act, preview=True)):
            raise EngineError("confirmation declined, not proceeding with the import")
    act(preview=False)


def _act(place: Workplace, arguments: Arguments, imports: Imports, preview: bool) -> None:
    action = Action(
        Kind.IMPORT,
        Options(preview=preview, parallel=parallelism(arguments.value("parallel"), place.shell.env)),
        place.program_config(checked=True),
        message=arguments.value("message"),
        environment=started_by(arguments),
        imports=imports,
    )
    if not performed(place, arguments, action).ok:
        raise Bail("preview failed" if preview else "import failed")


def _imports(place: Workplace, arguments: Arguments) -> Imports:
    arguments.require_one_of("file", "parent")
    arguments.require_one_of("file", "provider")
    protect = arguments.flag("protect", default=True)
    file, words = arguments.value("file"), arguments.positionals
    if file and words:
        raise ConfigurationError("an inline resource may not be specified in conjunction with an import file")
    if not file:
        if len(words) < len(_MISSING):
            raise ConfigurationError(
                "an inline resource must be specified if no converter or import file is used, missing "
                + _MISSING[len(words)]
            )
        parent, provider = (_urn(name, arguments.value(name)) for name in ("parent", "provider"))
        return Imports((Import(words[0], words[1], words[2], parent, provider),), {}, protect)
    try:
        return parse((place.cwd / file).read_text(), file, protect)
    except OSError as error:
        raise ConfigurationError(f"could not read the import file '{file}': {error.strerror}") from error


def _urn(option: str, given: str) -> str:
    """The URN that is given alone or as `name=URN`; the name is one for code, which is not made here."""
    urn = given if given.startswith("urn:") else given.partition("=")[2]
    if given and not urn.startswith("urn:"):
        raise ConfigurationError(f"invalid {option} URN: '{given}'; give it as URN or NAME=URN")
    return urn


VERBS = (
    Verb(
        "import",
        "Take existing resources into the state",
        import_,
        SYNTAX,
        "[TYPE NAME ID]",
        refused={
            "properties": "it imports with all properties that the provider finds",
            "generate-resources": "write the file by hand, for --file",
            "urns": URNS_TOLD,
        },
        idle=IDLE,
    ),
)
