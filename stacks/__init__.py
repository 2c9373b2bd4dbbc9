"""The stacks of each environment: their settings, and the programs that declare them."""

from stacks.environments import ENVIRONMENTS, settings_for
from stacks.settings import Settings

__all__ = ["ENVIRONMENTS", "Settings", "settings_for"]
