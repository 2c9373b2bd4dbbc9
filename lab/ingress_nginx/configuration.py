"""A plan as nginx's configuration. Pure: values in, text out.

Each location has a chain of maps, of which each asks the next where it can't tell: header, cookie, share. The share is
drawn by the request's own random id, so that it is exact over many requests and needs no memory.

`keepalive_min_timeout` keeps a client's idle connection open while an old worker goes: without it the next request on
that connection would be lost whenever a weight changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.ingress_nginx.model import Alternative, Chooser, Location, Plan, Pool, Site

OWN = "own"
"""Name of the certificate that the controller shows where there is no other."""
WORKERS = 2
NOT_FOUND = "404 page not found"

TAB = "\t"
LOGGED = (
    "$namespace",
    "$ingress_name",
    "$service_name",
    "$canary",
    "$site",
    "$location_path",
    "$request_method",
    "$status",
    "$request_time",
    "$upstream_response_time",
)
"""What a line of the access log says, with tabs between."""


@dataclass(frozen=True)
class Places:
    """Where things are: the folder of certificates, the access log, and the ports."""

    certificates: Path
    log: Path
    plain: int = 80
    secure: int = 443


def configuration(plan: Plan, places: Places) -> str:
    """The whole of nginx.conf. Certificates are read as NAME.crt and NAME.key."""
    return "\n".join(_lines(plan, places)) + "\n"


def _lines(plan: Plan, places: Places) -> Iterator[str]:
    yield from (
        "daemon off;",
        "user root root;",  # the only user that there is in the lab's namespace
        f"worker_processes {WORKERS};",
        "pid nginx.pid;",
        "error_log stderr warn;",
        "events { worker_connections 4096; }",
        "http {",
        f"log_format line escape=none {_quoted(TAB.join(LOGGED))};",
        f"access_log {_quoted(str(places.log))} line;",
        "client_body_temp_path body; proxy_temp_path proxy;",
        "server_tokens off; keepalive_min_timeout 10s; keepalive_requests 1000;",
        "variables_hash_max_size 4096; server_names_hash_bucket_size 256; map_hash_bucket_size 256;",
        "map $http_upgrade $connection_header { default upgrade; '' ''; }",
        "proxy_http_version 1.1; proxy_buffering off; proxy_next_upstream error timeout;",
        "proxy_set_header Host $http_host; proxy_set_header X-Request-ID $request_id;",
        "proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_header;",
    )
    for pool in _pools(plan):
        yield from _upstream(pool)
    numbered = _numbered(plan)
    for location, number in numbered.items():
        if (alternative := location.alternative) and alternative.pool.nodes:
            yield from _choice(alternative, location.pool, number)
    for site in plan.sites:
        yield from _server(site, numbered, places)
    if not any(site.host == "" for site in plan.sites):
        yield from _server(Site("", ()), numbered, places)
    yield "}"


def _pools(plan: Plan) -> list[Pool]:
    """All that have nodes, each once."""
    found: dict[str, Pool] = {}
    for site in plan.sites:
        for location in site.locations:
            others = [location.alternative.pool] if location.alternative else []
            found.update({pool.name: pool for pool in (location.pool, *others) if pool.nodes})
    return [found[name] for name in sorted(found)]


def _numbered(plan: Plan) -> dict[Location, int]:
    every = (location for site in plan.sites for location in site.locations)
    return {location: number for number, location in enumerate(every)}


def _upstream(pool: Pool) -> Iterator[str]:
    yield f"upstream {pool.name} {{"
    yield from (f"server {node.address}:{node.port} max_fails=0;" for node in pool.nodes)
    yield "keepalive 64;"
    yield "}"


def _choice(alternative: Alternative, pool: Pool, number: int) -> Iterator[str]:
    """Variables `$pool_N` and `$canary_N`: who answers, and the canary's name where it does."""
    chooser, asked = alternative.chooser, f"$share_{number}"
    yield f'split_clients "$request_id" {asked} {{ {_share(chooser)} }}'
    if chooser.cookie:
        name = re.escape(chooser.cookie)
        wanted = {"~" + rf"(^|;\s*){name}={word}\s*(;|$)": chosen for word, chosen in _WORDS.items()}
        yield _map("$http_cookie", f"$cookie_{number}", wanted, asked)
        asked = f"$cookie_{number}"
    if chooser.header:
        variable = f"$http_{chooser.header.lower().replace('-', '_')}"
        yield _map(variable, f"$header_{number}", _of_header(chooser), asked)
        asked = f"$header_{number}"
    yield _map(asked, f"$pool_{number}", {"1": alternative.pool.name}, pool.name)
    yield _map(asked, f"$canary_{number}", {"1": alternative.pool.name}, "")


_WORDS = {"always": "1", "never": "0"}


def _of_header(chooser: Chooser) -> dict[str, str]:
    if chooser.value:
        return {f"~^{re.escape(chooser.value)}$": "1"}
    return {f"~{chooser.pattern}": "1"} if chooser.pattern else _WORDS


def _share(chooser: Chooser) -> str:
    """nginx takes hundredths of a percent, and no share of 0."""
    hundredths = min(10_000, chooser.weight * 10_000 // chooser.total)
    if hundredths in (0, 10_000):
        return f"* {hundredths // 10_000};"
    return f"{hundredths // 100}.{hundredths % 100:02}% 1; * 0;"


def _map(source: str, target: str, values: dict[str, str], default: str) -> str:
    listed = " ".join(f"{_quoted(key)} {_quoted(value)};" for key, value in values.items())
    return f"map {source} {target} {{ {listed} default {default or _quoted('')}; }}"


def _server(site: Site, numbered: dict[Location, int], places: Places) -> Iterator[str]:
    default = "" if site.host else " default_server"
    stem = places.certificates / (site.certificate or OWN)
    yield "server {"
    yield f"listen {places.plain}{default}; listen {places.secure} ssl{default};"
    yield f"server_name {_quoted(site.host or '_')};"
    yield f"ssl_certificate {_quoted(f'{stem}.crt')}; ssl_certificate_key {_quoted(f'{stem}.key')};"
    yield f"set $site {_quoted(site.host or '_')}; set $canary '';"
    yield "set $namespace ''; set $ingress_name ''; set $service_name ''; set $location_path '';"
    for location in site.locations:
        yield from _location(location, numbered[location], site.redirects)
    if not any(location.path == "/" and not location.exact for location in site.locations):
        yield f"location / {{ return 404 {_quoted(NOT_FOUND)}; }}"
    yield "}"


def _location(location: Location, number: int, redirects: bool) -> Iterator[str]:
    """A prefix ends at a `/`: `/api` is not the beginning of `/apis`."""
    below = location.path.rstrip("/")
    matches = [f"= {_quoted(location.path)}"] if location.exact or below else []
    matches += [] if location.exact else [_quoted(f"{below}/")]
    for match in matches:
        yield f"location {match} {{"
        yield f"set $namespace {_quoted(location.namespace)}; set $ingress_name {_quoted(location.ingress)};"
        yield f"set $service_name {_quoted(location.service)}; set $location_path {_quoted(location.path)};"
        if redirects:
            yield 'if ($scheme = http) { return 308 "https://$host$request_uri"; }'
        yield from _answer(location, number)
        yield "}"


def _answer(location: Location, number: int) -> Iterator[str]:
    """A canary without nodes gets nobody: ingress-nginx asks the others then."""
    if (alternative := location.alternative) and alternative.pool.nodes:
        yield f"set $canary $canary_{number};"
        if not location.pool.nodes:
            yield "if ($canary = '') { return 503; }"
        yield f"proxy_pass http://$pool_{number};"
    elif location.pool.nodes:
        yield f"proxy_pass http://{location.pool.name};"
    else:
        yield "return 503;"


def _quoted(text: str) -> str:
    """A word of nginx's language that means the text itself. `$` has no escape there; a text with one is refused by
    nginx where it names no variable."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
