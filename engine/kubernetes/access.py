"""The address of an API server and the credentials for it, made by the rules of the `kubernetes` package."""

from __future__ import annotations

import threading
from types import SimpleNamespace

from kubernetes.config import ConfigException
from kubernetes.config.incluster_config import (
    SERVICE_CERT_FILENAME,
    SERVICE_TOKEN_FILENAME,
    InClusterConfigLoader,
)
from kubernetes.config.kube_config import KubeConfigLoader

from engine.kubernetes import impersonation
from engine.kubernetes.kubeconfig import Source, choose
from engine.provider import ProviderError

# What the loaders set on the configuration object that they are handed.
_FIELDS = ("host", "ssl_ca_cert", "cert_file", "key_file", "tls_server_name", "proxy", "refresh_api_key_hook")


class Access:
    """One way into one cluster. Tokens and client certificates are obtained when it is made.

    Raises `ProviderError` when the source leads nowhere or its credential plugin fails.
    """

    def __init__(self, source: Source):
        self._lock = threading.Lock()
        self._settings = SimpleNamespace(verify_ssl=True, api_key={}, **dict.fromkeys(_FIELDS))
        self.impersonation: tuple[tuple[str, str], ...] = ()
        try:
            self._load(source)
        except (ConfigException, OSError, ValueError) as error:
            raise ProviderError(f"the kubeconfig can't be used: {error}") from error
        self.server: str = self._settings.host or ""
        if not self.server:
            raise ProviderError("the kubeconfig can't be used: its cluster has no `server`")

    @property
    def verify(self) -> bool:
        """Whether the server's certificate is checked."""
        return bool(self._settings.verify_ssl)

    @property
    def ca_file(self) -> str | None:
        path: str | None = self._settings.ssl_ca_cert
        return path

    @property
    def client_certificate(self) -> tuple[str, str | None] | None:
        """(certificate file, key file), None where no certificate is used."""
        files = self._settings
        return (files.cert_file, files.key_file) if files.cert_file else None

    @property
    def server_name(self) -> str | None:
        """The name in the server's certificate where it differs from the address."""
        name: str | None = self._settings.tls_server_name
        return name

    @property
    def proxy(self) -> str | None:
        url: str | None = self._settings.proxy
        return url

    def authorization(self) -> str | None:
        """The Authorization header of the next request; a token that has expired is renewed first."""
        with self._lock:
            if self._settings.refresh_api_key_hook:
                try:
                    self._settings.refresh_api_key_hook(self._settings)
                except (ConfigException, OSError) as error:
                    raise ProviderError(f"the token can't be renewed: {error}") from error
            header: str | None = self._settings.api_key.get("BearerToken")
            return header

    def _load(self, source: Source) -> None:
        if source.is_pod:
            InClusterConfigLoader(SERVICE_TOKEN_FILENAME, SERVICE_CERT_FILENAME).load_and_set(self._settings)
            return
        choice = choose(source)
        self.impersonation = impersonation.headers(choice.user)
        KubeConfigLoader(choice.document(), config_base_path="").load_and_set(self._settings)
        if "exec" in choice.user and not self._settings.api_key and not self.client_certificate:
            command = choice.user["exec"].get("command")
            raise ConfigException(f"the credential plugin `{command}` gave no credentials; run it to see why")
