"""Which cluster, which project and who: what the command line opens."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from cli.environment import chosen, person
from cli.options import Where
from stacks.settings import ClusterSettings

SETTINGS = ClusterSettings(kubeconfig="/etc/kubeconfig", context="staging")


@pytest.mark.parametrize(
    ("where", "settings", "expected"),
    [
        pytest.param(Where(None, None, None), SETTINGS, SETTINGS, id="the settings say"),
        pytest.param(
            Where("/mine", "other", None),
            SETTINGS,
            ClusterSettings(kubeconfig="/mine", context="other"),
            id="the command line says",
        ),
        pytest.param(
            Where("/mine", None, None),
            SETTINGS,
            ClusterSettings(kubeconfig="/mine", context="staging"),
            id="a context of the settings is not forgotten",
        ),
        pytest.param(Where(None, None, None), ClusterSettings(), ClusterSettings(), id="nobody says"),
    ],
)
def test_the_command_line_goes_before_the_settings(
    where: Where, settings: ClusterSettings, expected: ClusterSettings
) -> None:
    assert chosen(where, settings) == expected


def test_a_path_means_the_same_in_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert chosen(Where("kubeconfig", None, None), SETTINGS).kubeconfig == str(tmp_path / "kubeconfig")


def test_a_user_without_a_name_is_somebody_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 10001")

    for robot in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        monkeypatch.delenv(robot, raising=False)
    monkeypatch.setattr(getpass, "getuser", nameless)
    assert person().startswith("user-")
