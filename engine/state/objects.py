"""State files in an object store: S3, Google Cloud Storage or Azure Blob Storage, through fsspec's drivers."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from engine.state.errors import StateError

Options = dict[str, Any]


@dataclass(frozen=True)
class Driver:
    """How one kind of store is reached. `options(query, env)` are the keyword arguments of the file system."""

    module: str
    type: str
    extra: str
    options: Callable[[Mapping[str, str], Mapping[str, str]], Options]
    failures: tuple[str, ...]
    """Error types of the driver's own client library, as `module:name`."""


def _s3(query: Mapping[str, str], env: Mapping[str, str]) -> Options:
    endpoint = query.get("endpoint") or env.get("AWS_ENDPOINT_URL_S3") or env.get("AWS_ENDPOINT_URL")
    plain = _true(query, "disableSSL") or _true(query, "disable_https")
    if endpoint and "://" not in endpoint:
        endpoint = f"{'http' if plain else 'https'}://{endpoint}"
    path_style = _true(query, "s3ForcePathStyle") or _true(query, "use_path_style")
    region = query.get("region") or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION")
    credentials = {
        "key": env.get("AWS_ACCESS_KEY_ID"),
        "secret": env.get("AWS_SECRET_ACCESS_KEY"),
        "token": env.get("AWS_SESSION_TOKEN"),
    }
    profile = query.get("profile") or (None if credentials["key"] else env.get("AWS_PROFILE"))
    return _given(
        **({} if query.get("profile") else credentials),
        profile=profile,
        anon=_true(query, "anonymous") or None,
        endpoint_url=endpoint,
        use_ssl=False if plain else None,
        client_kwargs=_given(region_name=region),
        config_kwargs={"s3": {"addressing_style": "path"}} if path_style else None,
    )


def _gcs(query: Mapping[str, str], env: Mapping[str, str]) -> Options:
    inline = env.get("GOOGLE_CREDENTIALS")
    emulator = env.get("STORAGE_EMULATOR_HOST")
    if emulator and "://" not in emulator:
        emulator = f"http://{emulator}"
    token = json.loads(inline) if inline else env.get("GOOGLE_APPLICATION_CREDENTIALS")
    return _given(token="anon" if emulator else token, endpoint_url=emulator)


def _azure(query: Mapping[str, str], env: Mapping[str, str]) -> Options:
    return _given(
        account_name=query.get("storage_account") or env.get("AZURE_STORAGE_ACCOUNT"),
        account_key=env.get("AZURE_STORAGE_KEY"),
        sas_token=env.get("AZURE_STORAGE_SAS_TOKEN"),
        connection_string=env.get("AZURE_STORAGE_CONNECTION_STRING"),
        anon=False,
    )


DRIVERS = {
    "s3": Driver("s3fs", "S3FileSystem", "s3", _s3, ("botocore.exceptions:BotoCoreError",)),
    "gs": Driver("gcsfs", "GCSFileSystem", "gcs", _gcs, ("google.auth.exceptions:GoogleAuthError",)),
    "azblob": Driver("adlfs", "AzureBlobFileSystem", "azure", _azure, ("azure.core.exceptions:AzureError",)),
}


def open_objects(url: str, env: Mapping[str, str]) -> Objects:
    """The store behind `s3://bucket/below?region=…`, `gs://bucket` or `azblob://container`."""
    parts = urlsplit(url)
    driver = DRIVERS[parts.scheme]
    try:
        module = importlib.import_module(driver.module)
    except ImportError as error:
        raise StateError(
            f"state on {parts.scheme}:// needs the Python package '{driver.module}', which is not installed; "
            f"run `pip install 'sluice[{driver.extra}]'`"
        ) from error
    options = driver.options(dict(parse_qsl(parts.query)), env)
    files = getattr(module, driver.type)(use_listings_cache=False, **options)
    root = f"{parts.netloc}/{parts.path.strip('/')}".rstrip("/")
    return Objects(files, root, url, _failures(driver))


class Objects:
    """Files under a bucket or a prefix in it. The store makes each write atomic."""

    local = False

    def __init__(self, files: Any, root: str, url: str, failures: tuple[type[Exception], ...]):
        self._files, self._root, self.url, self._failures = files, root, url, failures

    def locate(self, key: str) -> str:
        return f"{urlsplit(self.url).scheme}://{self._root}/{key}"

    def read(self, key: str) -> bytes:
        with self._explained(key, "read"):
            data: bytes = self._files.cat_file(self._path(key))
            return data

    def write(self, key: str, data: bytes) -> None:
        with self._explained(key, "write"), self._bucket_wanted():
            self._files.pipe_file(self._path(key), data)

    def copy(self, source: str, target: str) -> None:
        with self._explained(target, "write"):
            self._files.cp_file(self._path(source), self._path(target))

    def delete(self, key: str) -> None:
        with self._explained(key, "delete"):
            if self._files.exists(self._path(key)):
                self._files.rm_file(self._path(key))

    def exists(self, key: str) -> bool:
        with self._explained(key, "read"):
            return bool(self._files.exists(self._path(key)))

    def files(self, folder: str) -> list[str]:
        names = (_name(item) for item in self._children(folder) if item["type"] == "file")
        return sorted(f"{folder}/{name}" for name in names if name)

    def modified(self, key: str) -> float:
        with self._explained(key, "read"):
            return _modified(self._files.info(self._path(key)))

    def folders(self, folder: str) -> list[str]:
        return sorted(_name(item) for item in self._children(folder) if item["type"] == "directory")

    def _children(self, folder: str) -> list[dict[str, Any]]:
        with self._explained(folder, "list"):
            try:
                items: list[dict[str, Any]] = self._files.ls(self._path(folder), detail=True)
            except FileNotFoundError:
                return []
        own = self._path(folder)
        return [item for item in items if item["name"].rstrip("/") != own]

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}"

    @contextmanager
    def _bucket_wanted(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise StateError(
                f"there is no bucket for '{self.url}'; create '{self._root.split('/')[0]}' or choose another backend"
            ) from error

    @contextmanager
    def _explained(self, key: str, verb: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, StateError):
            raise
        except self._failures as error:
            raise StateError(
                f"could not {verb} '{key}' on '{self.url}': {error}; check the credentials, the region and the endpoint"
            ) from error


def _failures(driver: Driver) -> tuple[type[Exception], ...]:
    pairs = (name.split(":") for name in driver.failures)
    return (OSError, ValueError, *(getattr(importlib.import_module(module), name) for module, name in pairs))


def _name(item: Mapping[str, Any]) -> str:
    return str(item["name"]).rstrip("/").rsplit("/", 1)[-1]


def _modified(item: Mapping[str, Any]) -> float:
    moment = item.get("LastModified") or item.get("last_modified") or item.get("mtime") or item.get("updated")
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.timestamp() if isinstance(moment, datetime) else 0.0


def _true(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "").lower() in ("true", "1")


def _given(**options: Any) -> Options:
    return {name: value for name, value in options.items() if value is not None}
