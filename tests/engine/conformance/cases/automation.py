"""Stacks that are driven by the Automation API: inline programs, what is heard of them, and every call about stacks."""

from tests.engine.conformance.case import Case, Stage
from tests.engine.conformance.cases.refresh import map_made

PROGRAM = """
from scene import *
one = Group("one", size=STAGE)
Group("two", Options(depends_on=[one]), hush=pulumi.Output.secret("s"))
config = pulumi.Config()
pulumi.export("text", config.get("text"))
pulumi.export("hush", config.get_secret("hush"))
"""

INLINE = """
from drive import *
import pulumi as p
from scene import Group

size = 1
def program():
    Group("one", size=size, hush=p.Output.secret("s"))
    config = p.Config()
    say("printed by the program")
    p.log.warn("warned")
    p.export("size", size)
    p.export("hush", p.Output.secret({"deep": [1]}))
    p.export("mixed", {"open": 1, "hidden": p.Output.secret("s")})
    p.export("told", [p.get_stack(), p.get_project(), p.get_organization(), p.runtime.is_dry_run()])
    p.export("config", [config.get("text"), config.get("flag"), config.get_object("object")])

stack = auto.create_or_select_stack("inline", project_name="shop", program=program,
    opts=auto.LocalWorkspaceOptions(work_dir=".", pulumi_command=pulumi()))
stack.set_all_config({"text": auto.ConfigValue("x"), "hidden": auto.ConfigValue("y", secret=True)})
stack.set_config("object.list[0]", auto.ConfigValue("1"), path=True)
tell("preview", stack.preview(**quietly).change_summary)
done = stack.up(message="the first one", parallel=2, **quietly)
tell("up", [done.outputs, done.summary.kind, done.summary.result, done.summary.message, done.summary.version,
    done.summary.resource_changes, {key: [item.value, item.secret] for key, item in done.summary.config.items()}])
tell("outputs", {name: [item.value, item.secret] for name, item in stack.outputs().items()})
size = 2
tell("a change", stack.preview(**quietly).change_summary)
tell("the same", stack.up(expect_no_changes=False, suppress_outputs=True, **quietly).summary.resource_changes)
tell("refresh", stack.refresh(**quietly).summary.resource_changes)
tell("refresh of one", stack.preview_refresh(**quietly).change_summary)
tell("history", [[item.kind, item.result, item.message] for item in stack.history()])
tell("a page", [item.kind for item in stack.history(page_size=1, page=2, show_secrets=False)])
tell("info", stack.info().kind)
tell("destroy of all", stack.preview_destroy(**quietly).change_summary)
tell("destroy", stack.destroy(remove=True, **quietly).summary.resource_changes)
tell("stacks", [item.name for item in stack.workspace.list_stacks()])
"""

ERRORS = """
from drive import *
import pulumi as p
from scene import Group

def raises():
    Group("one")
    raise ValueError("no such luck")
def plain():
    raise p.RunError("plainly told")
def missing():
    p.Config().require("missing")
def logs():
    p.log.error("logged")
def late():
    p.export("late", p.Output.from_input(1).apply(lambda _: 1 / 0))

here = workspace()
refused("no stack", lambda: auto.Stack.select("none", here))
refused("a stack that exists", lambda: auto.Stack.create("dev", here))
stack = auto.Stack.create_or_select("dev", here)
for program in (raises, plain, missing, logs, late):
    refused(program.__name__, lambda: stack.up(program=program).summary.result)
    refused(f"{program.__name__} in a preview", lambda: stack.preview(program=program).change_summary)
refused("changes", lambda: stack.up(program=lambda: None, expect_no_changes=True).summary.result)
refused("an option of none", lambda: stack.up(program=lambda: None, target=["urn:pulumi:dev::shop::a:b:C::d"]))
refused("outputs of nothing", lambda: auto.Stack("none", here, "select").outputs())
refused("no configuration", lambda: stack.get_config("none"))
refused("a stack with resources", lambda: here.remove_stack("dev"))
"""

CALLS = """
from drive import *

here = workspace()
here.create_stack("other")
here.select_stack("dev")
stack = auto.Stack.select("dev", here)
tell("who", here.who_am_i().organizations)
tell("the one", here.stack().name)
here.set_config("dev", "text", auto.ConfigValue("hello"))
here.set_config("dev", "hush", auto.ConfigValue("hidden", secret=True))
here.set_config("dev", "deep.list[0]", auto.ConfigValue("5"), path=True)
here.set_all_config("dev", {"a.b": auto.ConfigValue("1"), "a.c": auto.ConfigValue("2", secret=True)}, path=True)
here.set_all_config("dev", {"other:key": auto.ConfigValue("--odd"), "empty": auto.ConfigValue("")})
here.set_all_config_json("dev", '{"json": {"value": "1", "secret": true}}')
for key in ("text", "hush", "deep", "a", "other:key", "empty", "json"):
    found = here.get_config("dev", key)
    tell(key, [found.value, found.secret])
tell("a path", here.get_config("dev", "a.c", path=True))
tell("all of it", here.get_all_config("dev"))
here.remove_config("dev", "deep.list[0]", path=True)
here.remove_all_config("dev", ["empty", "other:key"])
tell("what is left", here.get_all_config("dev"))
here.set_tag("dev", "team", "web")
tell("a tag", here.get_tag("dev", "team"))
tell("tags", sorted(here.list_tags("dev")))
here.remove_tag("dev", "team")
refused("no tag", lambda: here.get_tag("dev", "team"))
here.install(no_plugins=True, no_dependencies=True)

tell("up", stack.up(**quietly).summary.resource_changes)
here.set_config("dev", "text", auto.ConfigValue("forgotten"))
here.refresh_config("dev")
tell("refreshed", here.get_config("dev", "text").value)
state = here.export_stack("dev")
resources = sorted(state.deployment["resources"], key=lambda item: item["urn"])
tell("state", [state.version, [item["urn"] for item in resources]])
tell("hidden", [item.get("inputs") for item in resources])
one = resources[1]["urn"]
tell("of one", stack.up(target=[one], replace=[one], color="never").summary.resource_changes)
tell("but one", stack.preview(exclude=[one], color="never").change_summary)
tell("with others", stack.preview(target=[one], target_dependents=True, color="never").change_summary)
here.import_stack("dev", state)
tell("as it was", stack.preview(refresh=True, color="never").change_summary)
tell("renamed", stack.rename("prod", show_secrets=True).summary.resource_changes)
moved = auto.Stack.select("prod", here)
tell("outputs", {name: [item.value, item.secret] for name, item in moved.outputs().items()})
moved.rename("dev")
tell("destroyed in part", moved.destroy(target=[one], target_dependents=True, color="never").summary.resource_changes)
moved.cancel()
tell("destroyed", moved.destroy(color="never").summary.resource_changes)
here.remove_stack("other", preserve_config=True)
here.remove_stack("dev", force=True)
tell("stacks", [[item.name, item.current] for item in here.list_stacks()])
"""

TAKEN = """
from drive import *
from scene import NAMESPACE

stack = auto.Stack.create_or_select("dev", workspace())
what = [{"type": "kubernetes:core/v1:ConfigMap", "name": "one", "id": f"{NAMESPACE}/one"}]
done = stack.import_resources(resources=what, protect=False, generate_code=False, message="taken over")
tell("imported", [done.summary.kind, done.summary.message, done.summary.resource_changes, done.generated_code])
"""

CASES = (
    Case("inline programs", PROGRAM, (Stage("python inline.py"),), {"inline.py": INLINE}),
    Case("inline programs that fail", PROGRAM, (Stage("python errors.py"),), {"errors.py": ERRORS}),
    Case(
        "calls of the Automation API",
        PROGRAM,
        (Stage("python calls.py"), Stage("python taken.py", before=map_made)),
        {"calls.py": CALLS, "taken.py": TAKEN},
    ),
)
