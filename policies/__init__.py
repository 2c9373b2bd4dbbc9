"""A policy pack for progressive delivery. It stands alone: it knows manifests, not the code that made them."""
