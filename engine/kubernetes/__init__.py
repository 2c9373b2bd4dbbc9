"""The kubernetes provider of the engine, speaking to API servers itself."""

from engine.kubernetes.package import KubernetesPackage

__all__ = ["KubernetesPackage"]
