"""A real Kubernetes cluster with one node on this machine, without containers; see `docs/lab.md`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.cluster import Lab

__all__ = ["Lab"]


def __getattr__(name: str) -> Any:
    """`lab.Lab` is loaded when it is asked for: each process of a lab imports this package and few need that."""
    if name == "Lab":
        from lab.cluster import Lab

        return Lab
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
