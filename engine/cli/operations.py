"""`pulumi up`, `preview`, `refresh` and `destroy`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

from engine.action import Action, Kind, Result, parallelism, perform
from engine.cli.arguments import Arguments
from engine.cli.displays import display_for
from engine.cli.verb import Verb, options
from engine.deploy.context import Options
from engine.deploy.destroy import staying_of
from engine.deploy.program import Program
from engine.deploy.targets import Targets
from engine.errors import Bail, ChangesFound, ConsentMissing, EngineError
from engine.eventlog import open_log
from engine.mask import Mask
from engine.programs.inline import InlineProgram
from engine.programs.python import PythonProgram
from engine.state.secrets import Blind
from engine.state.snapshots import read_deployment
from engine.workplace import Workplace

_TRUE = ("true", "1")
_VALUES = (
    "message replace target target-replace exclude parallel event-log client exec-kind exec-agent config config-file "
    "plan save-plan import-file import-pending-creates show-secrets-of attach-debugger"
)
_FLAGS = (
    "yes skip-preview preview-only expect-no-changes clear-pending-creates skip-pending-creates diff json "
    "target-dependents exclude-dependents exclude-protected continue-on-error refresh run-program show-config "
    "show-replacement-steps show-sames show-reads show-secrets show-full-output suppress-outputs suppress-progress "
    "suppress-permalink debug strict config-path remove copilot neo no-plugins"
)
_JUDGED = options("policy-pack policy-pack-config")
"""Only what a program declares is judged by packs."""
SYNTAX = options(
    _VALUES,
    _FLAGS,
    y="yes",
    m="message",
    f="skip-preview",
    t="target",
    p="parallel",
    j="json",
    r="refresh",
    d="debug",
    c="config",
)


def up(place: Workplace, arguments: Arguments) -> None:
    _consented(place, arguments, Kind.UPDATE)


def preview(place: Workplace, arguments: Arguments) -> None:
    _refuse_plans(arguments)
    result = _once(place, arguments, Kind.UPDATE, preview=True)
    _judge(result, arguments, "preview")


def refresh(place: Workplace, arguments: Arguments) -> None:
    _consented(place, arguments, Kind.REFRESH)


def destroy(place: Workplace, arguments: Arguments) -> None:
    protected = 0
    if arguments.flag("exclude-protected"):
        protected, everything = _protected(place, arguments)
        if protected == everything:
            _say(place, arguments, f"There were no unprotected resources to destroy. {_still(protected)}")
            if protected:
                return
    _consented(place, arguments, Kind.DESTROY)
    if protected:
        _say(place, arguments, f"All unprotected resources were destroyed. {_still(protected)}")
    elif not arguments.has("target") and not arguments.flag("preview-only") and not arguments.flag("remove"):
        _say(
            place,
            arguments,
            "The resources in the stack have been deleted, but the history and configuration associated with the "
            "stack are still maintained. \n"
            f"If you want to remove the stack completely, run `pulumi stack rm {place.shown(place.ref)}`.",
        )


def _protected(place: Workplace, arguments: Arguments) -> tuple[int, int]:
    """How many of how many resources have to stay because something is protected."""
    if arguments.has("target"):
        raise EngineError("you cannot specify --target and --exclude-protected")
    resources = read_deployment(place.backend, place.existing, Blind()).resources
    staying = staying_of(resources, Options(exclude_protected=True))
    return len([item for item in resources if item.urn in staying]), len(resources)


def _still(protected: int) -> str:
    return f"There are still {protected} protected resources associated with this stack."


def _say(place: Workplace, arguments: Arguments, text: str) -> None:
    if not arguments.flag("json"):
        for line in text.split("\n"):
            place.shell.out(line)


def _consented(place: Workplace, arguments: Arguments, kind: Kind) -> None:
    """Preview, ask, act: as much of that as the options and the terminal call for."""
    _refuse_plans(arguments)
    operation = "refresh" if kind is Kind.REFRESH else "update"
    if arguments.flag("preview-only"):
        if arguments.flag("skip-preview"):
            raise EngineError("--skip-preview and --preview-only cannot be used together")
        _judge(_once(place, arguments, kind, preview=True), arguments, operation)
        return
    # The exit code of a refresh that nobody agreed to is another one, as the official CLI has it.
    yes, skip = require_consent(place, arguments, EngineError if kind is Kind.REFRESH else ConsentMissing)
    place.require_stack()
    if not skip:
        proposed = _once(place, arguments, kind, preview=True)
        if not proposed.ok:
            raise Bail("preview failed")
        if not yes and not _agreed(place, arguments, kind):
            raise EngineError(f"confirmation declined, not proceeding with the {kind}")
    _judge(_once(place, arguments, kind, preview=False), arguments, operation)


def require_consent(
    place: Workplace, arguments: Arguments, missing: type[EngineError] = ConsentMissing
) -> tuple[bool, bool]:
    """Whether to go on without asking, and without a preview. Raises `missing` if nobody can be asked."""
    env = place.shell.env
    yes = arguments.flag("yes") or env.get("PULUMI_SKIP_CONFIRMATIONS") in _TRUE
    skip = arguments.flag("skip-preview") or env.get("PULUMI_SKIP_PREVIEW") in _TRUE
    if not yes and not skip and not place.shell.interactive:
        raise missing(
            "--yes or --skip-preview or --preview-only must be passed in to proceed "
            "when running in non-interactive mode"
        )
    return yes, skip


def _agreed(place: Workplace, arguments: Arguments, kind: Kind) -> bool:
    verb = {Kind.UPDATE: "perform this update", Kind.REFRESH: "perform this refresh"}.get(
        kind, "perform this destroy"
    )
    while True:
        answer = place.shell.ask(f"Do you want to {verb}? [yes/no/details] ").strip().lower()
        if answer in ("yes", "y"):
            return True
        if answer in ("no", "n", ""):
            return False
        if answer == "details":
            options_ = {**arguments.options, "diff": ("true",)}
            _once(place, replace(arguments, options=options_), kind, preview=True)


def _once(place: Workplace, arguments: Arguments, kind: Kind, preview: bool) -> Result:
    shell = place.shell
    place = Workplace(shell, place.ref.full_name, arguments.value("config-file"))
    action = Action(
        kind,
        _options(place, arguments, preview),
        # Read before there is a heading: what can't begin shows none. Where no program runs nobody needs it right.
        place.program_config(checked=kind is Kind.UPDATE),
        _program(place, arguments, kind),
        message=arguments.value("message"),
        environment={"exec.kind": arguments.value("exec-kind", "cli")},
        clear_pending=arguments.flag("clear-pending-creates"),
        policy_packs=arguments.values("policy-pack"),
        policy_configs=arguments.values("policy-pack-config"),
    )
    mask = Mask(place.secret_texts())
    place = place.saying(lambda line: shell.out(mask(line)))
    display = display_for(place, arguments, kind, preview)
    if not arguments.value("event-log"):
        return perform(place, action, (display,))
    with closing(open_log(arguments.value("event-log"), arguments.flag("debug"), shell.terse, mask)) as log:
        return perform(place, action, (display, log))


def _judge(result: Result, arguments: Arguments, operation: str = "update") -> None:
    if not result.ok:
        raise Bail("the operation failed")
    if arguments.flag("expect-no-changes") and result.changed:
        raise ChangesFound(operation)


def _options(place: Workplace, arguments: Arguments, preview: bool) -> Options:
    named, excluded = arguments.values("target"), arguments.values("exclude")
    arguments.require_one_of("target", "exclude")
    dependents = arguments.flag("target-dependents") or arguments.flag("exclude-dependents")
    replaced = (*arguments.values("replace"), *arguments.values("target-replace"))
    if arguments.values("target-replace"):
        named = (*named, *arguments.values("target-replace"))
    env: Mapping[str, str] = place.shell.env
    return Options(
        preview=preview,
        parallel=parallelism(arguments.value("parallel"), env),
        continue_on_error=arguments.flag("continue-on-error", env.get("PULUMI_CONTINUE_ON_ERROR") in _TRUE),
        refresh=arguments.flag("refresh", place.project.refresh_always),
        targets=Targets(named or excluded, exclude=bool(excluded), dependents=dependents),
        replaces=Targets(replaced),
        exclude_protected=arguments.flag("exclude-protected"),
    )


def _program(place: Workplace, arguments: Arguments, kind: Kind) -> Program | None:
    if kind is not Kind.UPDATE:
        return None
    if arguments.value("client"):
        return InlineProgram(arguments.value("client"))
    project = place.project
    if project.runtime != "python":
        raise EngineError(
            f"the embedded engine runs programs of runtime python, not '{project.runtime}'; "
            "install the official Pulumi CLI for this project"
        )
    return PythonProgram(project.runtime_options, place.shell.env)


def _refuse_plans(arguments: Arguments) -> None:
    for name in ("plan", "save-plan", "attach-debugger"):
        if arguments.has(name):
            raise EngineError(
                f"the embedded engine does not support --{name}; use the official Pulumi CLI for it"
            )


VERBS = (
    Verb("up", "Bring a stack to what its program declares", up, SYNTAX | _JUDGED),
    Verb("update", "Bring a stack to what its program declares", up, SYNTAX | _JUDGED),
    Verb("preview", "Show what `up` would do", preview, SYNTAX | _JUDGED),
    Verb("refresh", "Read what is really there into the state", refresh, SYNTAX),
    Verb("destroy", "Delete everything that a stack holds", destroy, SYNTAX),
    Verb("down", "Delete everything that a stack holds", destroy, SYNTAX),
)
