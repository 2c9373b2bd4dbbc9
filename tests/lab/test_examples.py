"""The examples, each from nothing to the end that its README names. They bring labs of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from examples.story import PROJECT

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]  # what is built when a pod first wants it, too


@pytest.mark.parametrize("name", ["apisix-ab", "gateway-api", "istio", "nginx-argo", "traefik"])
def test_an_example_ends_as_its_readme_says(name: str) -> None:
    command = [sys.executable, "-m", "examples.run", name]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=890, check=False)
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-1000:]
