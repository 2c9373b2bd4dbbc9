"""`pulumi import`."""

from __future__ import annotations

from engine.action import Action, Kind, parallelism, perform
from engine.cli.arguments import Arguments
from engine.cli.displays import display_for
from engine.cli.operations import require_consent
from engine.cli.verb import Verb, options
from engine.deploy.adoption import Import, Imports, parse
from engine.deploy.context import Options
from engine.errors import Bail, ConfigurationError, EngineError
from engine.workplace import Workplace

SYNTAX = options(
    "file message parallel out from parent provider properties event-log exec-kind",
    "yes skip-preview preview-only protect generate-code diff json suppress-outputs suppress-progress debug",
    y="yes",
    f="file",
    m="message",
    o="out",
    p="parallel",
)


def import_(place: Workplace, arguments: Arguments) -> None:
    if arguments.flag("generate-code") or arguments.has("out"):
        raise EngineError(
            "the embedded engine generates no code for imported resources; pass --generate-code=false without --out"
        )
    if arguments.has("from"):
        raise EngineError(
            "the embedded engine does not convert from other tools; give the resources with --file"
        )
    imports = _imports(place, arguments)
    preview = arguments.flag("preview-only")
    if not preview:
        require_consent(place, arguments)
    action = Action(
        Kind.IMPORT,
        Options(preview=preview, parallel=parallelism(arguments.value("parallel"), place.shell.env)),
        place.program_config(checked=True),
        message=arguments.value("message"),
        environment={"exec.kind": arguments.value("exec-kind", "cli")},
        imports=imports,
    )
    result = perform(place, action, (display_for(place, arguments, Kind.IMPORT, preview),))
    if not result.ok:
        raise Bail("import failed")


def _imports(place: Workplace, arguments: Arguments) -> Imports:
    protect = arguments.flag("protect", default=True)
    file = arguments.value("file")
    if not file:
        words = arguments.positionals
        if len(words) != 3:
            raise ConfigurationError("give what to import as TYPE NAME ID, or a JSON file with --file")
        return Imports((Import(*words),), {}, protect)
    try:
        return parse((place.cwd / file).read_text(), file, protect)
    except OSError as error:
        raise ConfigurationError(f"could not read the import file '{file}': {error.strerror}") from error


VERBS = (Verb("import", "Take existing resources into the state", import_, SYNTAX, "[TYPE NAME ID]"),)
