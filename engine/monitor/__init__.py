"""The engine's side of the protocol that programs speak."""
