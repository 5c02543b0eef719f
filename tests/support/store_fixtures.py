"""Fixtures of a store on either database."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from clinigait.store import Store, open_store
from support import postgres
from support.clinics import Clock, quick_passwords


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with quick_passwords():
        yield


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    why = postgres.missing()
    if why:
        pytest.skip(why)
    with postgres.server() as url:
        yield url


def new_database(server: str) -> str:
    """Make an empty database and return its URL."""
    name = f"clinic_{secrets.token_hex(6)}"
    url = server.replace("postgresql:", "postgresql+pg8000:")
    engine = create_engine(url + "postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server + name


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Return the URL of an empty database; None for the built-in one."""
    if request.param == "sqlite":
        return None
    return new_database(request.getfixturevalue("postgres_server"))


@pytest.fixture
def store(url: str | None, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    made = open_store(tmp_path / "data", url)
    yield Store(made.folder, made.engine, clock)
    made.close()
