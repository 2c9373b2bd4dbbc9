"""The agent of Istio's proxies, played beside a real Envoy."""
