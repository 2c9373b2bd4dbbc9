"""The choice of a provider by its type."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
import yaml

from automation.questions.metrics.access import Access
from automation.questions.metrics.prometheus import Prometheus
from automation.questions.metrics.providers import PROVIDERS, UnknownProvider, provider


def test_a_known_type_is_made() -> None:
    assert isinstance(provider("prometheus", requests.Session(), Access("http://x")), Prometheus)


def test_all_types_of_the_definition_are_known() -> None:
    definition = yaml.safe_load(Path("components/crds/flagger.app/metrictemplates.yaml").read_text())
    [version] = definition["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    assert sorted(spec["provider"]["properties"]["type"]["enum"]) == sorted(PROVIDERS)


def test_an_unknown_type_lists_the_known_ones() -> None:
    with pytest.raises(
        UnknownProvider, match=r"'prometeus' is not known; use one of cloudwatch, .*, prometheus"
    ):
        provider("prometeus", requests.Session(), Access("http://x"))
