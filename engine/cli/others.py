"""The smaller verbs."""

from __future__ import annotations

import getpass
import json
import platform
import sys
from datetime import UTC, datetime

from engine.cli.arguments import Arguments
from engine.cli.verb import Verb, options
from engine.errors import ConfigurationError, EngineError
from engine.state.lock import cancel as cancel_locks
from engine.version import VERSION
from engine.workplace import Workplace


def version(place: Workplace, arguments: Arguments) -> None:
    place.shell.out(f"v{VERSION}")


def whoami(place: Workplace, arguments: Arguments) -> None:
    user = getpass.getuser()
    if arguments.flag("json"):
        place.shell.text(json.dumps({"user": user, "url": place.url}, indent=2))
        return
    place.shell.out(user if not arguments.flag("verbose") else f"User: {user}\nBackend URL: {place.url}")


def about(place: Workplace, arguments: Arguments) -> None:
    facts = {
        "Version": VERSION,
        "Engine": "embedded, in Python",
        "Python": platform.python_version(),
        "Executable": sys.executable,
        "System": f"{platform.system()} {platform.machine()}",
    }
    if place.found_project is not None:
        facts |= {"Project": place.project.name, "Runtime": place.project.runtime}
        facts |= {"Backend": place.url}
    if arguments.flag("json"):
        place.shell.text(json.dumps(facts, indent=2))
        return
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        place.shell.out(f"{name.ljust(width)}  {value}")


def cancel(place: Workplace, arguments: Arguments) -> None:
    name = arguments.positionals[0] if arguments.positionals else ""
    if name and arguments.has("stack"):
        raise ConfigurationError("only one of --stack or argument stack name may be specified, not both")
    target = Workplace(place.shell, name) if name else place
    ref = target.existing
    if place.shell.interactive and not arguments.flag("yes"):
        place.shell.out(
            f"This will irreversibly cancel the currently running update for '{place.shown(ref)}'!"
        )
        if place.shell.ask(f"Please confirm by typing `{place.shown(ref)}`: ").strip() != place.shown(ref):
            raise EngineError("confirmation declined")
    cancel_locks(target.backend, ref)
    place.shell.out(f"The currently running update for '{place.shown(ref)}' has been canceled!")


def plugin_ls(place: Workplace, arguments: Arguments) -> None:
    names = sorted(place.shell.packages)
    if arguments.flag("json"):
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        entries = [{"name": name, "kind": "resource", "size": 0, "lastUsedTime": now} for name in names]
        place.shell.text(json.dumps(entries, indent=2))
        return
    place.shell.out("NAME        KIND")
    for name in names:
        place.shell.out(f"{name.ljust(10)}  resource")


def plugin_install(place: Workplace, arguments: Arguments) -> None:
    kind, name = (*arguments.positionals, "", "")[:2]
    if kind in ("", "language", "analyzer") or name in place.shell.packages:
        return
    runs = ", ".join(sorted(place.shell.packages))
    raise EngineError(
        f"the embedded engine cannot install the {kind} plugin '{name}': it runs {runs} only; "
        "for other packages install the official Pulumi CLI (https://www.pulumi.com/docs/install/)"
    )


def nothing(place: Workplace, arguments: Arguments) -> None:
    """What the engine has needs no installing, and none of it can be removed."""


def refuse_org(place: Workplace, arguments: Arguments) -> None:
    raise EngineError(f"the backend '{place.url}' does not support organizations")


_INSTALLED = options("server file checksum parallel", "exact reinstall", f="file")
_REMOVED = options("", "yes all", y="yes", a="all")
_PREPARED = options("parallel", "use-language-version-tools no-plugins no-dependencies reinstall")

VERBS = (
    Verb("version", "Print the version", version),
    Verb(
        "whoami", "Print who is using the backend", whoami, options("", "json verbose", j="json", v="verbose")
    ),
    Verb(
        "about",
        "Print what is in use here",
        about,
        options("", "json transitive", j="json", t="transitive"),
        refused={"transitive": "see the packages of the program with pip"},
    ),
    Verb("cancel", "Release the lock of a stack", cancel, options("", "yes", y="yes"), "[STACK]"),
    Verb(
        "plugin ls",
        "List resource packages",
        plugin_ls,
        options("", "json project", j="json"),
        refused={"project": "its packages are the same for every project; leave it out"},
    ),
    Verb(
        "plugin install",
        "Check that a plugin is there",
        plugin_install,
        _INSTALLED,
        "[KIND NAME VERSION]",
        idle=_INSTALLED.values | _INSTALLED.flags,
    ),
    Verb(
        "plugin rm",
        "Nothing can be removed",
        nothing,
        _REMOVED,
        "[KIND NAME RANGE]",
        idle=_REMOVED.flags,
    ),
    Verb(
        "install",
        "Nothing has to be installed",
        nothing,
        _PREPARED,
        idle=_PREPARED.values | _PREPARED.flags,
    ),
    Verb("org", "Not supported by this backend", refuse_org),
    Verb("org get-default", "Not supported by this backend", refuse_org),
    Verb("org set-default", "Not supported by this backend", refuse_org, usage="NAME"),
)
