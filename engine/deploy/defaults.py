"""Default providers: what resources get that name none."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace

from semver import VersionInfo

from engine.deploy.goal import Goal, PackageKey
from engine.deploy.providers import plugin_inputs
from engine.errors import EngineError
from engine.resource import Resource
from engine.urn import PROVIDER_PREFIX, is_provider, package_of
from engine.values import PropertyMap, Secret

_DISABLED = "pulumi:disable-default-providers"


class Defaults:
    """Registers the default provider of a package when it is first needed. May be used from any thread.

    `versions` are those that packages have where a request names none. `register` registers a goal and returns the
    provider's reference.
    """

    def __init__(
        self,
        config: Mapping[str, str],
        secret_keys: tuple[str, ...],
        versions: Mapping[str, str],
        register: Callable[[Goal], str],
    ):
        self._config, self._secret_keys, self._register = config, frozenset(secret_keys), register
        self._versions = versions
        self._known: dict[PackageKey, Future[str]] = {}
        self._lock = threading.Lock()

    def reference(self, key: PackageKey, wanted_by: str) -> str:
        """The reference of a default provider. Raises `EngineError` where it is disabled and names `wanted_by`."""
        if _is_disabled(self._config.get(_DISABLED, ""), key.package):
            raise EngineError(
                f"Default provider for '{key.package}' disabled. '{wanted_by}' must use an explicit provider."
            )
        key = replace(key, version=key.version or self._versions.get(key.package, ""))
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
        inputs |= plugin_inputs(key.version, key.download_url)
        return Goal(PROVIDER_PREFIX + key.package, name(key), custom=True, inputs=inputs, package=key)


def newest_versions(resources: Iterable[Resource]) -> dict[str, str]:
    """The newest version of each package that the state has a provider of."""
    found: dict[str, VersionInfo] = {}
    for item in resources:
        version = str(item.inputs.get("version") or "")
        if is_provider(item.type) and VersionInfo.is_valid(version):
            package, parsed = package_of(item.type), VersionInfo.parse(version)
            found[package] = max(found.get(package, parsed), parsed)
    return {package: str(version) for package, version in found.items()}


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
