"""Secrets under a passphrase: AES-256-GCM, with a key derived from the passphrase and a salt.

A cipher text is `v1:<nonce>:<text and tag>`. The salt is stored as `v1:<salt>:<a cipher text of "pulumi">`,
so that a wrong passphrase is noticed before anything is read or written.
"""

from __future__ import annotations

import base64
import hashlib
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.state.errors import PassphraseError, StateError

ITERATIONS = 1_000_000
CHECK = "pulumi"
PROVIDERS = ("", "default", "passphrase")


class Decrypter(Protocol):
    """Turns cipher texts into plain texts."""

    def decrypt(self, ciphertext: str) -> str: ...


class Blind:
    """A decrypter for displays that mask secrets anyway; it needs no passphrase.

    What it returns is a JSON text, as every encrypted property of a checkpoint is.
    """

    def decrypt(self, ciphertext: str) -> str:
        return '"[secret]"'


class SecretsManager:
    """Encrypts and decrypts for one stack."""

    def __init__(self, salt: str, key: bytes, passphrase: str):
        self.salt, self._passphrase = salt, passphrase
        self._cipher = AESGCM(key)

    @classmethod
    def create(cls, passphrase: str) -> SecretsManager:
        """With a new random salt."""
        raw = os.urandom(8)
        manager = cls("", _derive(passphrase, raw), passphrase)
        manager.salt = f"v1:{_encode(raw)}:{manager.encrypt(CHECK)}"
        return manager

    @classmethod
    def open(cls, salt: str, passphrase: str) -> SecretsManager:
        """For a salt that is stored in `Pulumi.<stack>.yaml` or in a checkpoint. Raises `PassphraseError`."""
        parts = salt.split(":", 2)
        if len(parts) != 3 or parts[0] != "v1":
            raise StateError(
                "the encryption salt is malformed; restore 'encryptionsalt' from version control or a backup"
            )
        manager = cls(salt, _derive(passphrase, _decode(parts[1])), passphrase)
        try:
            matches = manager._open(parts[2]) == CHECK
        except InvalidTag:
            matches = False
        if not matches:
            raise PassphraseError("incorrect passphrase")
        return manager

    def for_salt(self, salt: str) -> SecretsManager:
        """The manager of the same passphrase for another salt, such as that of an imported state."""
        return self if salt == self.salt else SecretsManager.open(salt, self._passphrase)

    @property
    def provider(self) -> dict[str, Any]:
        """The `secrets_providers` entry of a deployment."""
        return {"type": "passphrase", "state": {"salt": self.salt}}

    def encrypt(self, plaintext: str) -> str:
        nonce = os.urandom(12)
        return f"v1:{_encode(nonce)}:{_encode(self._cipher.encrypt(nonce, plaintext.encode(), None))}"

    def decrypt(self, ciphertext: str) -> str:
        """Raises `StateError` for a text that another key, or nobody, has encrypted."""
        try:
            return self._open(ciphertext)
        except InvalidTag as error:
            raise StateError(
                "a secret could not be decrypted: it was encrypted for another stack or has been damaged; "
                "set it again with `pulumi config set --secret`"
            ) from error

    def _open(self, ciphertext: str) -> str:
        parts = ciphertext.split(":")
        if len(parts) != 3 or parts[0] != "v1":
            raise StateError(
                "a secret is not in the form v1:<nonce>:<text> of the passphrase provider; set it again"
            )
        return self._cipher.decrypt(_decode(parts[1]), _decode(parts[2]), None).decode()


def passphrase_from(env: Mapping[str, str], cwd: Path) -> str:
    """The passphrase that the environment gives; an empty one is valid. Raises `PassphraseError`."""
    if "PULUMI_CONFIG_PASSPHRASE" in env:
        return env["PULUMI_CONFIG_PASSPHRASE"]
    file = env.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if not file:
        raise PassphraseError(
            "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE "
            "environment variables"
        )
    try:
        return (cwd / file).read_text().strip()
    except OSError as error:
        raise PassphraseError(
            f"unable to read PULUMI_CONFIG_PASSPHRASE_FILE '{file}': {error.strerror}; correct the path"
        ) from error


def require_passphrase_provider(name: str) -> None:
    """Refuses the providers that keep their key in a cloud. `name` is `secretsprovider`, possibly empty."""
    if name not in PROVIDERS:
        raise StateError(
            f"the embedded engine encrypts with a passphrase and cannot use the secrets provider '{name}'; "
            "move the stack with `pulumi stack change-secrets-provider passphrase` of the official CLI"
        )


_keys: dict[tuple[bytes, str], bytes] = {}
_deriving = threading.Lock()


def _derive(passphrase: str, salt: bytes) -> bytes:
    """The key; remembered for the life of the process, because deriving it takes most of a second."""
    with _deriving:
        known = _keys.get((salt, passphrase))
        if known is None:
            known = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, ITERATIONS, 32)
            _keys[salt, passphrase] = known
        return known


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise StateError(
            "an encrypted text is not valid base64; restore it from version control or a backup"
        ) from error
