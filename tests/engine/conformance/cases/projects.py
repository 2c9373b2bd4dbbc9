"""Projects: what their file is called, and where they keep their program, their states and their configuration."""

from tests.engine.conformance.case import PREVIEW, UP, Api, Case, Stage

PROJECT = """name: shop
runtime: python
main: source
description: kept elsewhere
stackConfigDir: settings
backend:
  url: file://../state
"""

PROGRAM = """
import os, pulumi
pulumi.export("folder", os.path.basename(os.getcwd()))
pulumi.export("root", os.path.basename(pulumi.get_root_directory()))
pulumi.export("text", pulumi.Config().get("text"))
"""

BY_PROJECT = {"PULUMI_BACKEND_URL": None}
OTHER = "--config-file Pulumi.other.yaml"


def written_in_yml(api: Api) -> None:
    for name in ("Pulumi", "Pulumi.dev"):
        (api.work / f"{name}.yaml").rename(api.work / f"{name}.yml")


def written_in_json(api: Api) -> None:
    (api.work / "Pulumi.yml").unlink()
    (api.work / "Pulumi.json").write_text('{"name": "shop", "runtime": "python"}')


CASES = (
    Case(
        "a project that keeps things elsewhere",
        "",
        (
            Stage("config set text told --stack dev", env=BY_PROJECT),
            Stage(f"{UP} --stack dev", env=BY_PROJECT),
            Stage(f"config set text other {OTHER}"),
            Stage(f"config get text {OTHER}"),
            Stage("config get text"),
            Stage("stack output --json"),
        ),
        files={"source/__main__.py": PROGRAM},
        project=PROJECT,
    ),
    Case(
        "files of projects",
        PROGRAM,
        (
            Stage("config set text x --stack dev", before=written_in_yml),
            Stage(f"{PREVIEW} --stack dev"),
            Stage("config set text y --stack dev", before=written_in_json),
            Stage("config --stack dev"),
        ),
    ),
)
