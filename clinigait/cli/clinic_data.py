"""What the commands of a clinic's server share: where the data lie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinigait.core import BadInputError

if TYPE_CHECKING:
    from clinigait.store import Store

Data = Annotated[
    Path, typer.Option("--data", envvar="CLINIGAIT_DATA", help="Data folder of the clinic.")
]
# By the environment alone: a command line is there for everybody on the machine to read.
Url = Annotated[
    str | None,
    typer.Option("--database-url", envvar="CLINIGAIT_DATABASE_URL", hidden=True),
]


def need_clinic() -> None:
    """See whether the packages of the clinic's server are there.

    Raises
    ------
    BadInputError
        If not.
    """
    try:
        import alembic  # noqa: F401, PLC0415
        import argon2  # noqa: F401, PLC0415
        import cryptography  # noqa: F401, PLC0415
        import pyotp  # noqa: F401, PLC0415
        import sqlalchemy  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        raise BadInputError(
            f"The package {error.name} is not installed.",
            "Install the clinic's server: pip install 'clinigait[clinic]'.",
        ) from error


@contextmanager
def opened(data: Path, url: str | None, *, make: bool = False) -> Iterator[Store]:
    """Open a clinic's data for a command; made only where the command may begin a clinic.

    Raises
    ------
    BadInputError
        If there are none, or they cannot be opened.
    """
    need_clinic()
    from clinigait.store import open_store  # noqa: PLC0415  --help stays quick

    if not make and not (data.is_dir() and (data / "files").is_dir()):
        raise BadInputError(
            f"{data.name[:80]} is no data folder of a clinic.",
            "Give --data or CLINIGAIT_DATA; `clinigait users add NAME --role admin` begins one.",
        )
    store = open_store(data, url or None)
    try:
        yield store
    finally:
        store.close()
