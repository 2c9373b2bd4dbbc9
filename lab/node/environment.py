"""A container's environment, command and arguments as its spec says them. Values in, values out.

What a variable refers to is looked up in `Sources`; a reference that can't be resolved raises `Unresolved`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.node.quantity import divided, parse

Spec = Mapping[str, Any]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_REFERENCE = re.compile(r"\$(?:\$|\(([^()]+)\))")


class Unresolved(Exception):
    """Something that a container refers to is not there; the text is what its status shows."""


@dataclass(frozen=True)
class Sources:
    """What values may come from: the pod with its address, and the ConfigMaps and Secrets it names."""

    pod: Spec
    capacity: Mapping[str, str]  # the node's, for limits that a container does not set
    configmaps: Mapping[str, Mapping[str, str] | None] = field(default_factory=dict)  # None: there is none
    secrets: Mapping[str, Mapping[str, str] | None] = field(default_factory=dict)


def variables(container: Spec, base: Mapping[str, str], sources: Sources) -> dict[str, str]:
    """The environment: `base`, then envFrom, then env, later ones winning and seeing earlier ones."""
    found = dict(base)
    for source in container.get("envFrom", ()):
        found.update(_from_whole(source, sources))
    for entry in container.get("env", ()):
        value = _value(entry, container, found, sources)
        if value is not None:
            found[entry["name"]] = value
    return found


def command_line(
    container: Spec, entrypoint: tuple[str, ...], arguments: tuple[str, ...], environment: Mapping[str, str]
) -> tuple[str, ...]:
    """What is run: `command` replaces the image's entrypoint and its arguments, `args` only the arguments."""
    command, args = container.get("command"), container.get("args")
    if command:
        entrypoint, arguments = tuple(command), ()
    if args:
        arguments = tuple(args)
    return tuple(expand(part, environment) for part in (*entrypoint, *arguments))


def expand(text: str, values: Mapping[str, str]) -> str:
    """`$(NAME)` becomes the value of NAME if it has one and stays otherwise; `$$` becomes `$`."""

    def replaced(match: re.Match[str]) -> str:
        name = match.group(1)
        return "$" if name is None else values.get(name, match.group(0))

    return _REFERENCE.sub(replaced, text)


def field_value(pod: Spec, path: str) -> str:
    """The pod's field at `path`, as the downward API says it: several labels are one `key="value"` a line."""
    keyed = re.fullmatch(r"metadata\.(labels|annotations)\['([^']+)'\]", path)
    if keyed:
        return str(pod["metadata"].get(keyed.group(1), {}).get(keyed.group(2), ""))
    value: Any = pod
    for part in path.split("."):
        value = value.get(part, "") if isinstance(value, Mapping) else ""
    if isinstance(value, Mapping):
        return "\n".join(f'{key}="{_escaped(str(value[key]))}"' for key in sorted(value))
    if path == "status.podIPs":
        return ",".join(entry["ip"] for entry in value)
    return str(value)


def resource_value(container: Spec, reference: Spec, capacity: Mapping[str, str]) -> str:
    """A container's request or limit in units of the divisor, rounded up; the node's capacity where it has no limit."""
    kind, _, resource = reference["resource"].partition(".")
    resources = container.get("resources", {})
    quantity = resources.get(kind, {}).get(resource)
    if quantity is None and kind == "limits":
        quantity = capacity.get(resource)
    divisor = reference.get("divisor") or "1"
    return str(divided(quantity or "0", "1" if parse(divisor) == 0 else divisor))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _from_whole(source: Spec, sources: Sources) -> dict[str, str]:
    kind, reference = (
        ("configMap", source["configMapRef"]) if "configMapRef" in source else ("secret", source["secretRef"])
    )
    data = (sources.configmaps if kind == "configMap" else sources.secrets).get(reference["name"])
    if data is None:
        if reference.get("optional"):
            return {}
        raise Unresolved(f'{kind.lower()} "{reference["name"]}" not found')
    return {source.get("prefix", "") + key: value for key, value in data.items()}


def _value(entry: Spec, container: Spec, found: Mapping[str, str], sources: Sources) -> str | None:
    if "valueFrom" not in entry:
        return expand(entry.get("value", ""), found)
    origin = entry["valueFrom"]
    if "fieldRef" in origin:
        return field_value(sources.pod, origin["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in origin:
        return resource_value(container, origin["resourceFieldRef"], sources.capacity)
    if "configMapKeyRef" in origin:
        return _key("configmap", origin["configMapKeyRef"], sources.configmaps.get, sources)
    return _key("secret", origin["secretKeyRef"], sources.secrets.get, sources)


def _key(
    kind: str, reference: Spec, look_up: Callable[[str], Mapping[str, str] | None], sources: Sources
) -> str | None:
    name, key = reference["name"], reference["key"]
    data = look_up(name)
    if data is not None and key in data:
        return data[key]
    if reference.get("optional"):
        return None
    if data is None:
        raise Unresolved(f'{kind} "{name}" not found')
    where = "ConfigMap" if kind == "configmap" else "Secret"
    raise Unresolved(f"couldn't find key {key} in {where} {sources.pod['metadata']['namespace']}/{name}")
