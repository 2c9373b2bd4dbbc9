"""The lab's node: does for its pods what a kubelet and a container runtime do, with processes of the machine.

As on any node: a network namespace and an address for each pod, a root of its own for each container, volumes,
variables, init containers and sidecars, probes, hooks, restarts with back-off, graceful ends, events, statuses, logs,
exec, attach, measurements.

Unlike other nodes: an image is played by a program of `lab.images`; a container's root is the machine's, overlaid;
`resources` are for the scheduler and for measurements, nothing enforces limits; users, capabilities, read-only roots
and other fields of a security context are not applied; there is no port-forward (`sluice lab forward` leads to
Services); and a program that is its container's first process gets signals as any other process does.
"""
