"""Resource options."""

from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, UP, Case, Stage, brought_up

IGNORED_LIST = """
from scene import *
ports = {1: [80, 81], 2: [90, 91, 92], 3: [70]}[STAGE]
core.v1.Service("s", metadata={"name": "s", "namespace": NAMESPACE, "annotations": AT_ONCE},
    spec={"ports": [{"name": f"p{i}", "port": port} for i, port in enumerate(ports)]},
    opts=Options(ignore_changes=["spec.ports[*].port"]))
"""

IGNORED = """
from scene import *
settings("one", {"a": str(STAGE)}, Options(ignore_changes=["data"]), labels={"stage": str(STAGE)})
settings("two", {"a": "1"}, Options(ignore_changes=["metadata.labels.x"]), labels={"x": str(STAGE), "y": str(STAGE)})
settings("all", {"a": str(STAGE)}, Options(ignore_changes=["*"]))
"""

ALIASES = """
from scene import *
if STAGE == 1:
    settings("old", {"a": "1"})
    parent = Group("house")
    settings("child", {"a": "1"}, Options(parent=parent))
else:
    core.v1.ConfigMap("new", metadata={"name": "old", "namespace": NAMESPACE}, data={"a": "1"},
        opts=Options(aliases=[pulumi.Alias(name="old")]))
    parent = Group("home", Options(aliases=[pulumi.Alias(name="house")]))
    settings("child", {"a": "1"}, Options(parent=parent))
"""

REPLACE_ON_CHANGES = """
from scene import *
settings("one", {"a": "1"}, Options(replace_on_changes=["metadata.labels.x"], delete_before_replace=True),
    labels={"x": str(STAGE)})
settings("two", {"a": "1"}, Options(replace_on_changes=["*"], delete_before_replace=True), labels={"y": str(STAGE)})
"""

DELETE_BEFORE_REPLACE = """
from scene import *
one = core.v1.ConfigMap("one", metadata={"namespace": NAMESPACE}, data={"a": str(STAGE)},
    opts=Options(delete_before_replace=True))
settings("two", {"a": one.metadata["name"]}, Options(protect=STAGE > 1))
settings("three", {"a": "1"}, Options(depends_on=[one]))
"""

PROTECT = """
from scene import *
if STAGE < 3:
    settings("one", {"a": str(STAGE)}, Options(protect=True))
if STAGE == 4:
    settings("one", {"a": "1"}, Options(protect=False))
"""

RETAIN = """
from scene import *
if STAGE == 1:
    one = settings("one", {"a": "1"}, Options(retain_on_delete=True))
    settings("two", {"a": "1"}, Options(deleted_with=one))
core.v1.ConfigMap("auto", metadata={"namespace": NAMESPACE}, data={"a": str(STAGE)},
    opts=Options(retain_on_delete=True))
"""

DELETED_WITH = """
from scene import *
base = core.v1.ConfigMap("base", metadata={"namespace": NAMESPACE}, data={"a": "1"})
if STAGE != 2:
    core.v1.ConfigMap("part", metadata={"namespace": NAMESPACE}, opts=Options(deleted_with=base))
if STAGE == 1:
    settings("named", {"a": "1"}, Options(deleted_with=base))
"""

TAKEN_ALONG = """
from scene import *
one = core.v1.ConfigMap("one", metadata={"namespace": NAMESPACE}, data={"a": str(STAGE)},
    opts=Options(replace_on_changes=["data"], delete_before_replace=True))
name = one.metadata["name"]
settings("whole", {"a": name}, Options(replace_on_changes=["data"]))
if STAGE != 3:
    settings("inside", {"a": name}, Options(replace_on_changes=["data.a"]))
settings("other", {"a": name}, Options(replace_on_changes=["metadata.labels"]))
"""

DEPENDS_ON = """
from scene import *
one = settings("one")
two = settings("two", opts=Options(depends_on=[one] if STAGE == 1 else []))
group = Group("g")
inner = settings("inner", opts=Options(parent=group))
settings("three", opts=Options(depends_on=[group]), labels={"x": inner.metadata["name"]})
"""

TIMEOUTS = """
from scene import *
settings("one", opts=Options(custom_timeouts=pulumi.CustomTimeouts(create="5m", delete="1h2s")))
"""

TRANSFORMS = """
from scene import *
def marked(word):
    def act(args):
        props = dict(args.props)
        if args.type_ == "kubernetes:core/v1:ConfigMap":
            metadata = props["metadata"]
            trail = "-".join(filter(None, [metadata.get("labels", {}).get("trail"), word]))
            props["metadata"] = {**metadata, "labels": {"trail": trail, "stage": str(STAGE)}}
        return pulumi.ResourceTransformResult(props, args.opts)
    return act
pulumi.runtime.register_resource_transform(marked("stack"))
outer = Group("outer", Options(transforms=[marked("outer")]))
inner = Group("inner", Options(parent=outer, transforms=[marked("inner")]))
settings("one", opts=Options(parent=inner, transforms=[marked("own"), marked("second")]))
"""

HOOKS = """
from scene import *
def told(args):
    pulumi.log.info(f"hook {args.name}")
    if STAGE == 3:
        raise Exception("no")
hook = pulumi.ResourceHook("told", told)
moments = ("before_create", "after_create", "before_update", "after_update")
binding = pulumi.ResourceHookBinding(**{moment: [hook] for moment in moments})
settings("one", labels={"stage": str(STAGE)}, opts=Options(hooks=binding))
"""

TARGETS = """
from scene import *
one = settings("one", labels={"stage": str(STAGE)}) if STAGE != 4 else None
settings("two", labels={"stage": str(STAGE)}, opts=Options(delete_before_replace=True))
settings("three", labels={"stage": str(STAGE)}, opts=Options(depends_on=[one] if one else []))
if STAGE == 2:
    settings("four")
"""
URN = "urn:pulumi:dev::shop::kubernetes:core/v1:ConfigMap"

RENAMED = """
from scene import *
size = 1 if STAGE == 1 else 2
old, new = (Options(aliases=[pulumi.Alias(name=name)] if STAGE > 1 else []) for name in ("old", "house"))
settings("old" if STAGE == 1 else "new", {"a": "1"}, old, name="same", labels={"size": str(size)})
home = Group("house" if STAGE == 1 else "home", new, size=size)
settings("child", opts=Options(parent=home), labels={"size": str(size)})
Group("late", Options(parent=home)) if STAGE > 2 else None
Group("other", Options(depends_on=[home]), size=size)
"""

TRIGGER = """
from scene import *
settings("one", opts=Options(replacement_trigger=STAGE, delete_before_replace=True))
"""

CASES = (
    brought_up("an ignored list that grows and shrinks", IGNORED_LIST, 1, 2, 3),
    brought_up("ignored changes", IGNORED, 1, 2),
    Case(
        "aliases of resources and parents",
        ALIASES,
        (
            Stage(UP),
            Stage(PREVIEW, 2),
            Stage(UP, 2, changes_hands=True),
            Stage(DESTROY),
        ),
    ),
    brought_up("replacement on changes", REPLACE_ON_CHANGES, 1, 2),
    Case(
        "deletion before replacement",
        DELETE_BEFORE_REPLACE,
        (
            Stage(UP),
            Stage(PREVIEW, 2),
            Stage(UP, 2, changes_hands=True),
            Stage(NO_CHANGES, 2),
            Stage(PREVIEW, 3),
            Stage(UP, 3),
            Stage("state unprotect --yes --all"),
            Stage(DESTROY, changes_hands=True),
        ),
    ),
    Case(
        "protection",
        PROTECT,
        (
            Stage(UP),
            Stage(PREVIEW, 2),
            Stage(UP, 2),
            Stage(PREVIEW, 3),
            Stage(UP, 3),
            Stage(DESTROY),
            Stage(UP, 4),
            Stage(DESTROY),
        ),
    ),
    Case("retention and deletion with another", RETAIN, (Stage(UP), Stage(UP, 2), Stage(DESTROY))),
    Case(
        "deletion with another that stays",
        DELETED_WITH,
        (
            Stage(UP),
            Stage(f"{DESTROY} --target {URN}::named"),
            # What is still there cannot be created.
            Stage(UP),
            Stage(UP, 2),
            Stage(UP),
            Stage(UP, 3),
            Stage(f"{UP} --replace {URN}::base", 3),
            Stage(DESTROY),
        ),
    ),
    Case(
        "what a replacement takes along by its own word",
        TAKEN_ALONG,
        (
            Stage(UP),
            Stage(PREVIEW, 2),
            Stage(f"{PREVIEW} --exclude {URN}::whole", 2),
            Stage(f"{UP} --exclude {URN}::whole", 2),
            Stage(UP, 2),
            Stage(NO_CHANGES, 2),
            Stage(PREVIEW, 3),
            Stage(UP, 3),
            Stage(DESTROY, changes_hands=True),
        ),
    ),
    brought_up("dependencies", DEPENDS_ON, 1, 2),
    brought_up("timeouts", TIMEOUTS),
    brought_up("transforms", TRANSFORMS, 1, 2),
    Case(
        "hooks",
        HOOKS,
        (Stage(PREVIEW), Stage(UP), Stage(UP, 2, changes_hands=True), Stage(UP, 3), Stage(DESTROY)),
    ),
    Case(
        "targets",
        TARGETS,
        (
            Stage(UP),
            Stage(f"{PREVIEW} --target {URN}::one", 2),
            Stage(f"{UP} --target {URN}::one", 2),
            Stage(f"{UP} --target {URN}::none", 2),
            Stage(f"{UP} --replace {URN}::two", 2, changes_hands=True),
            Stage(f"{UP} --exclude {URN}::three", 3),
            Stage(f"{UP} --target {URN}::two", 4),
            Stage(f"{DESTROY} --target {URN}::one"),
            Stage(f"{DESTROY} --target {URN}::one --target-dependents", changes_hands=True),
            Stage(DESTROY),
        ),
    ),
    Case(
        "targets beside aliases",
        RENAMED,
        (
            Stage(UP),
            Stage(f"{PREVIEW} --target **other", 2),
            Stage(f"{UP} --target **other", 2),
            Stage(f"{UP} --target **late --target-dependents", 3),
            Stage(f"{UP} --target **home", 3, changes_hands=True),
            Stage(f"{UP} --exclude **new", 3),
            Stage(f"{UP} --exclude **home --exclude-dependents", 1),
            Stage(UP, 3),
            Stage(DESTROY),
        ),
    ),
    brought_up("a replacement's trigger", TRIGGER, 1, 2),
)
