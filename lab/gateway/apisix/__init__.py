"""APISIX: ApisixRoute documents of its ingress controller, and the metrics of its prometheus plugin."""
