"""ingress-nginx: Ingresses in, requests through a real nginx, and the controller's own metrics."""
