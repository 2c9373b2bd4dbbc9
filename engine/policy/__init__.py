"""Policy packs: each runs as its own process and judges resources before they are touched."""
