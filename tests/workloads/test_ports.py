"""Container ports, and the target port of a Canary."""

from __future__ import annotations

import pytest

from automation.core.spec import Canary
from tests.core.documents import canary as described
from workloads.ports import port_problems


def canary(port: int | str) -> Canary:
    return described({"spec.service.targetPort": port})


@pytest.mark.parametrize(("port", "fits"), [(9898, True), ("http", True), (8080, False), ("grpc", False)])
def test_a_target_port_that_no_container_has_is_said(port: int | str, fits: bool) -> None:
    template = {"spec": {"containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 9898}]}]}}
    problems = port_problems(canary(port), template)
    assert bool(problems) is not fits
    assert all("9898, http" in str(problem) for problem in problems)


def test_containers_that_declare_no_ports_may_have_any() -> None:
    assert port_problems(canary(8080), {"spec": {"containers": [{"name": "c"}]}}) == ()


def test_a_name_needs_a_container_that_declares_it() -> None:
    (problem,) = port_problems(canary("web"), {"spec": {"containers": [{"name": "c"}]}})
    assert "none is declared" in problem.remedy
