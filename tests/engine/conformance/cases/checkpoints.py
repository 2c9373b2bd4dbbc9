"""Checkpoints: what is on disk between steps, and what the files of a backend may look like."""

import json
from collections.abc import Callable

from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, UP, Api, Case, Stage

WATCHED = """
from scene import *
import json, os
path = os.environ["PULUMI_BACKEND_URL"].removeprefix("file://") + "/.pulumi/stacks/shop/dev.json"
def stored():
    with open(path) as file:
        latest = json.load(file)["checkpoint"]["latest"]
    pending = [(item["type"], item["resource"]["urn"].split("::")[-1]) for item in latest.get("pending_operations", [])]
    flags = [name for name in ("delete", "pendingReplacement")]
    held = [(item["urn"].split("::")[-1], [name for name in flags if item.get(name)]) for item in latest["resources"]
        if "Stack" not in item["urn"] and "providers" not in item["urn"]]
    return f"{pending} {held}"
def told(args):
    pulumi.log.info(f"before {args.name}: {stored()}")
def done(args):
    pulumi.log.info(f"after {args.name}: {stored()}")
before, after = pulumi.ResourceHook("before", told), pulumi.ResourceHook("after", done)
verbs = ("create", "update", "delete")
moments = {f"{moment}_{verb}": [hook] for verb in verbs for moment, hook in (("before", before), ("after", after))}
hooks = Options(hooks=pulumi.ResourceHookBinding(**moments))
one = settings("one", {"a": "1" if STAGE < 3 else "3"}, hooks, labels={"stage": str(STAGE)})
if not pulumi.runtime.is_dry_run():
    pulumi.export("stored", one.id.apply(lambda _: stored()))
auto = core.v1.ConfigMap("auto", metadata={"namespace": NAMESPACE}, data={"a": str(STAGE)},
    opts=Options.merge(hooks, Options(depends_on=[one])))
last = settings("goes", opts=Options.merge(hooks, Options(depends_on=[auto]))) if STAGE < 4 else auto
group = Group("group", Options(depends_on=[last]))
if not pulumi.runtime.is_dry_run():
    group.register_outputs({"stored": auto.id.apply(lambda _: stored())})
"""

GROUPS = """
from scene import *
Group("one", size=STAGE)
"""


def changed(name: str, change: Callable[[str], str]) -> Callable[[Api], None]:
    """A file of the backend is written by another hand."""

    def act(api: Api) -> None:
        path = api.state / name
        path.write_text(change(path.read_text() if path.exists() else ""))

    return act


def laid_out_as_once(api: Api) -> None:
    """As before there were projects in the folder."""
    (api.state / "meta.yaml").unlink()
    (api.state / STATE).rename(api.state / "stacks" / "dev.json")


def laid_out_as_now(api: Api) -> None:
    (api.state / "stacks" / "dev.json").rename(api.state / STATE)


def versioned(old: int, new: int) -> Callable[[Api], None]:
    return changed(STATE, lambda text: text.replace(f'"version":{old}', f'"version":{new}'))


def tainted(text: str) -> str:
    document = json.loads(text)
    document["checkpoint"]["latest"]["resources"][1]["taint"] = True
    return json.dumps({**document, "version": 4, "features": ["taint"]})


STATE = "stacks/shop/dev.json"

CASES = (
    Case(
        "checkpoints between steps",
        WATCHED,
        (Stage(UP), Stage(UP, 2), Stage(UP, 3, changes_hands=True), Stage(UP, 4), Stage(NO_CHANGES, 4)),
    ),
    Case(
        "files of a backend",
        GROUPS,
        (
            Stage(UP),
            Stage(UP, before=changed(STATE, tainted)),
            Stage("stack export"),
            Stage("stack export", before=versioned(3, 9)),
            Stage(UP),
            Stage(UP, before=versioned(9, 3)),
            Stage("stack ls", before=laid_out_as_once),
            Stage("stack ls", before=laid_out_as_now),
            Stage("stack ls", before=changed("meta.yaml", lambda text: "version: 7\n")),
            Stage("stack ls", before=changed("meta.yaml", lambda text: "version: 1\n")),
            Stage("stack export", before=changed(STATE, lambda text: text[:100])),
            Stage(PREVIEW),
            Stage(PREVIEW, before=changed(STATE, lambda text: "")),
        ),
    ),
    Case(
        "names of stacks",
        GROUPS,
        (
            Stage("stack init organization/shop/two"),
            Stage("stack init organization/three"),
            Stage("stack init other/shop/four"),
            Stage("stack init organization/elsewhere/five"),
            Stage("stack init 'with space'"),
            Stage("stack init with:colon"),
            Stage(f"stack init {'n' * 101}"),
            Stage("stack init _Odd-name.1"),
            Stage("stack ls"),
            Stage("stack ls --all"),
            Stage("stack select organization/shop/two"),
            Stage(UP),
            Stage("stack"),
            Stage(f"{UP} --stack organization/shop/three"),
            Stage("stack select two --create"),
            Stage("stack select new --create"),
            Stage("stack unselect"),
            Stage("stack unselect"),
            Stage(UP),
            Stage("stack rename --stack two organization/shop/six"),
            Stage("stack rename --stack six other/shop/seven"),
            Stage("stack select new"),
            Stage("stack rm --yes --force six"),
            Stage("stack ls"),
            Stage(f"{DESTROY} --stack three"),
            Stage("stack rm --yes three --preserve-config"),
            Stage("stack ls --json"),
        ),
    ),
)
