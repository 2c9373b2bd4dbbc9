"""Which cluster, user and namespace a kubeconfig leads to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.kubernetes.kubeconfig import Source, choose, namespace_of
from engine.provider import ProviderError


def config(name: str, current: str = "", **cluster: Any) -> dict[str, Any]:
    return {
        "current-context": current,
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}", **cluster}}],
        "users": [{"name": name, "user": {"token": f"token-{name}"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"ns-{name}"}}],
    }


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two kubeconfigs."""
    paths = [tmp_path / name / "config" for name in ("one", "two")]
    for path, document in zip(paths, (config("one"), config("two", current="two")), strict=True):
        path.parent.mkdir()
        path.write_text(yaml.safe_dump(document))
    return paths


def usual(files: list[Path], **choices: str) -> Source:
    """The source that has both files as its usual place."""
    return Source(usual=os.pathsep.join(str(path) for path in files), **choices)


def test_a_text_is_taken_as_it_is() -> None:
    choice = choose(Source(yaml.safe_dump(config("a", current="a"))))
    assert (choice.cluster["server"], choice.user["token"], choice.namespace) == (
        "https://a",
        "token-a",
        "ns-a",
    )


def test_json_is_a_text_too() -> None:
    source = Source(
        '{"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "c"}}],'
        ' "clusters": [{"name": "c", "cluster": {"server": "https://c"}}]}'
    )
    assert choose(source).cluster == {"server": "https://c"}


def test_the_usual_files_are_merged(files: list[Path]) -> None:
    assert choose(usual(files)).cluster["server"] == "https://two"
    assert choose(usual(files, context="one")).user == {"token": "token-one"}


def test_the_first_file_that_names_a_thing_wins(files: list[Path]) -> None:
    files[1].write_text(yaml.safe_dump({**config("one", current="one", proxy="x"), "contexts": []}))
    assert choose(usual(files)).cluster == {"server": "https://one"}


def test_a_path_of_the_provider_goes_before_the_usual_ones(files: list[Path]) -> None:
    source = Source(str(files[0]), context="one", usual=str(files[1]))
    assert choose(source).cluster["server"] == "https://one"


def test_the_cluster_can_be_chosen_apart_from_the_user(files: list[Path]) -> None:
    choice = choose(usual(files, context="one", cluster="two"))
    assert (choice.cluster["server"], choice.user["token"]) == ("https://two", "token-one")


def test_files_are_found_beside_the_kubeconfig_that_names_them(files: list[Path]) -> None:
    document = config("one", current="one", **{"certificate-authority": "ca.crt"})
    document["users"][0]["user"] = {"exec": {"command": "./login", "apiVersion": "v1"}}
    files[0].write_text(yaml.safe_dump(document))
    choice = choose(usual(files))
    assert choice.cluster["certificate-authority"] == str(files[0].parent / "ca.crt")
    assert Path(choice.user["exec"]["command"]) == files[0].parent / "login"


def test_a_changed_file_is_another_source(files: list[Path]) -> None:
    before = usual(files).fingerprint()
    assert usual(files).fingerprint() == before
    os.utime(files[0], ns=(1, 1))
    assert usual(files).fingerprint() != before


def test_in_a_pod_the_service_account_is_the_last_resort(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    source = Source(usual=str(tmp_path / "none"))
    assert source.is_pod
    assert namespace_of(source) == ""
    (tmp_path / "none").write_text(yaml.safe_dump(config("a", current="a")))
    assert not source.is_pod


@pytest.mark.parametrize(
    ("source", "says"),
    [
        pytest.param(Source("/nowhere/config"), "there is no kubeconfig at /nowhere/config", id="no file"),
        pytest.param(Source("a: [\n"), "is not valid YAML", id="no YAML"),
        pytest.param(Source("- a\n- b\n"), "is not a kubeconfig", id="no mapping"),
        pytest.param(Source("current-context: a\ncontexts: [x]\n"), 'has no context "a"', id="no entries"),
        pytest.param(Source(yaml.safe_dump(config("a"))), "has no current context", id="no context"),
        pytest.param(
            Source(yaml.safe_dump(config("a")), "b"), 'has no context "b"; it has: a', id="other context"
        ),
        pytest.param(
            Source(yaml.safe_dump(config("a")), "a", "z"), 'has no cluster "z"; it has: a', id="other cluster"
        ),
    ],
)
def test_a_source_that_leads_nowhere_says_why(source: Source, says: str) -> None:
    with pytest.raises(ProviderError, match=says):
        choose(source)
