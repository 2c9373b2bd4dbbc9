"""`pulumi up`, `preview`, `refresh` and `destroy`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace

from engine.action import Action, Kind, Result, parallelism, perform
from engine.cli.arguments import Arguments
from engine.cli.displays import displays
from engine.cli.stacks import remove_stack
from engine.cli.verb import Verb, options
from engine.deploy.context import Options
from engine.deploy.destroy import staying_of
from engine.deploy.program import Program
from engine.deploy.targets import Targets
from engine.errors import Bail, ChangesFound, ConsentMissing, EngineError
from engine.eventlog import open_log
from engine.mask import Mask
from engine.policy.packs import Sources
from engine.programs.inline import InlineProgram
from engine.programs.python import PythonProgram
from engine.state.configkey import parse_key
from engine.state.configvalue import ConfigMap, along, put
from engine.state.secrets import Blind
from engine.state.snapshots import read_deployment
from engine.workplace import Workplace

_TRUE = ("true", "1")
_ALL = options(
    "message target exclude parallel event-log exec-kind exec-agent client config attach-debugger override-env",
    "diff json target-dependents config-path run-program clear-pending-creates show-sames show-replacement-steps "
    "suppress-outputs suppress-progress suppress-permalink debug copilot neo skip-config-validation "
    "skip-plugin-pre-install urns",
    m="message",
    t="target",
    p="parallel",
    j="json",
    d="debug",
    c="config",
)
_ACTING = options("", "yes skip-preview", y="yes", f="skip-preview")
_LOOKING = options("", "preview-only")
_EXCLUDING = options("", "exclude-dependents")
_EXCLUDING_SHORT = options("", "", x="exclude")
_GOING_ON = options("", "refresh continue-on-error show-config show-full-output", r="refresh")
_UNPROTECTED = options("", "ignore-protect")
_DECLARED = options(
    "replace target-replace policy-pack policy-pack-config plan save-plan import-file",
    "expect-no-changes show-reads show-secrets show-policy-remediations strict",
)
_FROM_TEMPLATE = options("secrets-provider")
_REFRESHED = options("import-pending-creates", "expect-no-changes skip-pending-creates")
_DESTROYED = options("", "remove exclude-protected")

_OFFICIAL = "use the official Pulumi CLI for it"
_PENDING = (
    "run `pulumi up`, which looks what became of interrupted creations, or pass --clear-pending-creates"
)
_NO_RUN = "a refresh or a destroy runs no program; run `pulumi up` first where a provider has changed"
URNS_TOLD = "`stack --show-urns`, --json and --event-log tell them"
_REFUSED = {
    "attach-debugger": _OFFICIAL,
    "run-program": _NO_RUN,
    "copilot": "it is not part of it; leave it out",
    "neo": "it is not part of it; leave it out",
    "override-env": "environments are kept by Pulumi's service; leave it out",
    "urns": URNS_TOLD,
}
_REFUSED_GOING_ON = _REFUSED | {"show-config": "see it with `pulumi config`"}
_REFUSED_DECLARED = _REFUSED_GOING_ON | {
    "plan": _OFFICIAL,
    "save-plan": _OFFICIAL,
    "strict": f"it has no plans; {_OFFICIAL}",
    "import-file": "write the file by hand, for `pulumi import --file`",
    "show-policy-remediations": "--event-log and `up --json` tell each of them",
    "show-reads": "what is read stands in what --diff and --json show",
    "show-secrets": "see them with `pulumi stack output --show-secrets`",
}
_REFUSED_REFRESHED = _REFUSED | {"skip-pending-creates": _PENDING, "import-pending-creates": _PENDING}
IDLE = frozenset({"suppress-permalink", "suppress-progress", "skip-plugin-pre-install"})
"""There are no permalinks, no spinner and no plugins."""
_IDLE_GOING_ON = IDLE | {"show-full-output"}
"""Values are always shown in full."""
_NO_PROGRAM = frozenset({"client", "skip-config-validation"})
"""The address of a program is given even where none is run; where none is, no configuration is held against it."""


def up(place: Workplace, arguments: Arguments) -> None:
    if arguments.positionals:
        raise EngineError(
            f"the embedded engine brings up no template such as '{arguments.positionals[0]}'; "
            "run `pulumi up` in the folder of a project, or install the official Pulumi CLI"
        )
    _consented(place, arguments, Kind.UPDATE)


def preview(place: Workplace, arguments: Arguments) -> None:
    place.require_stack()
    _configure(place, arguments)
    result = _once(place, arguments, Kind.UPDATE, preview=True)
    _judge(result, arguments, "preview")


def refresh(place: Workplace, arguments: Arguments) -> None:
    _require_no_program(place, arguments)
    _consented(place, arguments, Kind.REFRESH)


def destroy(place: Workplace, arguments: Arguments) -> None:
    _require_no_program(place, arguments)
    arguments.require_one_of("exclude-protected", "ignore-protect")
    # The rest of the stack stays with a part of it.
    arguments.require_one_of("target", "remove")
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
    elif arguments.has("target") or arguments.flag("preview-only"):
        return
    elif arguments.flag("remove"):
        remove_stack(place.at(place.ref))
        told = "The resources in the stack have been deleted, and the history and configuration removed."
        _say(place, arguments, told)
    else:
        _say(
            place,
            arguments,
            "The resources in the stack have been deleted, but the history and configuration associated with the "
            "stack are still maintained. \n"
            f"If you want to remove the stack completely, run `pulumi stack rm {place.shown(place.ref)}`.",
        )


def _require_no_program(place: Workplace, arguments: Arguments) -> None:
    asked = place.shell.env.get("PULUMI_RUN_PROGRAM") in _TRUE and not arguments.has("run-program")
    if asked:
        raise EngineError(f"the embedded engine does not support PULUMI_RUN_PROGRAM: {_NO_RUN}; unset it")


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
    operation = "refresh" if kind is Kind.REFRESH else "update"
    if arguments.flag("preview-only"):
        require_no_more_than_preview(arguments)
        place.require_stack()
        _configure(place, arguments)
        _judge(_once(place, arguments, kind, preview=True), arguments, operation)
        return
    # The exit code of a refresh that nobody agreed to is another one, as the official CLI has it.
    yes, skip = require_consent(place, arguments, EngineError if kind is Kind.REFRESH else ConsentMissing)
    place.require_stack()
    _configure(place, arguments)
    if not skip:
        proposed = _once(place, arguments, kind, preview=True)
        if not proposed.ok:
            raise Bail("preview failed")
        if not yes and not _agreed(place, arguments, kind):
            raise EngineError(f"confirmation declined, not proceeding with the {kind}")
    _judge(_once(place, arguments, kind, preview=False), arguments, operation)


def require_no_more_than_preview(arguments: Arguments) -> None:
    """Raises `EngineError` for an option that has no meaning beside `--preview-only`."""
    for name in ("skip-preview", "yes"):
        if arguments.flag(name):
            raise EngineError(f"--{name} and --preview-only cannot be used together")


def require_consent(
    place: Workplace, arguments: Arguments, missing: type[EngineError] = ConsentMissing
) -> tuple[bool, bool]:
    """Whether to go on without asking, and without a preview. Raises `missing` if nobody can be asked."""
    env = place.shell.env
    yes = arguments.flag("yes") or env.get("PULUMI_SKIP_CONFIRMATIONS") in _TRUE
    skip = arguments.flag("skip-preview")
    if not yes and not skip and not place.shell.interactive:
        raise missing(
            "--yes or --skip-preview or --preview-only must be passed in to proceed "
            "when running in non-interactive mode"
        )
    return yes, skip or env.get("PULUMI_SKIP_PREVIEW") in _TRUE


def _agreed(place: Workplace, arguments: Arguments, kind: Kind) -> bool:
    verb = {Kind.UPDATE: "perform this update", Kind.REFRESH: "perform this refresh"}.get(
        kind, "perform this destroy"
    )
    detailed = replace(arguments, options={**arguments.options, "diff": ("true",)})
    return is_agreed_to(place, verb, lambda: _once(place, detailed, kind, preview=True))


def is_agreed_to(place: Workplace, verb: str, tell: Callable[[], object]) -> bool:
    """The user's word; `tell` is called for each question after details."""
    while True:
        answer = place.shell.ask(f"Do you want to {verb}? [yes/no/details] ").strip().lower()
        if answer in ("yes", "y"):
            return True
        if answer in ("no", "n", ""):
            return False
        if answer == "details":
            tell()


def _configure(place: Workplace, arguments: Arguments) -> None:
    """Save what --config gives. With --config-path keys are paths; the roots of these hold nothing else afterwards."""
    given: ConfigMap = {}
    for pair in arguments.values("config"):
        name, _, value = pair.partition("=")
        key = parse_key(name, place.project.name, path=arguments.flag("config-path"))
        given = put(given, key, along(key, value))
    if given:
        place.config.config = {**place.config.config, **given}
        place.config.save()


def _once(place: Workplace, arguments: Arguments, kind: Kind, preview: bool) -> Result:
    place = Workplace(place.shell, place.ref.full_name, arguments.value("config-file"))
    action = Action(
        kind,
        _options(place, arguments, preview),
        # Read before there is a heading: what can't begin shows none. Where no program runs nobody needs it right.
        place.program_config(checked=kind is Kind.UPDATE and not arguments.flag("skip-config-validation")),
        _program(place, arguments, kind),
        message=arguments.value("message"),
        environment=started_by(arguments),
        clear_pending=arguments.flag("clear-pending-creates"),
        policies=Sources(arguments.values("policy-pack"), arguments.values("policy-pack-config")),
    )
    return performed(place, arguments, action)


def started_by(arguments: Arguments) -> dict[str, str]:
    """What an entry of the history says of who started the operation."""
    agent = arguments.value("exec-agent")
    return {"exec.kind": arguments.value("exec-kind", "cli"), **({"exec.agent": agent} if agent else {})}


def performed(place: Workplace, arguments: Arguments, action: Action) -> Result:
    """Do it, shown and logged as the options say, without the secrets of the configuration."""
    shell, mask = place.shell, Mask(place.secret_texts())
    place = place.saying(lambda line: shell.out(mask(line)))
    shown = displays(place, arguments, action.kind, action.options.preview)
    if not arguments.value("event-log"):
        return perform(place, action, shown)
    with closing(open_log(arguments.value("event-log"), arguments.flag("debug"), shell.terse, mask)) as log:
        return perform(place, action, (*shown, log))


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
        ignore_protect=arguments.flag("ignore-protect"),
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


_UP = _ALL | _ACTING | _EXCLUDING | _GOING_ON | _DECLARED | _UNPROTECTED | _FROM_TEMPLATE
_PREVIEW = _ALL | _EXCLUDING | _EXCLUDING_SHORT | _GOING_ON | _DECLARED | _UNPROTECTED
_REFRESH = _ALL | _ACTING | _EXCLUDING | _EXCLUDING_SHORT | _LOOKING | _REFRESHED
_DESTROY = _ALL | _ACTING | _EXCLUDING_SHORT | _LOOKING | _GOING_ON | _DESTROYED | _UNPROTECTED

VERBS = (
    Verb(
        "up",
        "Bring a stack to what its program declares",
        up,
        _UP,
        "[TEMPLATE]",
        refused=_REFUSED_DECLARED,
        # Only a stack that comes from a template would get another one.
        idle=_IDLE_GOING_ON | _FROM_TEMPLATE.values,
    ),
    Verb(
        "preview",
        "Show what `up` would do",
        preview,
        _PREVIEW,
        refused=_REFUSED_DECLARED,
        idle=_IDLE_GOING_ON,
    ),
    Verb(
        "refresh",
        "Read what is really there into the state",
        refresh,
        _REFRESH,
        refused=_REFUSED_REFRESHED,
        idle=IDLE | _NO_PROGRAM,
    ),
    Verb(
        "destroy",
        "Delete everything that a stack holds",
        destroy,
        _DESTROY,
        refused=_REFUSED_GOING_ON,
        idle=_IDLE_GOING_ON | _NO_PROGRAM,
    ),
)
