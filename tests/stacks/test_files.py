"""The documents of a declared release."""

from __future__ import annotations

from pathlib import Path

import pytest

from automation.core.refusal import Refused
from stacks import files, settings_for
from stacks.release import PROJECT
from stacks.settings import ReleaseSettings

ARTICLE = settings_for("dev").release("test", "podinfo")


def release(*paths: str) -> ReleaseSettings:
    return ReleaseSettings(namespace="test", name="podinfo", documents=paths)


def test_the_article_s_documents_are_told_apart() -> None:
    found = files.read(ARTICLE, PROJECT)
    assert found.canary["kind"] == "Canary"
    assert found.target["spec"]["template"]["spec"]["containers"][0]["name"] == "podinfod"
    assert found.autoscaler is not None
    assert found.route is not None
    assert found.others == ()


def test_metric_templates_go_along() -> None:
    more = release(*ARTICLE.documents, "examples/apisix/not-found-percentage.yaml")
    (template,) = files.read(more, PROJECT).others
    assert template["kind"] == "MetricTemplate"


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
        files.read(release(*paths), PROJECT)
    told = [str(problem) for problem in refused.value.problems]
    assert len(told) == len(problems)
    assert all(problem in text for problem, text in zip(problems, told, strict=True))


@pytest.mark.parametrize(("text", "said"), [("a: [", "is not YAML"), ("- 1", "is no Kubernetes object")])
def test_a_broken_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "broken.yaml").write_text(text)
    with pytest.raises(Refused, match=f"broken.yaml: .*{said}"):
        files.read(release("broken.yaml"), tmp_path)
