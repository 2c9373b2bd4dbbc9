"""YAML as the libraries read it that Kubernetes and the official CLI are made with.

Python's reader takes `12:30` for a number, `1e3` for a text and `0o7` for one, too; both of the others do not. They
differ in `yes`, `no`, `on`, `off`, `y` and `n`: for Kubernetes these are truth values, in Pulumi's own files texts.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_INTEGER = r"[-+]?(?:0[bB][01_]+|0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|[1-9][0-9_]*|0)"
_FLOAT = (
    r"[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
# Of days, and of the numbers to the base of 60 that older readers know.
_TIMES = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}(?:[Tt ]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)?"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
)
_TEXT = "tag:yaml.org,2002:str"
_TRUTHS = ("true", "True", "TRUE", "false", "False", "FALSE")
_MORE_TRUTHS = tuple(
    form
    for word in ("y", "n", "yes", "no", "on", "off")
    for form in dict.fromkeys((word, word.capitalize(), word.upper()))
)
_FALSE = frozenset({"false", "n", "no", "off"})


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Timestamps stay texts, as they are in JSON."""

    yaml_implicit_resolvers: dict[str, Any] = {}


class KubernetesLoader(_Loader):
    """How Kubernetes reads manifests."""


class PulumiLoader(_Loader):
    """How the official CLI reads `Pulumi.yaml` and the files of stacks."""


def load(text: str, loader: type[_Loader] = PulumiLoader) -> Any:
    """The one document of a text. Raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=loader)


def load_all(text: str, loader: type[_Loader] = KubernetesLoader) -> list[Any]:
    """All documents of a text, with keys that are texts, as in JSON. Raises `yaml.YAMLError`."""
    return [_keyed(document) for document in yaml.load_all(text, Loader=loader)]


def is_ambiguous(text: str) -> bool:
    """Whether some reader takes the bare text for something else: a number, a truth value, a time, nothing."""
    if _TIMES.fullmatch(text):
        return True
    reader = KubernetesLoader("")
    try:
        return bool(reader.resolve(yaml.ScalarNode, text, (True, False)) != _TEXT)
    finally:
        reader.dispose()


def _keyed(value: Any) -> Any:
    if isinstance(value, dict):
        return {_key(key): _keyed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_keyed(item) for item in value]
    return value


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return key if isinstance(key, str) else f"{key:g}" if isinstance(key, float) else str(key)


def _number(loader: Any, node: Any) -> int | float:
    text = loader.construct_scalar(node).replace("_", "").lower()
    digits = text.lstrip("+-")
    if not re.fullmatch(_INTEGER, text):
        # `inf` and `nan` have a dot of their own in YAML.
        return float(text.replace(".", "") if digits in (".inf", ".nan") else text)
    octal = re.fullmatch(r"0o?([0-7]+)", digits)
    number = int(octal[1], 8) if octal else int(digits, 0)
    return -number if text.startswith("-") else number


def _truth(loader: Any, node: Any) -> bool:
    return str(loader.construct_scalar(node)).lower() not in _FALSE


def _prepare(loader: type[_Loader], truths: tuple[str, ...]) -> None:
    words = {word[0] for word in truths}
    for tag, pattern, starts in (
        ("merge", "<<", "<"),
        ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("bool", "|".join(truths), sorted(words)),
        ("int", f"{_INTEGER}|{_FLOAT}", "-+.0123456789"),
    ):
        loader.add_implicit_resolver(
            f"tag:yaml.org,2002:{tag}", re.compile(rf"(?:{pattern})\Z"), list(starts)
        )
    loader.add_constructor("tag:yaml.org,2002:int", _number)
    loader.add_constructor("tag:yaml.org,2002:float", _number)
    loader.add_constructor("tag:yaml.org,2002:bool", _truth)


_prepare(KubernetesLoader, (*_TRUTHS, *_MORE_TRUTHS))
_prepare(PulumiLoader, _TRUTHS)
