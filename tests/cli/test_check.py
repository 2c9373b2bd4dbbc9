"""`sluice check`: what is wrong with documents is said before anybody applies them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from automation.core.kinds import Manifest
from automation.core.refusal import Problem
from automation.core.spec import Canary
from automation.errors import DocumentRefused
from cli.check import check
from cli.review import review
from cli.sharing import shared_with
from cli.sources import read
from stacks.manifests import Found
from tests.components import documents
from tests.core.documents import alert_provider

HPA = {"kind": "HorizontalPodAutoscaler", "metadata": {"name": "podinfo", "namespace": "test"}}


def template(type: str = "prometheus", **provider: Any) -> Manifest:
    return {
        "kind": "MetricTemplate",
        "metadata": {"name": "errors", "namespace": "test"},
        "spec": {"provider": {"type": type, **provider}, "query": "vector(1)"},
    }


def release(**changes: Any) -> dict[str, Manifest]:
    """A Canary with all that it rests on, by names for this test; `changes` replace one or (None) leave it out."""
    canary: Manifest = documents.canary_document()
    parts = {
        "canary": canary,
        "target": documents.target(),
        "route": documents.route(),
        "autoscaler": documents.autoscaler(),
        **changes,
    }
    return {name: part for name, part in parts.items() if part is not None}


def said(parts: dict[str, Manifest], kind: str = "problem") -> list[str]:
    reviewed = review([Found(name, document) for name, document in parts.items()])
    return [str(finding) for finding in reviewed.findings if finding.kind == kind]


def apex_service(**spec: Any) -> Manifest:
    metadata = {"name": "podinfo", "namespace": "test"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def changed(document: Manifest, change: Callable[[Manifest], object]) -> Manifest:
    copied: Manifest = json.loads(json.dumps(document))
    change(copied)
    return copied


def test_a_release_with_all_its_documents_can_work() -> None:
    assert (said(release()), said(release(), "remark")) == ([], [])


def test_a_service_of_the_apex_s_name_that_leads_elsewhere_is_taken_over() -> None:
    assert said(release(apex=apex_service(ports=[{"port": 80}]))) == []


def worker() -> Manifest:
    return changed(documents.target(), lambda one: one["metadata"].update(name="worker"))


def selects_by_tier(target: Manifest) -> None:
    target["spec"]["selector"]["matchLabels"] = {"tier": "x"}
    target["spec"]["template"]["metadata"]["labels"]["tier"] = "x"


def unselected(target: Manifest) -> None:
    """A target that doesn't say where it lives, with none of the labels that tell apart."""
    selects_by_tier(target)
    del target["metadata"]["namespace"]


def elsewhere(part: Manifest) -> Manifest:
    """The same in the namespace of documents that name none."""
    return changed(part, lambda one: one["metadata"].pop("namespace"))


def contained(**fields: Any) -> Manifest:
    """The target with other fields in its container."""
    return changed(
        documents.target(), lambda one: one["spec"]["template"]["spec"]["containers"][0].update(fields)
    )


def twin(target: str, **spec: Any) -> Manifest:
    """Another Canary of the namespace."""
    canary = documents.canary_document(
        targetRef={"kind": "Deployment", "name": target}, autoscalerRef=None, **spec
    )
    return changed(canary, lambda one: one["metadata"].update(name="twin"))


def measured(**check: Any) -> Manifest:
    """The Canary with one check of its own."""

    def change(canary: Manifest) -> None:
        canary["spec"]["analysis"]["metrics"] = [{"name": "errors", "thresholdRange": {"max": 1}, **check}]

    return changed(documents.canary_document(), change)


def asking(query: str) -> Manifest:
    return changed(template(), lambda one: one["spec"].update(query=query))


BY_TEMPLATE = measured(templateRef={"name": "errors"})


PROBLEMS: dict[str, tuple[dict[str, Manifest], str]] = {
    "a target that selects other pods than its own": (
        release(
            target=changed(
                documents.target(),
                lambda one: one["spec"]["template"]["metadata"]["labels"].update(app="other"),
            )
        ),
        "target: Deployment podinfo.test: spec.selector.matchLabels.app: selects 'podinfo', and pods of the template "
        "have 'other'; make them alike",
    ),
    "two containers of one name": (
        release(
            target=changed(
                documents.target(),
                lambda one: one["spec"]["template"]["spec"]["containers"].append({"name": "podinfod"}),
            )
        ),
        "target: Deployment podinfo.test: spec.template.spec.containers[1].name: another container is called "
        "'podinfod', too; give each a name of its own",
    ),
    "a container without an image": (
        release(
            target=changed(
                documents.target(),
                lambda one: one["spec"]["template"]["spec"]["containers"][0].update(image=""),
            )
        ),
        "target: Deployment podinfo.test: spec.template.spec.containers[0].image: '' is not an image; name one, with "
        "its tag",
    ),
    "a target without a label that tells apart": (
        release(target=changed(documents.target(), selects_by_tier)),
        "canary: Canary podinfo.test: spec.targetRef: deployment podinfo.test spec.selector.matchLabels must contain",
    ),
    "a workload that shares its labels": (
        release(worker=worker()),
        "canary: Canary podinfo.test: spec.targetRef: pods of deployment worker have all labels",
    ),
    "a target without its port": (
        release(
            target=changed(
                documents.target(),
                lambda one: one["spec"]["template"]["spec"]["containers"][0].update(
                    ports=[{"name": "x", "containerPort": 1}]
                ),
            )
        ),
        "canary: Canary podinfo.test: spec.service.targetPort: deployment podinfo.test has no container port",
    ),
    "a target that is no Deployment": (
        release(target=changed(documents.target(), lambda one: one.pop("spec"))),
        "target: Deployment podinfo.test: spec: is missing; set it to an object",
    ),
    "a route that leads elsewhere": (
        release(route=changed(documents.route(), lambda one: one["spec"]["http"][0].update(backends=[]))),
        "route: Canary podinfo.test: spec.http[].backends[].serviceName: Can not find podinfo backend",
    ),
    "an autoscaler of another workload": (
        release(
            autoscaler=changed(
                documents.autoscaler(), lambda one: one["spec"]["scaleTargetRef"].update(name="other")
            )
        ),
        "canary: Canary podinfo.test: spec.autoscalerRef: HorizontalPodAutoscaler podinfo scales other",
    ),
    "another Canary of the target": (
        release(twin=changed(documents.canary_document(), lambda one: one["metadata"].update(name="twin"))),
        "canary: Canary podinfo.test: spec.targetRef: Canary twin has the same target",
    ),
    "a metric provider that is none": (
        {"template": template("prometeus")},
        "template: MetricTemplate errors.test: spec.provider.type: 'prometeus' is not known; use one of cloudwatch",
    ),
    "a metric provider without credentials": (
        {"template": template("datadog")},
        "template: MetricTemplate errors.test: spec.provider.secretRef: is missing; name a Secret with datadog_api_key "
        "and datadog_application_key",
    ),
    "a metric provider without an address": (
        {"template": template("graphite")},
        "template: MetricTemplate errors.test: spec.provider.address: is missing; name the server of graphite",
    ),
    "a metric provider without a region": (
        {"template": template("cloudwatch")},
        "template: MetricTemplate errors.test: spec.provider.region: is missing; name it, such as eu-central-1",
    ),
    "a Secret without a key that the metric provider needs": (
        {
            "template": template("datadog", secretRef={"name": "keys"}),
            "secret": {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "keys", "namespace": "test"},
                "data": {"datadog_api_key": "YXBp"},
            },
        },
        "secret: MetricTemplate errors.test: spec.provider.secretRef: Secret keys has no key datadog_application_key, "
        "which datadog needs; add it",
    ),
    "a template without a query": (
        {"template": changed(template(), lambda one: one["spec"].pop("query"))},
        "template: MetricTemplate errors.test: spec.query: is missing",
    ),
    "a target without a label that tells apart, nor a namespace": (
        {
            "canary": elsewhere(documents.canary_document()),
            "target": changed(documents.target(), unselected),
        },
        "canary: Canary podinfo.default: spec.targetRef: deployment podinfo.default spec.selector.matchLabels must",
    ),
    "a target that is broken": (
        release(target=changed(documents.target(), lambda one: one.pop("spec"))),
        "canary: Canary podinfo.test: spec.targetRef: Deployment podinfo.test can't work; mend it in target",
    ),
    "a route with something else in its rules": (
        release(route=changed(documents.route(), lambda one: one["spec"].update(http=[1]))),
        "route: ApisixRoute podinfo.test: spec.http[0]: is a number, not an object; write it as fields and values",
    ),
    "an autoscaler of nothing": (
        release(
            autoscaler=changed(documents.autoscaler(), lambda one: one["spec"].update(scaleTargetRef=[]))
        ),
        "autoscaler: HorizontalPodAutoscaler podinfo.test: spec.scaleTargetRef: is a list, not an object; write",
    ),
    "another Canary of the Service": (
        release(twin=twin("worker", service={"port": 80, "name": "podinfo"})),
        "canary: Canary podinfo.test: spec.service.name: Canary twin has the same Service podinfo; give each a name",
    ),
    "another Canary whose Service is generated": (
        release(twin=twin("worker", service={"port": 80, "name": "podinfo-primary"})),
        "twin: Canary twin.test: spec.service.name: Canary podinfo has the same Service podinfo-primary",
    ),
    "another Canary of the primary": (
        release(twin=twin("podinfo-primary", service={"port": 80, "name": "twin"})),
        "twin: Canary twin.test: spec.targetRef: Canary podinfo has the same Deployment podinfo-primary as target or",
    ),
    "another Canary of the autoscaler": (
        release(
            twin=changed(
                twin("worker", service={"port": 80, "name": "worker"}),
                lambda one: one["spec"].update(
                    autoscalerRef={"kind": "HorizontalPodAutoscaler", "name": "podinfo"}
                ),
            )
        ),
        "canary: Canary podinfo.test: spec.autoscalerRef: Canary twin has the same HorizontalPodAutoscaler podinfo",
    ),
    "a template with a variable that the check does not give": (
        release(canary=BY_TEMPLATE, template=asking("vector({{ variables.code }})")),
        "template: Canary podinfo.test: metric errors can't be measured: MetricTemplate errors.test: spec.query: "
        "query render error: 'variables.code' is not known; known are ",
    ),
    "a template with a function": (
        release(canary=BY_TEMPLATE, template=asking("vector({{ toUpper name }})")),
        "template: MetricTemplate errors.test: spec.query: "
        "query render error: 'toUpper name' is not known; known are ",
    ),
    "a template with a variable that does not end": (
        release(canary=BY_TEMPLATE, template=asking("vector({{ name })")),
        "template: MetricTemplate errors.test: spec.query: "
        "query render error: a {{ has no }}; mend the variable",
    ),
    "a query of a check with a variable that is none": (
        release(canary=measured(query="vector({{ nonsense }})")),
        "canary: Canary podinfo.test: metric errors can't be measured: query: query render error: 'nonsense' is not",
    ),
    "a template whose headers are no text": (
        {
            "template": changed(
                template(), lambda one: one["spec"]["provider"].update(headers={"X": [1], "Y": 2, "Z": "z"})
            )
        },
        "template: MetricTemplate errors.test: spec.provider.headers.X[0]: is a number, not text; write text",
    ),
    "a Canary with a name of a field that is a number": (
        release(canary=changed(documents.canary_document(), lambda one: one["spec"].update({"1": 2}))),
        "canary: Canary podinfo.test: spec.1: is not a field of a Canary",
    ),
    "a container whose name is no DNS label": (
        release(target=contained(name="Web_Bad")),
        "target: Deployment podinfo.test: spec.template.spec.containers[0].name: 'Web_Bad' is not a DNS label; use at",
    ),
    "a limit below its request": (
        release(target=contained(resources={"requests": {"cpu": "1.5"}, "limits": {"cpu": "500m"}})),
        "target: Deployment podinfo.test: spec.template.spec.containers[0].resources.requests.cpu: '1.5' is more than "
        "the limit, '500m'; lower it, or raise the limit",
    ),
    "an amount that is none": (
        release(target=contained(resources={"limits": {"memory": "64MB"}})),
        "target: Deployment podinfo.test: spec.template.spec.containers[0].resources.limits.memory: '64MB' is not a",
    ),
    "fewer pods than none": (
        release(target=changed(documents.target(), lambda one: one["spec"].update(replicas=-1))),
        "target: Deployment podinfo.test: spec.replicas: -1 is not a number of things; use 0 or more",
    ),
    "an autoscaler with its bounds the wrong way round": (
        release(
            autoscaler=changed(
                documents.autoscaler(), lambda one: one["spec"].update(minReplicas=5, maxReplicas=2)
            )
        ),
        "autoscaler: HorizontalPodAutoscaler podinfo.test: spec.minReplicas: 5 is more than maxReplicas, 2; lower it",
    ),
    "the same Canary twice, with other fields": (
        release(
            again=changed(documents.canary_document(), lambda one: one["spec"].update(skipAnalysis=True))
        ),
        "canary: Canary podinfo.test: it is in again, too, with other fields; keep one of them",
    ),
    "a Service of the apex's name that can't select pods": (
        release(apex=apex_service(type="ExternalName", externalName="shop.example.com")),
        "apex: Canary podinfo.test: spec.service.name: Service podinfo.test is of type ExternalName and leads to "
        "shop.example.com: it can't be made to select the pods of a release; name another Service, or delete",
    ),
    "a Canary that is refused": (
        release(
            canary=changed(documents.canary_document(), lambda one: one["spec"].update(provider="appmesh"))
        ),
        "canary: Canary podinfo.test: spec.provider: appmesh is not supported",
    ),
}


@pytest.mark.parametrize(("parts", "text"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_problem_names_document_canary_field_and_remedy(parts: dict[str, Manifest], text: str) -> None:
    found = said(parts)
    assert any(one.startswith(text) for one in found), found


def variables(target: Manifest) -> None:
    target["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "A", "value": "1"}] * 2


def without_counter(route: Manifest) -> None:
    route["spec"]["http"][0].pop("plugins")


def mixed_rule(route: Manifest) -> None:
    backends = [{"serviceName": name, "servicePort": 80} for name in ("podinfo", "other")]
    route["spec"]["http"].append({"name": "mixed", "backends": backends})


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (release(target=None), "not among these documents, so not looked at: Deployment podinfo"),
        (release(target=changed(documents.target(), variables)), "A is listed 2 times"),
        (
            {"target": changed(documents.target(), variables)},
            "target: Deployment podinfo.test: spec.template.spec.containers[0].env: A is listed 2 times, which "
            "server-side apply does not take; list it once, as a primary gets it",
        ),
        (
            release(route=changed(documents.route(), mixed_rule)),
            "Rule mixed of APISIX route podinfo.test is left alone",
        ),
        (
            release(route=changed(documents.route(), without_counter)),
            "Rule method of APISIX route podinfo.test lacks the plugin prometheus: unless a global rule enables it",
        ),
        (
            release(neighbour=changed(worker(), lambda one: one["spec"].pop("template"))),
            "neighbour: Deployment worker.test: spec.template: is missing; set it to an object",
        ),
        (
            {"other": {"kind": "Job", "metadata": {"name": 5}}},
            "other: Job ?.default: metadata.name: is a number, not text; write text",
        ),
        (
            release(overlay=changed(documents.target(), lambda one: one.update(spec={"replicas": 3}))),
            "Deployment podinfo.test: spec.selector: is missing",
        ),
    ],
    ids=[
        "what is not there",
        "a variable that is listed twice",
        "a variable that is listed twice in a workload of no Canary",
        "a rule that is not split",
        "a rule whose requests are not counted",
        "a broken neighbour",
        "an object of no interest with a number as its name",
        "a patch of the target, as overlays have them",
    ],
)
def test_what_is_worth_knowing_is_no_problem(parts: dict[str, Manifest], text: str) -> None:
    assert said(parts) == []
    assert any(text in remark for remark in said(parts, "remark"))


@pytest.mark.parametrize(
    "query", ["vector({{ variables.code }} + {{ interval }})", "up{a='}}'}"], ids=["variables", "braces"]
)
def test_a_template_is_rendered_with_the_names_of_each_canary(query: str) -> None:
    canary = measured(templateRef={"name": "errors"}, templateVariables={"code": "404"})
    assert said(release(canary=canary, template=asking(query))) == []


def test_a_broken_document_is_told_once_and_the_others_are_judged() -> None:
    parts = {
        "broken": changed(documents.target(), lambda one: one.pop("spec")),
        **release(target=None, route=changed(documents.route(), lambda one: one["spec"].pop("http"))),
    }
    assert {text.partition(":")[0] for text in said(parts)} == {"broken", "route", "canary"}
    assert len([text for text in said(parts) if text.startswith("broken")]) == 1


def test_a_canary_that_is_there_twice_alike_is_worth_knowing() -> None:
    parts = release(again=documents.canary_document())
    assert said(parts) == []
    assert said(parts, "remark") == ["again: Canary podinfo.test: it is in canary, too, alike"]


def test_every_version_of_a_document_is_looked_at() -> None:
    later = changed(documents.target(), selects_by_tier)
    assert len(said(release(later=later))) == 1


def run(*names: str, given: str = "") -> Any:
    return CliRunner().invoke(check, names, input=given)


def test_files_folders_and_standard_input_are_looked_at_together(tmp_path: Path) -> None:
    parts = release()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "target.yml").write_text(yaml.safe_dump(parts["target"]))
    (tmp_path / "route.json").write_text(json.dumps({"kind": "List", "items": [parts["route"]]}))
    (tmp_path / "notes.txt").write_text("not looked at: [")
    scaler = tmp_path / "scaler"
    scaler.write_text(yaml.safe_dump_all([None, parts["autoscaler"]]))
    done = run(str(tmp_path), str(scaler), "-", given=yaml.safe_dump(parts["canary"]))
    assert done.exit_code == 0
    assert done.output == "standard input: Canary podinfo.test can work; it round-trips through Flagger\n"


def test_objects_without_a_release_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(yaml.safe_dump_all([alert_provider(address="https://x.org"), template()]))
    done = run(str(path))
    assert (done.exit_code, done.output) == (0, "no Canary among the 2 objects; nothing is wrong with them\n")
    path.write_text(yaml.safe_dump(template()))
    assert run(str(path)).output == "the object is no Canary; nothing is wrong with it\n"
    path.write_text("kind: Deployment\nmetadata: {name: a}")
    assert run(str(path)).output.splitlines()[-1] == "the object is no Canary"


def broken(tmp_path: Path, content: bytes) -> list[str]:
    path = tmp_path / "shop.yaml"
    path.write_bytes(content)
    return list(read([str(path)]).unreadable)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a: [", "is not YAML: "),
        (b"\xff\xfe\x00", "is not text in UTF-8"),
        (b"[" * 100_000, "is not YAML: "),
        (b"kind: !!python/object:os.system x", "is not YAML: "),
    ],
    ids=["a list that does not end", "bytes", "a nest without an end", "a tag of a program"],
)
def test_what_is_no_document_is_told_with_its_file(tmp_path: Path, content: bytes, text: str) -> None:
    (told,) = broken(tmp_path, content)
    assert told.startswith(f"{tmp_path}/shop.yaml: {text}")


def test_a_file_that_is_not_there_is_told_with_the_others(tmp_path: Path) -> None:
    path = tmp_path / "canary.yaml"
    path.write_text(
        yaml.safe_dump(
            changed(documents.canary_document(), lambda one: one["spec"].update(provider="appmesh"))
        )
    )
    done = run("absent.yaml", str(path))
    assert isinstance(done.exception, DocumentRefused)
    absent, *others = done.exception.problem.splitlines()
    assert absent == "absent.yaml: can't be read: No such file or directory"
    assert others[0].startswith(f"{path}: Canary podinfo.test: spec.provider: appmesh is not supported")


@pytest.mark.parametrize("content", [b"", b"---\n---\n", b"- op: replace\n", b"replicas: 2\n"], ids=repr)
def test_where_there_is_no_object_that_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "values.yaml"
    path.write_bytes(content)
    done = run(str(path))
    assert isinstance(done.exception, DocumentRefused)
    assert done.exception.problem == f"there is no Kubernetes object in {path}"


def test_standard_input_with_nothing_in_it_is_called_by_its_name() -> None:
    done = run("-")
    assert isinstance(done.exception, DocumentRefused)
    assert done.exception.problem == "there is no Kubernetes object in standard input"


def test_a_file_without_an_object_among_others_is_told(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("replicas: 2")
    (tmp_path / "template.yaml").write_text(yaml.safe_dump(template()))
    done = run(str(tmp_path))
    assert done.exit_code == 0
    assert done.output.splitlines()[0] == f"there is no Kubernetes object in {tmp_path}/values.yaml"


def test_aliases_are_read_once_however_often_they_are_named(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    path = tmp_path / "laughs.yaml"
    path.write_text("kind: Other\n" + "\n".join(lines))
    assert run(str(path)).exit_code == 0
    assert sys.getsizeof(read([str(path)]).found) < 1000


def test_a_canary_that_names_no_gateway_is_looked_at_with_that_of_its_environment(tmp_path: Path) -> None:
    def unnamed(canary: Manifest) -> None:
        del canary["spec"]["provider"], canary["spec"]["routeRef"]

    path = tmp_path / "canary.yaml"
    path.write_text(yaml.safe_dump(changed(documents.canary_document(), unnamed)))
    assert "can work" in run(str(path), "--provider", "istio").output


def test_what_has_nothing_in_common_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with hundreds of releases would be compared for minutes."""
    compared: list[tuple[str, str]] = []

    def noted(canary: Canary, other: Canary) -> list[Problem]:
        compared.append((canary.name, other.name))
        return list(shared_with(canary, other))

    monkeypatch.setattr("cli.review.shared_with", noted)
    parts: list[Manifest] = []
    for name in ("one", "two", "three"):
        text = json.dumps(list(release().values())).replace("podinfo", name)
        parts += json.loads(text)
    rival = twin("one")
    rival["metadata"]["name"] = "rival"
    reviewed = review([Found(str(number), part) for number, part in enumerate([*parts, rival])])
    assert {frozenset(pair) for pair in compared} == {frozenset({"one", "rival"})}
    assert len([problem for problem in reviewed.problems if "has the same target" in str(problem)]) == 2


@pytest.mark.parametrize(
    ("version", "kind", "problem"),
    [
        ("flagger.app/v1beta1", "canary", "kind: flagger.app has no canary; write Canary"),
        (
            "flagger.app/v1beta1",
            "Canaries",
            "kind: flagger.app has no Canaries; known are Canary, MetricTemplate, AlertProvider",
        ),
        ("argoproj.io/v1alpha1", "rollout", "kind: argoproj.io has no rollout; write Rollout"),
        ("argoproj.io/v1alpha1", "Workflow", ""),
        ("example.org/v1", "canary", ""),
    ],
)
def test_a_kind_that_its_group_does_not_have_is_told(version: str, kind: str, problem: str) -> None:
    document = {"apiVersion": version, "kind": kind, "metadata": {"name": "shop"}}

    assert said({"a": document}) == [f"a: {kind} shop.default: {problem}"] * bool(problem)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("sum({{ nope }})", "'nope' is not known; known are "),
        ("sum({{ interval )", "a {{ has no }}"),
        ("sum({{ variables.code }}[{{ interval }}])", ""),
    ],
)
def test_a_template_that_no_canary_can_fill_is_told_without_a_canary(query: str, problem: str) -> None:
    document = changed(template(), lambda it: it["spec"].update(query=query))

    found = said({"template": document})

    assert len(found) == bool(problem)
    assert problem in "".join(found)


def test_all_that_is_wrong_with_a_template_is_told_at_once() -> None:
    wrong = {**template("bogus"), "spec": {"provider": {"type": "bogus"}}}
    assert [
        told.partition(": MetricTemplate errors.test: ")[2].partition(";")[0] for told in said({"t": wrong})
    ] == [
        "spec.query: is missing",
        "spec.provider.type: 'bogus' is not known",
    ]


@pytest.mark.parametrize("provider", ["x", {"type": 5}, {"type": ""}, {}])
def test_a_provider_that_can_not_be_read_is_told_once(provider: object) -> None:
    (told,) = said({"t": {**template(), "spec": {"provider": provider, "query": "up"}}})
    assert told.startswith("t: MetricTemplate errors.test: spec.provider")


def stranger(kind: str, **metadata: object) -> Manifest:
    made = changed(worker(), lambda one: one.update(kind=kind))
    made["metadata"] |= metadata
    return made


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet", "ReplicaSet", "Job"])
def test_pods_of_whatever_kind_that_share_the_labels_are_told(kind: str) -> None:
    (told,) = said(release(worker=stranger(kind)))
    assert f"pods of {kind.lower()} worker have all labels" in told


def test_a_replica_set_that_a_deployment_has_made_is_no_rival() -> None:
    made = stranger("ReplicaSet", ownerReferences=[{"kind": "Deployment", "name": "podinfo"}])
    assert said(release(made=made)) == []


@pytest.mark.parametrize(
    "spec", [None, "x", {"template": 5}, {"template": {"metadata": {"labels": {"app": 5}}}}]
)
def test_a_stranger_of_whatever_shape_is_no_matter(spec: object) -> None:
    odd = {**stranger("StatefulSet"), "spec": spec}
    assert said(release(odd=odd)) == []


def test_a_target_without_a_container_is_told() -> None:
    def emptied(target: Manifest) -> None:
        target["spec"]["template"]["spec"]["containers"] = []

    _, told = said(release(target=changed(documents.target(), emptied)))
    assert told.endswith("containers: is empty, and a pod has one container at least; add one")


@pytest.mark.parametrize(
    ("letters", "kind", "environments"),
    [
        (87, "remark", ""),
        (88, "remark", "staging"),
        (91, "remark", "staging, prod"),
        (92, "problem", "dev, staging, prod"),
    ],
)
def test_a_name_with_which_a_stack_can_not_be_called_is_told(
    letters: int, kind: str, environments: str
) -> None:
    canary = changed(documents.canary_document(), lambda one: one["metadata"].update(name="a" * letters))
    told = [
        one.partition(" letters in ")[2] for one in said(release(canary=canary), kind) if "stack's" in one
    ]
    assert told == ([f"{environments}; shorten it"] if environments else [])


DAEMONS = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "podinfo"}


def daemon_set(strategy: str) -> Manifest:
    def made(target: Manifest) -> None:
        target["kind"] = "DaemonSet"
        target["spec"]["updateStrategy"] = {"type": strategy}

    return changed(documents.target(), made)


@pytest.mark.parametrize(
    ("strategy", "told"),
    [
        ("RollingUpdate", []),
        (
            "OnDelete",
            ["canary: Canary podinfo.test: spec.targetRef: daemonset podinfo.test must have RollingUpdate"],
        ),
    ],
)
def test_a_daemon_set_can_be_released_whose_pods_somebody_replaces(strategy: str, told: list[str]) -> None:
    canary = documents.canary_document(targetRef=DAEMONS, autoscalerRef=None)
    found = said(release(canary=canary, target=daemon_set(strategy), autoscaler=None))
    assert [one.partition(" strategy")[0] for one in found] == told


def test_a_query_for_a_trigger_that_a_scaled_object_lacks_is_remarked() -> None:
    named = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "podinfo"}
    spec = {"scaleTargetRef": {"name": "podinfo"}, "triggers": [{"type": "cpu", "metadata": {"value": "80"}}]}
    scaled = {**named, "metadata": {"name": "podinfo", "namespace": "test"}, "spec": spec}
    canary = documents.canary_document(autoscalerRef={**named, "primaryScalerQueries": {"load": "up"}})
    (told,) = said(release(canary=canary, autoscaler=scaled), "remark")
    assert "ScaledObject podinfo has no trigger of this name" in told
    assert said(release(canary=canary, autoscaler=scaled)) == []
