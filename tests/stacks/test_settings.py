"""Settings: what the environments state, what config may change, and where each value comes from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from automation.core.refusal import Refused
from components.target import ImageRequest
from stacks import ENVIRONMENTS, overrides, settings_for
from stacks.explain import explain
from stacks.settings import Section, Settings


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_has_valid_settings_of_its_name(environment: str) -> None:
    settings = settings_for(environment)
    assert settings.environment == environment
    assert Settings.model_validate(settings.model_dump()) == settings


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings_for("dev").environment = "prod"


def test_overrides_reach_single_values() -> None:
    settings = settings_for("prod", {"platform": {"gateway": {"replicas": 3}}})
    assert settings.platform.gateway is not None
    assert settings.platform.gateway.replicas == 3
    assert settings.platform.gateway.service_type == "LoadBalancer"


def test_all_problems_are_told_at_once_with_path_and_remedy() -> None:
    wrong = {
        "platform": {"gateway": {"replicas": 0}, "prometheus": {"retentoin": "1d"}},
        "pace": {"interval": "0s"},
        "driver": {"strict": "perhaps"},
    }
    with pytest.raises(Refused) as refused:
        settings_for("dev", wrong)
    problems = {problem.path: problem for problem in refused.value.problems}
    assert set(problems) == {
        "platform.gateway.replicas",
        "platform.prometheus.retentoin",
        "pace.interval",
        "driver.strict",
    }
    assert "retention" in problems["platform.prometheus.retentoin"].remedy
    assert "Gateway pods" in problems["platform.gateway.replicas"].remedy


def test_an_item_that_is_wrong_is_told_alone_with_what_its_list_means() -> None:
    with pytest.raises(Refused) as refused:
        settings_for("dev", {"driver": {"namespaces": ["A_B"]}})
    (problem,) = refused.value.problems
    assert (problem.path, problem.remedy[:36]) == (
        "driver.namespaces.0",
        "meant is: Namespaces whose Canaries ",
    )


def test_an_unknown_environment_lists_the_known_ones() -> None:
    with pytest.raises(Refused, match="use one of dev, staging, prod"):
        settings_for("live")


def sections(section: type[Section]) -> list[type[Section]]:
    below = [field.annotation for field in section.model_fields.values()]
    found = [item for item in below if isinstance(item, type) and issubclass(item, Section)]
    return [section, *(deeper for item in found for deeper in sections(item))]


@pytest.mark.parametrize("section", sections(Settings), ids=lambda section: section.__name__)
def test_every_setting_says_what_it_is(section: type[Section]) -> None:
    assert [name for name, field in section.model_fields.items() if not field.description] == []


def source_of(path: str, values: dict[str, str] | None = None) -> tuple[Any, str]:
    (found,) = [item for item in explain("dev", overrides.read(values or {})) if item.path == path]
    return found.value, found.source


@pytest.mark.parametrize(
    ("path", "config", "value", "source"),
    [
        ("platform.prometheus.retention", {}, "2h", "default"),
        ("platform.prometheus.scrape_interval", {}, "1s", "stacks/dev.py"),
        ("pace.interval", {"sluice:interval": "10s"}, "10s", "config sluice:interval"),
        (
            "platform.prometheus.retention",
            {"sluice:settings": '{"platform": {"prometheus": {"retention": "1d"}}}'},
            "1d",
            "config sluice:settings",
        ),
        ("releases[0].name", {}, "podinfo", "stacks/dev.py"),
    ],
    ids=["default", "module", "short key", "tree", "within a list"],
)
def test_each_value_says_where_it_comes_from(
    path: str, config: dict[str, str], value: str, source: str
) -> None:
    assert source_of(path, config) == (value, source)


def test_images_are_read_by_deployment_and_container() -> None:
    images = {
        "podinfo/podinfod": {"image": "stefanprodan/podinfo:6.0.1", "request": "1"},
        "podinfo/proxy": "envoy:1",
        "shop/web": "shop:2",
    }
    read = overrides.read({"sluice:images": json.dumps(images)})
    assert read.images_of("podinfo") == {
        "podinfod": ImageRequest("stefanprodan/podinfo:6.0.1", "1"),
        "proxy": ImageRequest("envoy:1"),
    }


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"sluice:images": "[]"}, "sluice:images"),
        ({"sluice:images": '{"podinfo": "x:1"}'}, "sluice:images.podinfo"),
        ({"sluice:images": '{"podinfo/podinfod": {}}'}, "sluice:images.podinfo/podinfod"),
        ({"sluice:settings": "{"}, "sluice:settings"),
    ],
    ids=["no object", "no container", "no image", "broken JSON"],
)
def test_config_that_cannot_be_read_is_refused_with_its_key(values: dict[str, str], path: str) -> None:
    with pytest.raises(Refused) as refused:
        overrides.read(values)
    assert [problem.path for problem in refused.value.problems] == [path]


def test_an_environment_names_a_gateway_that_there_is() -> None:
    assert settings_for("dev", {"driver": {"provider": "istio"}}).driver.provider == "istio"
    with pytest.raises(Refused, match=r"driver.provider: .*'istoi' is not known; use one of apisix, istio"):
        settings_for("dev", {"driver": {"provider": "istoi"}})
