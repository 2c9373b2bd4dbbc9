"""Existing objects that join a stack: by the option of a program, and by command."""

import json

from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, UP, Case, Stage
from tests.engine.conformance.cases.refresh import IMPORT, map_made, maps_made

OPTION = """
from scene import *
id = f"{NAMESPACE}/one"
data = {1: {"a": "1"}, 2: {"a": "2"}, 3: {"a": "1"}, 4: {"a": "4"}, 5: {"a": "1"}}[STAGE]
settings("one", data, Options(import_=None if STAGE == 3 else f"{NAMESPACE}/more" if STAGE == 5 else id,
    ignore_changes=["data"] if STAGE == 2 else []), name="more" if STAGE == 5 else "one")
"""

EMPTY = """
from scene import *
Group("group")
"""

TYPE = "kubernetes:core/v1:ConfigMap"
GROUP = "urn:pulumi:dev::shop::shop:index:Group::group"


def imports(*resources: dict[str, str], **names: str) -> str:
    """The text of an import file."""
    return json.dumps({"nameTable": names, "resources": resources})


def one(**more: str) -> dict[str, str]:
    return {"type": TYPE, "name": "one", "id": "default/kube-root-ca.crt", **more}


FILES = {
    "plain.json": imports(one()),
    "child.json": imports(one(name="child", parent="group"), group=GROUP),
    "unnamed.json": imports(one(name="other", parent="nobody")),
    "twice.json": imports(one(name="two"), one(name="two")),
    "typeless.json": json.dumps({"resources": [{"name": "x", "id": "y"}]}),
    "nameless.json": json.dumps({"resources": [{"type": TYPE, "id": "default/kube-root-ca.crt"}]}),
    "idless.json": json.dumps({"resources": [{"type": TYPE, "name": "x"}]}),
    "version.json": imports(one(name="versioned", version="4.34.2")),
}

CASES = (
    Case(
        "an import that changes",
        OPTION,
        (
            Stage(PREVIEW, 2, before=maps_made),
            Stage(UP, 2),
            Stage(PREVIEW, 1),
            Stage(UP, 1),
            Stage(PREVIEW, 4),
            Stage(UP, 4),
            Stage(UP, 3),
            Stage(NO_CHANGES, 1, changes_hands=True),
            Stage(PREVIEW, 5),
            Stage(UP, 5),
            Stage(DESTROY),
        ),
    ),
    Case(
        "imports that name nothing",
        EMPTY,
        (
            Stage("import"),
            Stage("import --yes --non-interactive"),
            Stage(IMPORT),
            Stage(f"{IMPORT} {TYPE}"),
            Stage(f"{IMPORT} {TYPE} one"),
            Stage(f"{IMPORT} --file plain.json {TYPE} one default/x"),
        ),
        FILES,
    ),
    Case(
        "imports from files",
        EMPTY,
        (
            Stage(UP),
            Stage("import --non-interactive --generate-code=false --file plain.json"),
            *(Stage(f"{IMPORT} --skip-preview --file {name}") for name in FILES),
            Stage(f"{IMPORT} --parent group={GROUP} {TYPE} inner NAMESPACE/one", before=map_made),
            Stage(f"{IMPORT} --preview-only {TYPE} previewed NAMESPACE/one"),
            Stage("up --yes --preview-only"),
            Stage("refresh --yes --preview-only"),
            Stage("destroy --skip-preview --preview-only"),
            Stage(f"import --preview-only --generate-code=false {TYPE} previewed NAMESPACE/one"),
            Stage("stack history --json"),
        ),
        FILES,
    ),
)
