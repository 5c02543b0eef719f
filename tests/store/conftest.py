"""Stores on both databases."""

from importlib.util import find_spec

if find_spec("sqlalchemy") is None:
    collect_ignore_glob = ["test_*.py"]  # the extra `clinic` is not installed
else:
    from support.store_fixtures import clock, postgres_server, quick, store, url  # noqa: F401
