"""Properties try the same examples on every run, however fast the machine is."""

from hypothesis import settings

settings.register_profile("sluice", derandomize=True, deadline=None)
settings.load_profile("sluice")
