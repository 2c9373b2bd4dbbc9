"""Keys that are listed twice in a pod template.

kubectl's plain apply takes them, and the API server lets some of them be; server-side apply, by which a primary is
written, takes none."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from automation.core.kinds import Manifest
from automation.core.refusal import Problem

Key = tuple[Any, ...]
_MENTION = re.compile(r"\$\$|\$\((?P<name>[^()]*)\)")


def duplicates(template: Manifest) -> Iterator[Problem]:
    """Each variable, port, pull secret and host alias that is there twice."""
    for path, kind, items in _lists(template):
        keys = [_key(kind, item) for item in items]
        for key in dict.fromkeys(key for key in keys if keys.count(key) > 1):
            named = "/".join(map(str, key))
            yield Problem(
                f"spec.template.spec.{path}",
                f"{named} is listed {keys.count(key)} times, which server-side apply does not take",
                "list it once",
            )


def without_duplicates(template: Manifest, service_port: int | str) -> Manifest:
    """The template as its pods understand it, each key once.

    Of variables the last one counts. Of ports with one number the one that the Service names is kept, or else the
    first; probes that name another one get the number.
    """
    changed = copy.deepcopy(template)
    for container in _containers(changed):
        if env := container.get("env"):
            container["env"] = _variables(env)
        if ports := container.get("ports"):
            container["ports"] = _ports(ports, service_port)
            kept = {port.get("name") for port in container["ports"]}
            _number(container, {p["name"]: p["containerPort"] for p in ports if p.get("name") not in kept})
    if secrets := changed["spec"].get("imagePullSecrets"):
        changed["spec"]["imagePullSecrets"] = _last(secrets)
    if aliases := changed["spec"].get("hostAliases"):
        changed["spec"]["hostAliases"] = _aliases(aliases)
    return changed


def _lists(template: Manifest) -> Iterator[tuple[str, str, Sequence[Manifest]]]:
    spec = template.get("spec") or {}
    for field in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(field) or ()):
            for kind in ("env", "ports"):
                yield f"{field}[{index}].{kind}", kind, container.get(kind) or ()
    for kind in ("imagePullSecrets", "hostAliases"):
        yield kind, kind, spec.get(kind) or ()


def _containers(template: Manifest) -> list[Manifest]:
    return [*(template["spec"].get("initContainers") or ()), *(template["spec"].get("containers") or ())]


def _key(kind: str, item: Manifest) -> Key:
    if kind == "ports":
        return (item.get("containerPort"), item.get("protocol") or "TCP")
    return (item.get("ip" if kind == "hostAliases" else "name"),)


def _variables(env: Sequence[Manifest]) -> list[Manifest]:
    """The last one of each name. What stands in between and mentions an earlier one gets what that said."""
    last = {item.get("name"): index for index, item in enumerate(env)}
    said: dict[str, str] = {}
    kept = []
    for index, item in enumerate(env):
        variable = {**item, "value": _expanded(item["value"], said)} if item.get("value") else item
        if last[item.get("name")] == index:
            said.pop(str(item.get("name")), None)
            kept.append(variable)
        elif "value" in variable:
            said[str(item.get("name"))] = str(variable["value"])
    return kept


def _expanded(value: str, said: Mapping[str, str]) -> str:
    """As the kubelet expands $(NAME), of which $$(NAME) is none."""
    return _MENTION.sub(lambda mention: said.get(mention["name"] or "", mention[0]), str(value))


def _aliases(aliases: Sequence[Manifest]) -> list[Manifest]:
    """Each address once, with all of its names."""
    names: dict[Any, list[str]] = {}
    for alias in aliases:
        names.setdefault(alias.get("ip"), []).extend(alias.get("hostnames") or ())
    return [{"ip": ip, "hostnames": list(dict.fromkeys(hosts))} for ip, hosts in names.items()]


def _last(items: Sequence[Manifest]) -> list[Manifest]:
    """The last one of each name, in the order in which they stand."""
    last = {item.get("name"): index for index, item in enumerate(items)}
    return [item for index, item in enumerate(items) if last[item.get("name")] == index]


def _ports(ports: Sequence[Manifest], service_port: int | str) -> list[Manifest]:
    chosen: dict[Key, Manifest] = {}
    for port in ports:
        key = _key("ports", port)
        if key not in chosen or port.get("name") == service_port:
            chosen[key] = port
    return list(chosen.values())


def _number(part: Any, numbers: dict[str, int]) -> None:
    """Replaces names of ports that are gone, wherever probes and hooks name one."""
    if isinstance(part, list):
        for item in part:
            _number(item, numbers)
    elif isinstance(part, dict):
        for field, value in part.items():
            if field == "port" and isinstance(value, str) and value in numbers:
                part[field] = numbers[value]
            elif field not in ("env", "ports"):
                _number(value, numbers)
