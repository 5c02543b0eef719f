"""Fixtures of a store on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.event import listen

from clinigait.store import Store, open_store
from support import postgres
from support.clinics import Clock, quick_passwords, unprobed


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with quick_passwords(), unprobed():
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


def emptied(server: str) -> str:
    """Empty the server's one database, which is quicker than to make another; return its URL."""
    url = f"{server}postgres"
    engine = create_engine(url.replace("postgresql:", "postgresql+pg8000:"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Return the URL of an empty database; None for the built-in one."""
    if request.param == "sqlite":
        return None
    return emptied(request.getfixturevalue("postgres_server"))


@pytest.fixture
def store(url: str | None, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    made = open_store(tmp_path / "data", url)
    if url is None:  # a test has no power cut to fear, and a busy disk is slow
        listen(made.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        made.engine.dispose()
    yield Store(made.folder, made.engine, clock)
    made.close()
