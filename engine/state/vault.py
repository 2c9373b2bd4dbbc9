"""Secrets of one deployment. A secret that has not changed keeps its cipher text, so that the state does not churn."""

from __future__ import annotations

import json

from engine.state.errors import StateError
from engine.state.properties import Seal, Unseal, compact
from engine.state.secrets import Decrypter, SecretsManager


class Vault:
    """Seals and unseals for resources by URN; equal secrets of different resources don't share a cipher text."""

    def __init__(self, crypter: Decrypter):
        self._crypter = crypter
        self._known: dict[tuple[str, str], str] = {}

    def seal_for(self, urn: str) -> Seal:
        def seal(plaintext: str) -> str:
            known = self._known.get((urn, plaintext))
            if known is None:
                known = self._known[urn, plaintext] = self._encrypt(plaintext)
            return known

        return seal

    def unseal_for(self, urn: str) -> Unseal:
        def unseal(ciphertext: str) -> str:
            plaintext = self._crypter.decrypt(ciphertext)
            # Others may space and escape their JSON differently.
            self._known[urn, compact(json.loads(plaintext))] = ciphertext
            return plaintext

        return unseal

    def _encrypt(self, plaintext: str) -> str:
        if not isinstance(self._crypter, SecretsManager):
            raise StateError(
                "secrets cannot be written without the passphrase of the stack; set PULUMI_CONFIG_PASSPHRASE"
            )
        return self._crypter.encrypt(plaintext)
