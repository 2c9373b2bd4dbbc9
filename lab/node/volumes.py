"""Volumes: folders on the machine that are filled as a pod's spec says and bound into its containers.

ConfigMaps, Secrets, projected sources and the downward API are written as the kubelet writes them: a folder of the
content's time, a link `..data` to it that is swapped in one step, and a link for each file.
"""

import base64
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.node.environment import Spec, Unresolved, field_value, resource_value
from lab.node.kubernetes import Api, Document, Refused

TOKEN_RENEWED_AT = 0.8  # of a token's life


@dataclass(frozen=True)
class File:
    """One file of a volume."""

    content: bytes
    mode: int = 0o644


@dataclass
class _Token:
    text: str
    renew_at: float


@dataclass
class Volumes:
    """The volumes of one pod, below `folder`. `capacity` is the node's, for the downward API."""

    api: Api
    pod: Document
    folder: Path
    capacity: Mapping[str, str]
    _tokens: dict[str, _Token] = field(default_factory=dict)

    async def fill(self) -> None:
        """Makes every volume, or brings it up to date. Raises `Unresolved` for what is missing."""
        for volume in self.pod["spec"].get("volumes", ()):
            if "hostPath" in volume:
                _host_path(volume["hostPath"])
                continue
            folder = self.folder / volume["name"]
            folder.mkdir(parents=True, exist_ok=True)
            if "emptyDir" in volume:
                folder.chmod(0o777)
                continue
            write(folder, await self._files(volume))

    def source(self, name: str) -> Path:
        """The folder (or, with hostPath, the file) behind the volume `name`."""
        volume = next(v for v in self.pod["spec"].get("volumes", ()) if v["name"] == name)
        return Path(volume["hostPath"]["path"]) if "hostPath" in volume else self.folder / name

    async def _files(self, volume: Spec) -> dict[str, File]:
        for kind in ("configMap", "secret", "downwardAPI"):
            if kind in volume:
                source = volume[kind]
                renamed = {**source, "name": source.get("secretName", source.get("name", ""))}
                return await self._part(kind, renamed, source.get("defaultMode", 0o644))
        if "projected" not in volume:
            kind = next((key for key in volume if key != "name"), "nothing")
            raise Unresolved(f'volume "{volume["name"]}": the lab has no volumes of kind {kind}')
        files: dict[str, File] = {}
        for part in volume["projected"].get("sources", ()):
            for kind, source in part.items():
                files |= await self._part(kind, source, volume["projected"].get("defaultMode", 0o644))
        return files

    async def _part(self, kind: str, source: Spec, mode: int) -> dict[str, File]:
        match kind:
            case "configMap":
                return _selected(
                    source, await self.configmap(source["name"]), mode, f'configmap "{source["name"]}"'
                )
            case "secret":
                return _selected(
                    source, await self.secret(source["name"]), mode, f'secret "{source["name"]}"'
                )
            case "serviceAccountToken":
                return {source["path"]: File((await self._token(source)).encode(), mode)}
            case "downwardAPI":
                return {item["path"]: self._item(item, mode) for item in source.get("items", ())}
        raise Unresolved(f"the lab has no projected source of kind {kind}")

    async def configmap(self, name: str) -> dict[str, bytes] | None:
        """The data of a ConfigMap in the pod's namespace; None if there is none."""
        document = await self._get("configmaps", name)
        if document is None:
            return None
        binary = {key: base64.b64decode(value) for key, value in document.get("binaryData", {}).items()}
        return {key: value.encode() for key, value in document.get("data", {}).items()} | binary

    async def secret(self, name: str) -> dict[str, bytes] | None:
        """The data of a Secret in the pod's namespace; None if there is none."""
        document = await self._get("secrets", name)
        if document is None:
            return None
        return {key: base64.b64decode(value) for key, value in document.get("data", {}).items()}

    async def _get(self, plural: str, name: str) -> Document | None:
        try:
            return await self.api.get(
                f"/api/v1/namespaces/{self.pod['metadata']['namespace']}/{plural}/{name}"
            )
        except Refused as refusal:
            if refusal.code == 404:
                return None
            raise

    async def _token(self, source: Spec) -> str:
        audience = source.get("audience", "")
        held = self._tokens.get(audience)
        if held is None or held.renew_at < time.time():
            held = self._tokens[audience] = await self._request_token(
                audience, source.get("expirationSeconds", 3600)
            )
        return held.text

    async def _request_token(self, audience: str, seconds: int) -> _Token:
        metadata = self.pod["metadata"]
        account = self.pod["spec"].get("serviceAccountName", "default")
        bound = {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]}
        spec: dict[str, Any] = {"expirationSeconds": seconds, "boundObjectRef": bound}
        if audience:
            spec["audiences"] = [audience]
        path = f"/api/v1/namespaces/{metadata['namespace']}/serviceaccounts/{account}/token"
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        answer = await self.api.create(path, request)
        return _Token(answer["status"]["token"], time.time() + TOKEN_RENEWED_AT * seconds)

    def _item(self, item: Spec, mode: int) -> File:
        if "fieldRef" in item:
            text = field_value(self.pod, item["fieldRef"]["fieldPath"])
        else:
            reference = item["resourceFieldRef"]
            named = reference.get("containerName", "")
            container = next(c for c in self.pod["spec"]["containers"] if c["name"] == named)
            text = resource_value(container, reference, self.capacity)
        return File(text.encode(), item.get("mode", mode))


def _selected(source: Spec, data: Mapping[str, bytes] | None, mode: int, what: str) -> dict[str, File]:
    """The files that a ConfigMap or Secret source asks for: all keys, or its items under their paths."""
    optional = source.get("optional", False)
    if data is None and not optional:
        raise Unresolved(f"{what} not found")
    data = data or {}
    if "items" not in source:
        return {key: File(value, mode) for key, value in data.items()}
    missing = [item["key"] for item in source["items"] if item["key"] not in data]
    if missing and not optional:
        raise Unresolved(f"{what} references non-existent config key: {missing[0]}")
    return {
        item["path"]: File(data[item["key"]], item.get("mode", mode))
        for item in source["items"]
        if item["key"] in data
    }


def write(folder: Path, files: Mapping[str, File]) -> None:
    """Makes `folder` hold exactly `files`, all at once for a reader that goes through `..data`."""
    current = folder / "..data"
    if current.exists() and _content(current) == {path: file.content for path, file in files.items()}:
        return
    previous = os.readlink(current) if current.is_symlink() else None
    fresh = folder / time.strftime(f"..%Y_%m_%d_%H_%M_%S.{time.time_ns() % 10**9:09d}", time.gmtime())
    for path, file in files.items():
        target = fresh / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
        target.chmod(file.mode)
    fresh.mkdir(exist_ok=True)
    swapped = folder / "..data_tmp"
    swapped.symlink_to(fresh.name)
    swapped.replace(current)
    _link(folder, {path.partition("/")[0] for path in files})
    if previous:
        shutil.rmtree(folder / previous)


def _link(folder: Path, names: set[str]) -> None:
    for entry in folder.iterdir():
        if not entry.name.startswith("..") and entry.name not in names:
            entry.unlink()
    for name in names:
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(Path("..data") / name)


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _host_path(source: Spec) -> None:
    path = Path(source["path"])
    match source.get("type", ""):
        case "DirectoryOrCreate":
            path.mkdir(parents=True, exist_ok=True)
        case "FileOrCreate":
            path.touch()
    if not path.exists():
        raise Unresolved(f"hostPath {path} does not exist on the machine")
