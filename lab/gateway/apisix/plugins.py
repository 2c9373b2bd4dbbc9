"""The plugins of an ApisixRoute rule, as filters of a route."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lab.gateway.apisix.expressions import texts
from lab.gateway.model import Cors, Filters, Mirror, Rewrite

Document = Mapping[str, Any]
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Plugins:
    """What the plugins of one rule come to. `ignored` names what is not played, for the route's status."""

    filters: Filters = field(default_factory=Filters)
    measured: bool = False
    prefer_name: bool = False
    ignored: tuple[str, ...] = ()


def read(plugins: Iterable[Document]) -> Plugins:
    """The plugins that are enabled, each applied in turn."""
    result = Plugins()
    for plugin in plugins:
        config = plugin.get("config") or {}
        if (
            not plugin.get("enable", False)
            or (config.get("_meta") or {}).get("disable")
            or config.get("disable")
        ):
            continue
        apply = PLUGINS.get(plugin["name"]) or _unknown(plugin["name"])
        result = apply(result, config)
    return result


def _prometheus(plugins: Plugins, config: Document) -> Plugins:
    return replace(plugins, measured=True, prefer_name=bool(config.get("prefer_name")))


def _proxy_mirror(plugins: Plugins, config: Document) -> Plugins:
    percent = round(100 * float(config.get("sample_ratio", 1)))
    mirror = Mirror(str(config["host"]), min(100, max(1, percent)))
    plugins = _without(plugins, "proxy-mirror", config, "path", "path_concat_mode")
    return replace(plugins, filters=replace(plugins.filters, mirror=mirror))


def _proxy_rewrite(plugins: Plugins, config: Document) -> Plugins:
    headers = _headers(config.get("headers") or {})
    if config.get("host"):
        headers = (*headers, ("Host", str(config["host"])))
    pattern, replacement, *_ = texts(config.get("regex_uri") or ["", ""])
    rewrite = Rewrite(str(config.get("uri", "")), (pattern, replacement), headers)
    plugins = _without(plugins, "proxy-rewrite", config, "method", "use_real_request_uri_unsafe")
    return replace(plugins, filters=replace(plugins.filters, rewrite=rewrite))


def _response_rewrite(plugins: Plugins, config: Document) -> Plugins:
    headers = _headers(config.get("headers") or {})
    plugins = _without(plugins, "response-rewrite", config, "body", "status_code", "filters", "vars")
    return replace(plugins, filters=replace(plugins.filters, answer_headers=headers))


def _cors(plugins: Plugins, config: Document) -> Plugins:
    cors = Cors(
        origins=_listed(config.get("allow_origins", "*")),
        methods=_listed(config.get("allow_methods", "*")),
        headers=_listed(config.get("allow_headers", "*")),
        exposed=_listed(config.get("expose_headers", "")),
        max_age=int(config.get("max_age", 5)),
        credentials=bool(config.get("allow_credential")),
    )
    return replace(plugins, filters=replace(plugins.filters, cors=cors))


PLUGINS: dict[str, Callable[[Plugins, Document], Plugins]] = {
    "prometheus": _prometheus,
    "proxy-mirror": _proxy_mirror,
    "proxy-rewrite": _proxy_rewrite,
    "response-rewrite": _response_rewrite,
    "cors": _cors,
}


def _unknown(name: str) -> Callable[[Plugins, Document], Plugins]:
    def ignore(plugins: Plugins, _: Document) -> Plugins:
        known = ", ".join(PLUGINS)
        return replace(plugins, ignored=(*plugins.ignored, f"plugin {name} (known: {known})"))

    return ignore


def _without(plugins: Plugins, name: str, config: Document, *options: str) -> Plugins:
    ignored = tuple(f"option {option} of plugin {name}" for option in options if option in config)
    return replace(plugins, ignored=(*plugins.ignored, *ignored))


def _headers(config: Document) -> Headers:
    """Headers to set, from the form with `set`, `add` and `remove` or the older flat one. Adding is setting."""
    if not {"set", "add", "remove"} & set(config):
        return tuple((name, str(value)) for name, value in config.items())
    added = config.get("add") or {}
    pairs = (
        [tuple(entry.split(":", 1)) for entry in added] if isinstance(added, list) else list(added.items())
    )
    pairs += list((config.get("set") or {}).items())
    removed = [(name, "") for name in config.get("remove") or ()]
    return tuple((name.strip(), str(value).strip()) for name, value in [*pairs, *removed])


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
