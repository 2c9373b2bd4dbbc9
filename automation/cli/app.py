"""The command line: one verb a file, and the one boundary where errors become exit codes."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.metadata import entry_points

import click

from automation.errors import SluiceError

COMMANDS = {
    "release": "automation.cli.release:release",
    "run": "automation.cli.run:run",
    "status": "automation.cli.status:status",
    "events": "automation.cli.events:events",
    "history": "automation.cli.history:history",
    "abort": "automation.cli.requests:abort",
    "retry": "automation.cli.requests:retry",
    "retire": "automation.cli.retire:retire",
    "settings": "automation.cli.settings:settings",
    "check": "automation.cli.check:check",
    "pulumi": "automation.cli.pulumi:pulumi",
}


class Verbs(click.Group):
    """Loads a verb's module when it is used: `sluice --help` must not pay for the Pulumi SDK."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*COMMANDS, *(point.name for point in entry_points(group="sluice.commands"))]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in COMMANDS:
            module, attribute = COMMANDS[name].split(":")
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
        rows = []
        for name in self.list_commands(context):
            command = self.get_command(context, name)
            if command is not None:
                rows.append((name, command.get_short_help_str(80)))
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
        click.echo(f"sluice: {error.problem}", err=True)
        if error.remedy:
            click.echo(f"  {error.remedy}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("sluice: interrupted; a release that was under way goes on when a driver runs", err=True)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)
