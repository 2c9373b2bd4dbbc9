"""The command line: one verb a file, and the one boundary where errors become exit codes."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from importlib.metadata import entry_points
from typing import NoReturn

import click

from automation.core.refusal import Refused
from automation.errors import DocumentRefused, OutputLost, SluiceError

COMMANDS = {
    "release": ("cli.release:release", "Set an image and run the release to its end."),
    "run": ("cli.run:run", "Drive every Canary and Rollout of an environment until stopped."),
    "status": ("cli.status:status", "The table of Canaries and Rollouts, once or live (-w)."),
    "events": ("cli.events:events", "What was said of a Canary, oldest first."),
    "history": ("cli.history:history", "Each step of a Canary's releases, with its evidence."),
    "get": ("cli.get:get", "A Rollout as a tree, once or live (-w)."),
    "set": ("cli.setting_image:setting", "Set an image of a Rollout: sluice set image."),
    "promote": (
        "cli.promote:promote",
        "Let a Rollout go on past its step (--full: all); promote a Canary --now.",
    ),
    "abort": ("cli.requests:abort", "End the run that is under way: all traffic back to primary."),
    "approve": ("cli.gates:approve", "Let the revision under test pass a gate, with a reason."),
    "hold": ("cli.gates:hold", "Keep a gate of a Canary closed until it is resumed."),
    "resume": ("cli.gates:resume", "Take a hold away: the gate's hooks are asked again."),
    "retry": ("cli.requests:retry", "Run the revision that failed once more."),
    "undo": ("cli.undo:undo", "Give a Rollout the pod template of an earlier revision."),
    "retire": (
        "cli.retire:retire",
        "Give traffic back to the target and remove what was generated.",
    ),
    "check": ("cli.check:check", "Whether Canary documents can work."),
    "convert": ("cli.convert:convert", "Rollouts as Canaries, and Canaries as Rollouts."),
    "settings": (
        "cli.settings:settings",
        "The merged settings of an environment, and their sources.",
    ),
    "rights": (
        "cli.rights:rights_of_a_driver",
        "The rights of a driver as manifests, for kubectl apply -f -.",
    ),
    "pulumi": ("cli.pulumi:pulumi", "Any Pulumi command, on whichever engine is here."),
}
"""Verb -> (where it is, what it does in a line): `sluice --help` must not pay for the Pulumi SDK."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""Errors of a disk that takes nothing more."""


class Verbs(click.Group):
    """Loads a verb's module when it is used."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*COMMANDS, *(point.name for point in entry_points(group="sluice.commands"))]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in COMMANDS:
            module, attribute = COMMANDS[name][0].split(":")
            command: click.Command = getattr(import_module(module), attribute)
            return command
        for point in entry_points(group="sluice.commands", name=name):
            plugin: click.Command = point.load()
            return plugin
        return None

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(context, name) is None:
            known = ", ".join(self.list_commands(context))
            raise click.UsageError(f"there is no `sluice {name}`; known: {known}", context)
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, told) for name, (_, told) in COMMANDS.items()]
        plugins = entry_points(group="sluice.commands")
        rows += [(point.name, point.load().get_short_help_str(80)) for point in plugins]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sluice")
def sluice() -> None:
    """Progressive delivery as a Pulumi program."""


def main() -> None:
    """The entry point of `.venv/bin/sluice`."""
    try:
        code = sluice.main(standalone_mode=False)
    except SluiceError as error:
        _end(error)
    except Refused as refused:
        click.echo(f"sluice: {refused}", err=True)
        sys.exit(DocumentRefused.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("sluice: interrupted; a release that was under way goes on when a driver runs", err=True)
        sys.exit(130)
    except BrokenPipeError:
        _print_no_more()
        sys.exit(0)
    except OSError as error:
        if error.errno not in FULL:
            raise
        _print_no_more()
        _end(OutputLost(f"nothing more can be written: {error.strerror}", "make room where the output goes"))
    sys.exit(code if isinstance(code, int) else 0)


def _end(error: SluiceError) -> NoReturn:
    click.echo(f"sluice: {error.problem}", err=True)
    if error.remedy:
        click.echo(f"  {error.remedy}", err=True)
    sys.exit(error.exit_code)


def _print_no_more() -> None:
    """What is still buffered would fail again when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
