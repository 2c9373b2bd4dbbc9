"""Service addresses and names inside the lab: what kube-proxy and a cluster's DNS do elsewhere."""
