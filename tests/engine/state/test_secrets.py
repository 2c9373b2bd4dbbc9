"""Secrets under a passphrase: compatible with the official CLI, and strict about what they are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.state.errors import PassphraseError, StateError
from engine.state.secrets import SecretsManager, passphrase_from, require_passphrase_provider

# Made by the official CLI.
GOLDEN = {
    "password": "v1:fozI5u6B030=:v1:F+6ZduKKd8G0/V7L:PGMFeIzwobWRKmEAzUdaQHqC5mMRIQ==",
    "": "v1:LVuDkcjhUns=:v1:WPbL+tmbxnqWswQ2:lebZxStyHT3IZkmbN+3xCx9zqtoPog==",
}


@pytest.mark.parametrize("passphrase", GOLDEN, ids=lambda text: text or "empty")
def test_a_salt_of_the_official_cli_opens_with_its_passphrase(passphrase: str) -> None:
    manager = SecretsManager.open(GOLDEN[passphrase], passphrase)
    assert manager.decrypt(GOLDEN[passphrase].split(":", 2)[2]) == "pulumi"


def test_a_wrong_passphrase_is_called_incorrect() -> None:
    with pytest.raises(PassphraseError, match=r"^incorrect passphrase$"):
        SecretsManager.open(GOLDEN["password"], "")


def test_what_is_encrypted_comes_back_and_never_looks_the_same_twice(secrets: SecretsManager) -> None:
    texts = [secrets.encrypt("grüße"), secrets.encrypt("grüße")]
    assert texts[0] != texts[1]
    assert [secrets.decrypt(text) for text in texts] == ["grüße", "grüße"]


def test_a_new_salt_opens_again(secrets: SecretsManager) -> None:
    again = SecretsManager.open(secrets.salt, "correct horse")
    assert again.decrypt(secrets.encrypt("x")) == "x"


@pytest.mark.parametrize(
    "text",
    [
        "v1:aaaa",
        "v2:AAAAAAAAAAAAAAAA:AAAA",
        "v1:not base64!:AAAA",
        "v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAA",
    ],
    ids=["too short", "another version", "no base64", "another key"],
)
def test_a_text_that_cannot_be_decrypted_is_a_clear_error(secrets: SecretsManager, text: str) -> None:
    with pytest.raises(StateError):
        secrets.decrypt(text)


def test_a_malformed_salt_is_a_clear_error() -> None:
    with pytest.raises(StateError, match="encryption salt is malformed"):
        SecretsManager.open("fozI5u6B030=", "x")


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"PULUMI_CONFIG_PASSPHRASE": "a"}, "a"),
        ({"PULUMI_CONFIG_PASSPHRASE": ""}, ""),
        ({"PULUMI_CONFIG_PASSPHRASE": "a", "PULUMI_CONFIG_PASSPHRASE_FILE": "phrase"}, "a"),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "phrase"}, "from the file"),
    ],
    ids=["variable", "set but empty", "variable over file", "file, stripped"],
)
def test_the_passphrase_comes_from_the_environment_given(
    env: dict[str, str], expected: str, tmp_path: Path
) -> None:
    (tmp_path / "phrase").write_text("  from the file\n")
    assert passphrase_from(env, tmp_path) == expected


def test_without_a_passphrase_the_variables_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of the process, not of the command")
    with pytest.raises(PassphraseError) as caught:
        passphrase_from({}, tmp_path)
    assert str(caught.value) == (
        "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables"
    )


def test_a_passphrase_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(PassphraseError, match="PULUMI_CONFIG_PASSPHRASE_FILE 'nowhere'"):
        passphrase_from({"PULUMI_CONFIG_PASSPHRASE_FILE": "nowhere"}, tmp_path)


@pytest.mark.parametrize("name", ["awskms://key", "hashivault://x", "service"])
def test_providers_that_keep_keys_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(StateError, match="official CLI"):
        require_passphrase_provider(name)
