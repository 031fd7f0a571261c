"""What Hypothesis tries: the same examples on every run, or with `--hypothesis-profile=explore` new ones."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None, max_examples=1000)
settings.load_profile("ci")
