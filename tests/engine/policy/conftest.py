"""What the tests of policy packs share: packs written to a folder, and a pool whose processes end with the test."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from engine.policy.analyzer import StackSettings
from engine.policy.packs import Packs, Sources, opened
from engine.policy.pool import Pool, Timeouts
from engine.policy.requests import Subject
from engine.resource import Resource

DEV = StackSettings("dev", "shop", config={"shop:owner": "team-a"}, secret_keys=("shop:token",))

Opener = Callable[..., AbstractContextManager[Packs]]


def write_pack(folder: Path, code: str, yaml: str = "runtime: python\nversion: 1.2.3\n") -> Path:
    """A policy pack with the given body; `pulumi_policy` and `pulumi` are imported for it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "PulumiPolicy.yaml").write_text(yaml)
    (folder / "__main__.py").write_text("from pulumi_policy import *\nimport pulumi\n" + dedent(code))
    return folder


def a_subject(name: str = "web", **inputs: Any) -> Subject:
    urn = f"urn:pulumi:dev::shop::kubernetes:apps/v1:Deployment::{name}"
    return Subject(Resource(urn, "kubernetes:apps/v1:Deployment", custom=True, inputs=inputs))


@pytest.fixture
def pool() -> Iterator[Pool]:
    """Packs are ended with the test, and are not given long to answer."""
    pool = Pool(Timeouts(start=60, call=30))
    yield pool
    pool.close()


@pytest.fixture
def open_packs(pool: Pool, tmp_path: Path) -> Opener:
    """Opens packs by folder, with optional configuration documents in the same order."""

    def open_(
        *folders: Path, stack: StackSettings = DEV, configs: list[Any] | None = None
    ) -> AbstractContextManager[Packs]:
        files = []
        for number, document in enumerate(configs or []):
            path = tmp_path / f"config-{number}.json"
            path.write_text(json.dumps(document))
            files.append(str(path))
        sources = Sources([str(folder) for folder in folders], files)
        return opened(sources, tmp_path, dict(os.environ), stack, pool)

    return open_
