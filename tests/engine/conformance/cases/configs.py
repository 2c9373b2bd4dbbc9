"""Configuration: what may be written, what is refused, in which words and with which code."""

from tests.engine.conformance.case import PREVIEW, UP, Case, Stage

PROJECT = """name: shop
runtime: python
config:
  text:
    type: string
    default: given
  number:
    type: integer
  flag:
    type: boolean
    default: true
  names:
    type: array
    items:
      type: string
    default: [a, b]
  bare: 5
  kubernetes:namespace:
    value: default
"""

ASKS = """
from scene import *
config = pulumi.Config()
pulumi.export("text", config.get("text"))
pulumi.export("names", config.get("names"))
pulumi.export("flag", config.get_bool("flag"))
pulumi.export("bare", config.get("bare"))
pulumi.export("object", config.get("object"))
"""

CASES = (
    Case(
        "configuration that a project declares",
        ASKS,
        (
            Stage(PREVIEW),
            Stage("config"),
            Stage("config --json"),
            Stage("config get text"),
            Stage("config get text --json"),
            Stage("config get names"),
            Stage("config get number"),
            Stage("config set number five"),
            Stage(PREVIEW),
            Stage(UP),
            Stage("config set number 5"),
            Stage("config set --path names[0] x"),
            Stage("config set --path object.b 1 --plaintext"),
            Stage("config set --path object.a.z x --plaintext"),
            Stage("config set --path object.a.c --secret hush"),
            Stage("config set --path list[1] x"),
            Stage("config set --path list[0] x"),
            Stage("config set --path list[2] x"),
            Stage("config set --path list.name x"),
            Stage("config set --path text.more x"),
            Stage("config set a:b:c:d x"),
            Stage("config set a:config:b x"),
            Stage("config get a:b:c:d"),
            Stage("config get object"),
            Stage("config get object --json"),
            Stage("config get --path object.a"),
            Stage("config --show-secrets"),
            Stage("config --json --show-secrets"),
            Stage(UP),
            Stage("config set text other"),
            Stage("config refresh"),
            Stage("config refresh --force"),
            Stage("config get text"),
            Stage("config set names text"),
            Stage(PREVIEW),
            Stage("config rm a:b:c:d"),
            Stage("config set-all --plaintext nothing"),
            Stage(
                'config set-all --json \'{"text": {"value": "json"}, "list": {"value": "[1]", "objectValue": [1]}}\''
            ),
            Stage("config --json"),
        ),
        project=PROJECT,
    ),
)
