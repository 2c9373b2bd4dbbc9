"""Why a machine does not let the lab make namespaces, and what a person is told."""

import os

import pytest

from lab.namespaces import isolate, processes, refusal

REFUSALS = {
    "Debian's switch": (
        {"kernel.unprivileged_userns_clone": "0"},
        False,
        ("kernel.unprivileged_userns_clone", "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
    ),
    "Ubuntu's AppArmor": (
        {"kernel.apparmor_restrict_unprivileged_userns": "1", "user.max_user_namespaces": "96365"},
        False,
        ("sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",),
    ),
    "a limit of none": (
        {"user.max_user_namespaces": "0"},
        False,
        ("sudo sysctl -w user.max_user_namespaces=15000",),
    ),
    "root in a container": (
        {"user.max_user_namespaces": "0"},
        True,
        ("--privileged", "Operation not permitted"),
    ),
    "nothing known": ({}, False, ("Operation not permitted",)),
}


@pytest.mark.parametrize(("settings", "root", "expected"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_refusal_names_the_setting_and_the_cure(
    settings: dict[str, str], root: bool, expected: tuple[str, ...]
) -> None:
    text = refusal("unshare: unshare failed: Operation not permitted", settings, root)
    assert all(part in text for part in expected)


def test_only_an_ordinary_user_needs_a_user_namespace() -> None:
    assert "--user" in isolate(root=False)
    assert "--user" not in isolate(root=True)


def test_our_own_process_is_found_in_its_namespace() -> None:
    assert os.getpid() in processes(os.getpid()).values()
