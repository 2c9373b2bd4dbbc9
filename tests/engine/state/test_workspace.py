"""Projects, backends and selected stacks, and the names of stacks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from engine.state.errors import ConfigurationError, StateError
from engine.state.reference import StackReference, parse_reference
from engine.state.workspace import (
    Home,
    backend_url,
    current_stack,
    find_project,
    read_project,
    require_project,
)


def write_project(folder: Path, text: str = "name: shop\nruntime: python\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "Pulumi.yaml"
    path.write_text(text)
    return path


def test_a_project_is_found_upwards(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert require_project(tmp_path / "a" / "b").name == "shop"


def test_outside_of_a_project_the_search_is_explained(tmp_path: Path) -> None:
    assert find_project(tmp_path) is None
    with pytest.raises(StateError, match=r"no Pulumi.yaml project file found"):
        require_project(tmp_path)


def test_a_project_in_full(tmp_path: Path) -> None:
    path = write_project(
        tmp_path,
        """\
name: shop
description: a shop
runtime: {name: python, options: {virtualenv: venv}}
main: src
stackConfigDir: config
backend: {url: "file:///state"}
options: {refresh: always}
config: {size: 3}
""",
    )
    project = read_project(path)
    assert (project.name, project.description, project.runtime, project.main) == (
        "shop",
        "a shop",
        "python",
        "src",
    )
    assert project.runtime_options == {"virtualenv": "venv"}
    assert project.config == {"size": 3}
    assert project.refresh_always
    assert project.stack_config("dev") == tmp_path / "config" / "Pulumi.dev.yaml"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("runtime: python", "missing a 'name'"),
        ("name: x", "missing a 'runtime'"),
        ("name: [", "could not load"),
        ("", "missing"),
    ],
    ids=["no name", "no runtime", "no yaml", "empty"],
)
def test_a_project_that_cannot_be_understood_is_named(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        read_project(write_project(tmp_path, text))
    assert str(tmp_path) in str(caught.value)


def test_the_backend_is_that_of_environment_then_project_then_login(tmp_path: Path) -> None:
    project = read_project(
        write_project(tmp_path, "name: shop\nruntime: python\nbackend: {url: 'file:///project'}\n")
    )
    bare = read_project(write_project(tmp_path / "bare"))
    home = Home(tmp_path / "home")
    home.folder.mkdir()
    (home.folder / "credentials.json").write_text(json.dumps({"current": "file:///login"}))
    assert backend_url({"PULUMI_BACKEND_URL": "file:///env"}, project, home) == "file:///env"
    assert backend_url({}, project, home) == "file:///project"
    assert backend_url({}, bare, home) == "file:///login"
    with pytest.raises(StateError, match="PULUMI_BACKEND_URL"):
        backend_url({}, bare, Home(tmp_path / "nowhere"))


def test_a_selected_stack_is_remembered_for_its_project_and_backend(tmp_path: Path) -> None:
    project = read_project(write_project(tmp_path))
    home = Home.of({"PULUMI_HOME": str(tmp_path / "home")})
    home.select(project, "file:///a", "organization/shop/dev")
    home.select(project, "file:///b", "organization/shop/prod")
    assert current_stack({}, project, home, "file:///a") == StackReference("shop", "dev")
    assert current_stack({}, project, home, "file:///b") == StackReference("shop", "prod")
    digest = hashlib.sha1(str(project.path).encode()).hexdigest()
    file = tmp_path / "home" / "workspaces" / f"shop-{digest}-workspace.json"
    assert file.stat().st_mode & 0o777 == 0o600
    home.select(project, "file:///a", "")
    with pytest.raises(StateError, match="no stack selected"):
        current_stack({}, project, home, "file:///a")


def test_the_environment_overrides_the_selected_stack(tmp_path: Path) -> None:
    project = read_project(write_project(tmp_path))
    home = Home(tmp_path / "home")
    home.select(project, "file:///a", "organization/shop/dev")
    assert current_stack({"PULUMI_STACK": "prod"}, project, home, "file:///a").name == "prod"


@pytest.mark.parametrize("text", ["dev", "organization/dev", "organization/shop/dev"])
def test_a_stack_may_be_named_short_or_in_full(text: str) -> None:
    assert parse_reference(text, "shop") == StackReference("shop", "dev")


def test_a_stack_of_another_project_is_shown_in_full() -> None:
    ref = parse_reference("organization/other/dev", "shop")
    assert ref.shown_in("shop") == "organization/other/dev"
    assert ref.shown_in("other") == "dev"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("acme/shop/dev", "organization name must be 'organization'"),
        ("a/b/c/d", "could not parse"),
        ("", "a stack name may not be empty"),
        ("a b", "a stack name may only contain .*: invalid character ' ' at position 1"),
        ("x" * 101, "a stack name cannot exceed 100 characters"),
        ("organization/sh op/dev", "a project name may only contain"),
    ],
    ids=["organization", "too long a path", "empty", "space", "too long", "project"],
)
def test_other_names_are_refused(text: str, problem: str) -> None:
    with pytest.raises(StateError, match=problem):
        parse_reference(text, "shop")


def test_outside_of_a_project_a_stack_needs_its_full_name() -> None:
    with pytest.raises(StateError, match="needs its project"):
        parse_reference("dev", None)
