"""What Hypothesis tries: the same examples on every run, or with `--hypothesis-profile=explore` new ones.

Lets the tests import what they share by its path.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.databases import database_url, empty_database_url  # noqa: F401 - fixtures for all tests
from tests.postgres import empty_postgres_url, new_postgres_urls, postgres, postgres_url  # noqa: F401 - fixtures for all tests

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None, max_examples=1000)
settings.load_profile("ci")


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    """docs/generate.py, which writes the generated pages, as a module."""
    spec = importlib.util.spec_from_file_location("generate", Path(__file__).parents[1] / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look their module up by its name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
