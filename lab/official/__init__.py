"""The official Pulumi engine: its CLI, its Kubernetes provider, and a host for programs and policy packs in Python."""
