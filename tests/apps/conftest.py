"""A dashboard on a store: pages as Streamlit's own test runs them, signed in as anybody."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

if find_spec("sqlalchemy") is None or find_spec("streamlit") is None:
    collect_ignore_glob = ["test_*.py"]  # the extra `clinic` is not installed
else:
    from support.dashboards import at, people  # noqa: F401
    from support.reviewing_fixtures import assessed_once, case  # noqa: F401
    from support.store_fixtures import clock, quick, store  # noqa: F401


@pytest.fixture
def url() -> None:
    """Take the built-in database: the store's own tests hold both."""


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Give the main module back: Streamlit puts a page in its place.

    A process that another test spawns afterwards would run that page before its own work.
    """
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before
