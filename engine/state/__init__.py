"""What a stack remembers between runs: checkpoints, locks, history, configuration and secrets.

The files are Pulumi's own, so that a stack can be handed to the official CLI and back at any time.
"""
