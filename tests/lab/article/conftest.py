"""One lab with one platform stack for all stories of the article; each story has a namespace of its own in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lab import Lab
from tests.lab.article.application import Application, adopted
from tests.lab.article.ground import NAMESPACES, Ground, prepare


@pytest.fixture(scope="package")
def ground(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return prepare(lab, tmp_path_factory.mktemp("article"))


@pytest.fixture(scope="package")
def unused(ground: Ground) -> Iterator[str]:
    """Namespaces that no story has used yet."""
    return iter(NAMESPACES)


@pytest.fixture
def namespace(unused: Iterator[str]) -> str:
    return next(unused)


@pytest.fixture
def application(ground: Ground, namespace: str) -> Iterator[Callable[..., Application]]:
    """Makes the story's application: podinfo 6.0.0, initialised. Arguments replace fields of spec.analysis."""

    def make(**analysis: Any) -> Application:
        return adopted(ground, namespace, **analysis)

    yield make
    # Its pods would go on costing what the stories after it need; the Canary's own objects go with it.
    ground.kubectl(namespace)("delete", "canary,deployment,apisixroute", "--all", "--wait=false")


@pytest.fixture(autouse=True)
def no_faults(ground: Ground) -> Iterator[None]:
    yield
    ground.lab.clear_faults()
