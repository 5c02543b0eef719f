"""Stores on both databases."""

from support.store_fixtures import clock, postgres_server, quick, store, url  # noqa: F401
