"""`sluice pulumi …`: the official CLI where it is installed, the embedded engine otherwise."""

from __future__ import annotations

import importlib
import os
import shutil
import sys

import click

from automation.updates import engines


@click.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
        "help_option_names": [],
    }
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def pulumi(arguments: tuple[str, ...]) -> int:
    """Any Pulumi command, on whichever engine is here."""
    engine = engines.choose(os.environ)
    if engine.name == "official":
        program = shutil.which("pulumi")
        assert program is not None
        os.execv(program, [program, *arguments])
    if sys.stderr.isatty():
        click.echo(f"no official pulumi CLI is used here; this is Sluice's {engine}", err=True)
    code: int = importlib.import_module("engine.__main__").main(list(arguments))
    return code
