"""Real packs in processes of their own: what they find, change and are told."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from engine.policy.errors import PolicyPackError
from engine.policy.findings import Level, PackInfo, Tally
from engine.policy.packs import Sources
from engine.policy.pool import Pool, Timeouts
from engine.policy.requests import Subject
from engine.resource import Resource
from engine.values import UNKNOWN, Output, Reference, Secret
from tests.engine.policy.conftest import DEV, Opener, a_subject, write_pack

IMAGES = """
def pinned(args, report):
    if args.props.get("image", "").endswith(":latest"):
        report(f"{args.name} runs a moving tag")

def owned(args, report):
    if "owner" not in args.props:
        report("nobody owns it")

PolicyPack("images", enforcement_level=EnforcementLevel.MANDATORY, policies=[
    ResourceValidationPolicy("pinned", "Images are pinned.", pinned, severity=Severity.HIGH),
    ResourceValidationPolicy("owned", "Has an owner.", owned, enforcement_level=EnforcementLevel.ADVISORY),
    ResourceValidationPolicy("never", "Is off.", lambda args, report: report("no"),
                             enforcement_level=EnforcementLevel.DISABLED),
])
"""


def test_a_good_resource_passes(tmp_path: Path, open_packs: Opener) -> None:
    with open_packs(write_pack(tmp_path / "images", IMAGES)) as packs:
        subject = a_subject(image="web:1", owner="me")
        assert packs.remediate(subject).inputs == subject.resource.inputs
        assert packs.analyze(subject, subject.resource.inputs).violations == ()
        assert packs.analyze(subject, subject.resource.inputs).tallies == (
            Tally("images", "1.2.3", ("owned", "pinned"), ()),
        )


def test_violations_say_who_found_what_and_how_bad_it_is(tmp_path: Path, open_packs: Opener) -> None:
    folder = write_pack(tmp_path / "images", IMAGES)
    with open_packs(folder) as packs:
        subject = a_subject(image="web:latest")
        pinned, owned = packs.analyze(subject, subject.resource.inputs).violations
        assert packs.infos == (PackInfo("images", "1.2.3", str(folder)),)
    assert (pinned.policy, pinned.pack, pinned.version, pinned.level) == (
        "pinned",
        "images",
        "1.2.3",
        Level.MANDATORY,
    )
    assert pinned.message == "Images are pinned.\nweb runs a moving tag"
    assert (pinned.urn, pinned.severity) == (subject.resource.urn, "high")
    assert (owned.policy, owned.level) == ("owned", Level.ADVISORY)


def test_several_packs_answer_in_their_order(tmp_path: Path, open_packs: Opener) -> None:
    folders = [
        write_pack(tmp_path / name, IMAGES.replace('"images"', f'"{name}"')) for name in ("one", "two")
    ]
    with open_packs(*folders) as packs:
        found = packs.analyze(a_subject(), {}).violations
    assert [violation.pack for violation in found] == ["one", "two"]


REMEDY = """
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

def owner(args):
    if "owner" not in args.props:
        args.props["owner"] = "platform"
        return args.props

def size(args):
    if args.props["size"] == UNKNOWN_STRING_VALUE:
        raise UnknownValueError(UNKNOWN_STRING_VALUE, ["size"])
    args.props["size"] += 1
    return args.props

PolicyPack("remedy", [
    ResourceValidationPolicy("owner", "Has an owner.", remediate=owner, enforcement_level=EnforcementLevel.REMEDIATE),
    ResourceValidationPolicy("size", "Is larger.", remediate=size, enforcement_level=EnforcementLevel.REMEDIATE),
])
"""


def test_remediations_follow_one_another_and_keep_secrets_and_unknowns(
    tmp_path: Path, open_packs: Opener
) -> None:
    subject = a_subject(size=1, password=Secret("s"), address=UNKNOWN, __internal="kept")
    with open_packs(write_pack(tmp_path / "remedy", REMEDY)) as packs:
        result = packs.remediate(subject)
    changed = {**subject.resource.inputs, "owner": "platform", "size": 2}
    assert result.inputs == changed
    assert [(item.policy, item.after["size"]) for item in result.remediations] == [("owner", 1), ("size", 2)]
    assert result.remediations[0].before == subject.resource.inputs
    assert result.violations == ()


def test_a_remediation_that_needs_an_unknown_is_only_advice(tmp_path: Path, open_packs: Opener) -> None:
    with open_packs(write_pack(tmp_path / "remedy", REMEDY), stack=replace(DEV, preview=True)) as packs:
        result = packs.remediate(a_subject(owner="me", size=UNKNOWN))
    assert result.remediations == ()
    (notice,) = result.violations
    assert (notice.policy, notice.level) == ("size", Level.ADVISORY)
    assert "can't run remediation 'size'" in notice.message


STACK = """
def together(args, report):
    for resource in args.resources:
        if resource.resource_type == "kubernetes:core/v1:Service" and not resource.dependencies:
            report(f"{resource.name} of {resource.parent.name} stands alone: {sorted(resource.props)}", resource.urn)

PolicyPack("whole", enforcement_level=EnforcementLevel.MANDATORY, policies=[
    StackValidationPolicy("together", "Belongs together.", together)])
"""


def test_a_stack_is_judged_as_a_whole_by_its_outputs(tmp_path: Path, open_packs: Opener) -> None:
    root = Resource("urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "pulumi:pulumi:Stack")
    service = Resource(
        "urn:pulumi:dev::shop::kubernetes:core/v1:Service::web",
        "kubernetes:core/v1:Service",
        custom=True,
        parent=root.urn,
        inputs={"in": 1},
        outputs={"out": 1, "__private": 2},
    )
    linked = replace(
        service, urn=service.urn + "2", dependencies=[service.urn], property_dependencies={"a": [service.urn]}
    )
    with open_packs(write_pack(tmp_path / "whole", STACK)) as packs:
        assert packs.analyze(Subject(service), service.inputs).violations == ()
        (found,) = packs.analyze_stack([Subject(root), Subject(service), Subject(linked)]).violations
    assert found.message == "Belongs together.\nweb of shop-dev stands alone: ['out']"
    assert (found.urn, found.level) == (service.urn, Level.MANDATORY)


SEEING = """
def see(args, report):
    o = args.opts
    report(repr({
        "props": {key: str(value) for key, value in sorted(args.props.items())}, "protect": o.protect,
        "ignore": list(o.ignore_changes), "before": o.delete_before_replace, "create": o.custom_timeouts.create_seconds,
        "provider": args.provider and (args.provider.name, dict(args.provider.props)), "type": args.resource_type,
    }))

PolicyPack("seeing", [ResourceValidationPolicy("see", "Sees.", see)])
"""


def test_a_policy_sees_the_resource_as_the_official_engine_shows_it(
    tmp_path: Path, open_packs: Opener
) -> None:
    provider = Resource(
        "urn:pulumi:dev::shop::pulumi:providers:k::mine", "pulumi:providers:k", custom=True, inputs={"a": "b"}
    )
    subject = a_subject(
        password=Secret("shown"),
        custom=Reference("urn:x", "the-id"),
        component=Reference("urn:x::y::z::c"),
        result=Output("flat", secret=True),
        __fieldManager="hidden",
    )
    resource = replace(
        subject.resource, protect=True, ignore_changes=["spec"], custom_timeouts={"create": 60.0}
    )
    with open_packs(write_pack(tmp_path / "seeing", SEEING)) as packs:
        (found,) = packs.analyze(
            Subject(resource, provider, delete_before_replace=False), resource.inputs
        ).violations
    assert found.message.split("\n", 1)[1] == repr(
        {
            "props": {
                "component": "urn:x::y::z::c",
                "custom": "the-id",
                "password": "shown",
                "result": "flat",
            },
            "protect": True,
            "ignore": ["spec"],
            "before": False,
            "create": 60.0,
            "provider": ("mine", {"a": "b"}),
            "type": "kubernetes:apps/v1:Deployment",
        }
    )


def test_an_unknown_that_a_policy_reads_is_only_advice(tmp_path: Path, open_packs: Opener) -> None:
    with open_packs(write_pack(tmp_path / "images", IMAGES)) as packs:
        subject = a_subject(image=UNKNOWN, owner="me")
        (found,) = packs.analyze(subject, subject.resource.inputs).violations
    assert found.level is Level.ADVISORY
    assert "can't run policy 'pinned'" in found.message


LIMITED = """
def limited(args, report):
    config = args.get_config()
    if args.props["size"] > config["max"]:
        report(f"more than {config['max']} for {config['who']}")

PolicyPack("limits", initial_config={"limited": {"who": "everybody"}}, policies=[
    ResourceValidationPolicy("limited", "Has limits.", limited, enforcement_level=EnforcementLevel.ADVISORY,
        config_schema=PolicyConfigSchema(properties={
            "max": {"type": "integer", "default": 3}, "who": {"type": "string"}}, required=["who"])),
])
"""


@pytest.mark.parametrize(
    ("configs", "message", "level"),
    [
        ([], "more than 3.0 for everybody", Level.ADVISORY),
        ([{}], "more than 3.0 for everybody", Level.ADVISORY),
        ([{"all": "mandatory"}], "more than 3.0 for everybody", Level.MANDATORY),
        ([{"limited": {"max": 5}}], "more than 5.0 for everybody", Level.ADVISORY),
        (
            [{"all": "advisory", "limited": {"enforcementLevel": "mandatory", "who": "me"}}],
            "more than 3.0 for me",
            Level.MANDATORY,
        ),
    ],
    ids=["defaults", "empty file", "level for all", "property", "level and property"],
)
def test_configuration_is_laid_over_defaults(
    configs: list[object], message: str, level: Level, tmp_path: Path, open_packs: Opener
) -> None:
    with open_packs(write_pack(tmp_path / "limits", LIMITED), configs=configs) as packs:
        (found,) = packs.analyze(a_subject(), {"size": 9}).violations
    assert (found.message, found.level) == (f"Has limits.\n{message}", level)


def test_a_policy_can_be_switched_off(tmp_path: Path, open_packs: Opener) -> None:
    with open_packs(write_pack(tmp_path / "limits", LIMITED), configs=[{"limited": "disabled"}]) as packs:
        assert packs.analyze(a_subject(), {"size": 9}).violations == ()


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"limited": {"max": "many"}}, "limited: max: 'many' is not of type 'integer'"),
        ({"limited": {"who": 3, "max": 1.5}}, "limited: who: 3 is not of type 'string'"),
        ({"limited": "sometimes"}, "'sometimes' is not a valid enforcement level"),
        ({"limited": {"enforcementLevel": 3}}, "must be a string"),
        ({"limited": 3}, "must be a string or object"),
        ({"environments": ["x"]}, "imports environments"),
        ([], "has to be a JSON object"),
    ],
    ids=["schema", "two at once", "level", "no text", "no object", "environments", "list"],
)
def test_wrong_configuration_is_refused_with_the_policy_named(
    config: object, text: str, tmp_path: Path, open_packs: Opener
) -> None:
    with (
        pytest.raises(PolicyPackError, match=text),
        open_packs(write_pack(tmp_path / "limits", LIMITED), configs=[config]),
    ):
        pass


def test_a_configuration_needs_its_pack() -> None:
    with pytest.raises(PolicyPackError, match='must be specified with "--policy-pack"'):
        Sources(configs=["config.json"])


def test_each_pack_needs_its_own_configuration(tmp_path: Path, open_packs: Opener) -> None:
    folder = write_pack(tmp_path / "limits", LIMITED)
    with (
        pytest.raises(PolicyPackError, match='the number of "--policy-pack-config" flags must match'),
        open_packs(folder, configs=[{}, {}]),
    ):
        pass


TELLING = """
def tell(args, report):
    config = pulumi.Config("shop")
    report(" ".join([pulumi.get_project(), pulumi.get_stack(), str(pulumi.runtime.is_dry_run()),
                     str(config.get("owner")), str(config.get("other")), str(os.getpid())]))

import os
PolicyPack("telling", [ResourceValidationPolicy("tell", "Tells.", tell)])
"""


def told(open_packs: Opener, folder: Path, stack: object) -> list[str]:
    with open_packs(folder, stack=stack) as packs:
        (found,) = packs.analyze(a_subject(), {}).violations
    return found.message.split("\n", 1)[1].split(" ")


def test_one_warm_process_serves_one_stack_after_another(tmp_path: Path, open_packs: Opener) -> None:
    folder = write_pack(tmp_path / "telling", TELLING)
    first = told(open_packs, folder, DEV)
    again = told(open_packs, folder, DEV)
    other = told(open_packs, folder, replace(DEV, stack="prod", preview=True, config={"shop:other": "x"}))
    assert first[:-1] == ["shop", "dev", "False", "team-a", "None"]
    assert other[:-1] == ["shop", "prod", "True", "None", "x"]
    assert first[-1] == again[-1] == other[-1]


def test_a_pack_that_looks_at_the_stack_while_loading_serves_that_stack_only(
    tmp_path: Path, open_packs: Opener
) -> None:
    folder = write_pack(
        tmp_path / "telling",
        TELLING.replace("import os", "import os\nOWNER = pulumi.Config('shop').get('owner')"),
    )
    first, other, again = (
        told(open_packs, folder, stack) for stack in (DEV, replace(DEV, config={"shop:owner": "b"}), DEV)
    )
    assert first[-1] == again[-1] != other[-1]
    assert (first[3], other[3]) == ("team-a", "b")


def test_an_edited_pack_is_started_anew(tmp_path: Path, open_packs: Opener) -> None:
    folder = write_pack(tmp_path / "telling", TELLING)
    before = told(open_packs, folder, DEV)[-1]
    rules = folder / "rules"
    rules.mkdir()
    (rules / "new.py").write_text("X = 1\n")
    assert told(open_packs, folder, DEV)[-1] != before
    with pytest.raises(ProcessLookupError):
        os.kill(int(before), 0)


def test_two_updates_at_once_get_a_process_each(tmp_path: Path, open_packs: Opener) -> None:
    folder = write_pack(tmp_path / "telling", TELLING)
    with open_packs(folder), open_packs(folder, stack=replace(DEV, stack="prod")) as second:
        (found,) = second.analyze(a_subject(), {}).violations
    assert "shop prod" in found.message


BROKEN = {
    "raises while loading": (
        "raise RuntimeError('no such rule')",
        "failed to start",
        "RuntimeError: no such rule",
    ),
    "is no Python": ("def (:", "failed to start", "SyntaxError"),
    "never makes a pack": ("import sys; print('bye', file=sys.stderr)", "failed to start", "bye"),
    "prints before it serves": (
        "print('hello')\n" + IMAGES,
        "printed 'hello' where its port was expected",
        "",
    ),
    "has a wrong name": ("PolicyPack('no good name!', [])", "failed to start", "Invalid policy pack name"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_pack_that_does_not_start_shows_what_it_printed(
    case: str, tmp_path: Path, open_packs: Opener
) -> None:
    code, text, printed = BROKEN[case]
    with (
        pytest.raises(PolicyPackError, match=text) as caught,
        open_packs(write_pack(tmp_path / "broken", code)),
    ):
        pass
    assert printed in str(caught.value)
    assert str(tmp_path / "broken") in str(caught.value)


FAILING = """
import os, sys, time
def fail(args, report):
    print("about to", args.props["how"], file=sys.stderr, flush=True)
    if args.props["how"] == "die":
        os._exit(3)
    if args.props["how"] == "hang":
        time.sleep(60)
    raise ValueError("bad rule")

PolicyPack("failing", [ResourceValidationPolicy("fail", "Fails.", fail)])
"""


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ("die", r"broke off while it judged .*; its process has ended with exit code 3"),
        ("raise", r"failed while it judged .*bad rule"),
        ("hang", r"did not answer within 1 s while it judged"),
    ],
)
def test_a_pack_that_fails_while_judging_is_a_clear_error(
    how: str, text: str, tmp_path: Path, open_packs: Opener, pool: Pool
) -> None:
    pool._timeouts = Timeouts(call=1)
    with (
        pytest.raises(PolicyPackError, match=text) as caught,
        open_packs(write_pack(tmp_path / "failing", FAILING)) as packs,
    ):
        packs.analyze(a_subject(), {"how": how})
    assert f"about to {how}" in str(caught.value)


def test_after_a_crash_the_next_update_gets_a_new_process(tmp_path: Path, open_packs: Opener) -> None:
    folder = write_pack(tmp_path / "failing", FAILING)
    for _ in range(2):
        with pytest.raises(PolicyPackError, match="exit code 3"), open_packs(folder) as packs:
            packs.analyze(a_subject(), {"how": "die"})


@pytest.mark.parametrize(
    ("yaml", "text"),
    [
        (None, "there is no PulumiPolicy.yaml"),
        ("runtime: nodejs", "is written for 'nodejs'"),
        ("runtime: [", "could not read"),
        ("- x", "does not describe a policy pack"),
        ("runtime: {name: python, options: {virtualenv: venv}}", "virtual environment .* does not exist"),
        ("runtime: {name: python, options: {toolchain: uv}}", r"\.venv.* does not exist"),
    ],
    ids=["missing", "runtime", "no yaml", "a list", "virtualenv", "uv"],
)
def test_a_folder_that_is_no_pack_is_refused(
    yaml: str | None, text: str, tmp_path: Path, open_packs: Opener
) -> None:
    folder = tmp_path / "pack"
    if yaml:
        write_pack(folder, IMAGES, yaml)
    with pytest.raises(PolicyPackError, match=text), open_packs(folder):
        pass


def test_a_pack_may_have_its_code_elsewhere_and_modules_of_its_own(
    tmp_path: Path, open_packs: Opener
) -> None:
    folder = write_pack(
        tmp_path / "pack" / "src", "from rules.images import NAME\n" + IMAGES.replace('"images"', "NAME")
    )
    (folder / "rules").mkdir()
    (folder / "rules" / "images.py").write_text("NAME = 'elsewhere'\n")
    (tmp_path / "pack" / "PulumiPolicy.yaml").write_text("runtime: {name: python}\nmain: src\n")
    with open_packs(tmp_path / "pack") as packs:
        assert packs.infos[0].name == "elsewhere"
        assert packs.infos[0].version == "0.0.1"
