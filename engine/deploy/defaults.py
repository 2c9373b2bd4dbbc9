"""Default providers: what resources get that name none."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future

from engine.deploy.goal import Goal, PackageKey
from engine.deploy.providers import INTERNAL
from engine.errors import EngineError
from engine.urn import PROVIDER_PREFIX
from engine.values import PropertyMap, Secret

_DISABLED = "pulumi:disable-default-providers"


class Defaults:
    """Registers the default provider of a package when it is first needed. May be used from any thread.

    `register` registers a goal and returns the provider's reference.
    """

    def __init__(
        self, config: Mapping[str, str], secret_keys: tuple[str, ...], register: Callable[[Goal], str]
    ):
        self._config, self._secret_keys, self._register = config, frozenset(secret_keys), register
        self._known: dict[PackageKey, Future[str]] = {}
        self._lock = threading.Lock()

    def reference(self, key: PackageKey, wanted_by: str) -> str:
        """The reference of a default provider. Raises `EngineError` where it is disabled and names `wanted_by`."""
        if _is_disabled(self._config.get(_DISABLED, ""), key.package):
            raise EngineError(
                f"Default provider for '{key.package}' disabled. '{wanted_by}' must use an explicit provider."
            )
        with self._lock:
            future = self._known.get(key)
            first = future is None
            if future is None:
                future = self._known[key] = Future()
        if first:
            try:
                future.set_result(self._register(self._goal(key)))
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result()

    def _goal(self, key: PackageKey) -> Goal:
        prefix = f"{key.package}:"
        inputs: PropertyMap = {
            name.removeprefix(prefix): Secret(value) if name in self._secret_keys else value
            for name, value in self._config.items()
            if name.startswith(prefix)
        }
        if key.version:
            inputs["version"] = key.version
        if key.download_url:
            inputs[INTERNAL] = {"pluginDownloadURL": key.download_url}
        return Goal(PROVIDER_PREFIX + key.package, name(key), custom=True, inputs=inputs, package=key)


def name(key: PackageKey) -> str:
    """`default`, with the version and the download URL if there are any: `default_4_34_2`."""
    parts = ["default", *re.split(r"[.+-]", key.version)] if key.version else ["default"]
    if key.download_url:
        parts.append(re.sub(r"^\w+://", "", key.download_url))
    return "_".join(parts)


def is_default(urn: str) -> bool:
    """Whether a provider's URN is that of a default provider."""
    _, _, name = urn.rpartition("::")
    return f"::{PROVIDER_PREFIX}" in urn and (name == "default" or name.startswith("default_"))


def _is_disabled(setting: str, package: str) -> bool:
    if not setting:
        return False
    try:
        names = json.loads(setting)
    except ValueError as error:
        raise EngineError(
            f"the configuration value {_DISABLED} must be a JSON list of packages: {error}"
        ) from error
    return "*" in names or package in names
