"""The documents of a declared release."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from automation.core.refusal import Refused
from stacks import files, settings_for
from stacks.settings import ReleaseSettings

SPEC = {
    "selector": {"matchLabels": {"app": "podinfo"}},
    "template": {
        "metadata": {"labels": {"app": "podinfo"}},
        "spec": {"containers": [{"name": "podinfod", "image": "podinfo"}]},
    },
}
ARTICLE = settings_for("dev").release("test", "podinfo")


def release(*paths: str) -> ReleaseSettings:
    return ReleaseSettings(namespace="test", name="podinfo", documents=paths)


def test_the_article_s_documents_are_told_apart() -> None:
    found = files.read(ARTICLE, files.PROJECT)
    assert found.canary["kind"] == "Canary"
    assert found.target["spec"]["template"]["spec"]["containers"][0]["name"] == "podinfod"
    assert found.autoscaler is not None
    assert found.route is not None
    assert found.others == ()


def test_metric_templates_go_along() -> None:
    more = release(*ARTICLE.documents, "examples/apisix/not-found-percentage.yaml")
    (template,) = files.read(more, files.PROJECT).others
    assert template["kind"] == "MetricTemplate"


def test_an_autoscaler_of_a_version_that_is_gone_is_read_and_told(tmp_path: Path) -> None:
    written = (files.PROJECT / ARTICLE.documents[0]).parent
    for path in written.glob("*.yaml"):
        text = path.read_text().replace("autoscaling/v2\n", "autoscaling/v2beta2\n")
        (tmp_path / path.name).write_text(text)
    paths = [Path(path).name for path in ARTICLE.documents]

    found = files.read(release(*paths), tmp_path)

    assert found.autoscaler is not None
    assert found.autoscaler["apiVersion"] == "autoscaling/v2"
    assert found.warnings == (
        "HorizontalPodAutoscaler podinfo: Kubernetes has no autoscaling/v2beta2 any more; it is read as autoscaling/v2",
    )


@pytest.mark.parametrize(
    ("paths", "problems"),
    [
        ((), ["releases[].documents: there is no Canary 'podinfo'"]),
        (
            ("none.yaml", "no-more.yaml"),
            ["none.yaml: No such file", "no-more.yaml: No such file", "there is no Canary"],
        ),
        (
            ("examples/apisix/podinfo-canary.yaml",),
            ["releases[].documents: there is no Deployment 'podinfo'"],
        ),
    ],
    ids=["nothing", "missing files", "no target"],
)
def test_what_is_missing_is_told_at_once(paths: tuple[str, ...], problems: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        files.read(release(*paths), files.PROJECT)
    told = [str(problem) for problem in refused.value.problems]
    assert len(told) == len(problems)
    assert all(problem in text for problem, text in zip(problems, told, strict=True))


BROKEN = {
    "a list that does not end": (
        b"a: [",
        "broken.yaml: is not YAML: line 1, column 5: expected the node content, but found '<stream end>'; mend it",
    ),
    "a field that is there twice": (
        b"kind: A\nkind: B",
        "broken.yaml: is not YAML: line 2, column 1: the field kind",
    ),
    "a nest that would end the process": (b"[" * 100_000, "broken.yaml: is not YAML: it is nested deeper"),
    "bytes": (b"\xff\xfe\x00", "broken.yaml: is not text in UTF-8; save it as such"),
    "a list": (b"- 1", "broken.yaml: holds no Kubernetes object; take it off the settings"),
    "a list among objects": (
        b"kind: A\nmetadata: {name: a}\n---\n- 1",
        "broken.yaml[2]: is a list, not an object; write it as fields and values",
    ),
    "an object without a name": (b"kind: A\nmetadata: x", "broken.yaml: A has no name; set metadata.name"),
    "an item without a name": (b"kind: List\nitems: [{kind: A}]", "broken.yaml[1].items[0]: A has no name"),
    "a kind that is a list": (
        b"apiVersion: v1\nkind: [A]\nmetadata: {name: a}",
        "broken.yaml: kind: is a list, not text",
    ),
    "a Deployment of nothing": (
        b"kind: Deployment\nmetadata: {name: podinfo}\nspec: []",
        "broken.yaml: Deployment podinfo: spec: is a list, not an object; write it as fields and values",
    ),
    "an autoscaler of nothing": (
        b"kind: HorizontalPodAutoscaler\nmetadata: {name: podinfo}\nspec: {}",
        "broken.yaml: HorizontalPodAutoscaler podinfo: spec.scaleTargetRef: is missing; set it to an object",
    ),
    "a name that is a number": (
        b"kind: Canary\nmetadata: {name: 5}",
        "broken.yaml: Canary 5: metadata.name: is a number, not text; write text",
    ),
}


@pytest.mark.parametrize(("text", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named(tmp_path: Path, text: bytes, said: str) -> None:
    (tmp_path / "broken.yaml").write_bytes(text)
    with pytest.raises(Refused) as refused:
        files.read(release("broken.yaml"), tmp_path)
    assert str(refused.value).startswith(said)


def test_dates_are_text_and_lists_are_taken_apart(tmp_path: Path) -> None:
    texts = {"when": "2024-01-31"}
    target = {"kind": "Deployment", "metadata": {"name": "podinfo", "annotations": texts}, "spec": SPEC}
    canary = {"kind": "Canary", "metadata": {"name": "podinfo"}, "spec": {"targetRef": {"name": "podinfo"}}}
    listed = yaml.safe_dump({"kind": "List", "items": [canary, target]}).replace("'", "")
    (tmp_path / "all.yaml").write_text(listed)
    assert files.read(release("all.yaml"), tmp_path).target == target


def test_what_a_reader_changes_is_nobody_else_s() -> None:
    files.read(ARTICLE, files.PROJECT).canary.clear()
    assert files.read(ARTICLE, files.PROJECT).canary["kind"] == "Canary"


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"^\.: Is a directory; mend the path"):
        files.read(release("."), tmp_path)
