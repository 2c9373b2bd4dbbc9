"""The table of images."""

from collections.abc import Mapping
from importlib.util import find_spec

import pytest

from lab import images
from lab.binaries import PARTS
from lab.images import IMAGES, UnknownImage, find

NAMES = {
    "stefanprodan/podinfo:6.0.1": ("podinfo", "6.0.1"),
    "ghcr.io/stefanprodan/podinfo": ("podinfo", "latest"),
    "docker.io/library/busybox:1": ("", "1"),
    "prom/prometheus:v3.7.3@sha256:0123": ("prometheus", "v3.7.3"),
}


@pytest.mark.parametrize(("name", "program", "tag"), [(name, *told) for name, told in NAMES.items()])
def test_images_are_found_at_any_tag(name: str, program: str, tag: str) -> None:
    found = find(name)
    assert found.tag == tag
    assert not program or program in found.program.files.values()


@pytest.mark.parametrize("name", ["podinfo", "localhost:5000/stefanprodan/podinfo:1", "nginx:1.29"])
def test_an_unknown_image_is_answered_with_the_known_ones(name: str) -> None:
    with pytest.raises(UnknownImage, match=r"ghcr\.io/stefanprodan/podinfo"):
        find(name)


def test_podinfo_is_told_which_version_it_plays() -> None:
    environment: Mapping[str, str] = find("stefanprodan/podinfo:6.0.2").environment
    assert environment == {"LAB_IMAGE": "podinfo:6.0.2", "LAB_IMAGE_TAG": "6.0.2"}


@pytest.mark.parametrize("name", IMAGES)
def test_every_image_is_played_by_something_that_exists(name: str) -> None:
    program = IMAGES[name]
    assert set(program.files.values()) <= set(PARTS)
    assert all(find_spec(module) for module in program.modules.values())


PODINFO, LOADTESTER = "stefanprodan/podinfo:1", "ghcr.io/fluxcd/flagger-loadtester:1"
SPIDER = ("wget", "--quiet", "--tries=1", "--timeout=4", "--spider", "http://localhost:8080/healthz")
DIRECT: dict[str, tuple[str, tuple[str, ...], str | None]] = {
    "podinfo's": (
        PODINFO,
        ("podcli", "check", "http", "localhost:9898/readyz"),
        "http://10.244.0.2:9898/readyz",
    ),
    "with options": (PODINFO, ("podcli", "check", "http", "localhost:9898/readyz", "--retry=3"), None),
    "of another kind": (PODINFO, ("podcli", "check", "grpc", "localhost:9999"), None),
    "of another host": (PODINFO, ("podcli", "check", "http", "backend:9898"), None),
    "the load tester's": (LOADTESTER, SPIDER, "http://10.244.0.2:8080/healthz"),
    "of another image": ("busybox", SPIDER, None),
}


@pytest.mark.parametrize(("image", "argv", "url"), DIRECT.values(), ids=DIRECT)
def test_probe_commands_that_need_no_process(image: str, argv: tuple[str, ...], url: str | None) -> None:
    assert images.direct_check(find(image), argv, "10.244.0.2") == url
