"""The functions of the package that a program may call: texts turned into objects."""

from __future__ import annotations

from engine.kubernetes import helm
from engine.kubernetes.call import Call
from engine.kubernetes.documents import decode
from engine.kubernetes.kinds import Kinds
from engine.kubernetes.programs import run
from engine.provider import ProviderError
from engine.values import PropertyMap, reveal


def invoke(call: Call, token: str, args: PropertyMap) -> PropertyMap:
    """`{"result": [objects]}`. Raises `ProviderError` for functions that are unknown or need a missing program."""
    values = reveal(args)
    if token == "kubernetes:yaml:decode":
        objects = decode(values.get("text") or "")
        return {
            "result": [
                _placed(item, values.get("defaultNamespace") or "", call.cluster.kinds) for item in objects
            ]
        }
    if token == "kubernetes:helm:template":
        return {"result": decode(helm.template(values.get("jsonOpts") or "{}"))}
    if token == "kubernetes:kustomize:directory":
        return {"result": decode(kustomize(str(values.get("directory") or "")))}
    known = "kubernetes:yaml:decode, kubernetes:helm:template and kubernetes:kustomize:directory"
    raise ProviderError(f"the embedded engine has no function {token}; it has {known}")


def kustomize(directory: str) -> str:
    """The YAML that a kustomization builds, made by `kustomize` or by the one inside `kubectl`."""
    commands = {"kustomize": ["build", directory], "kubectl": ["kustomize", directory]}
    return run(commands, "build a kustomization")


def _placed(item: PropertyMap, namespace: str, kinds: Kinds) -> PropertyMap:
    """The object in the default namespace, if it names none and its kind is not known to need none."""
    metadata = item.get("metadata") or {}
    known = kinds.known(item["apiVersion"], item["kind"])
    if not namespace or metadata.get("namespace") or (known and not known.namespaced):
        return item
    return {**item, "metadata": {**metadata, "namespace": namespace}}
