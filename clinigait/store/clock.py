"""The time of a session: that of the store's clock, so that tests can turn it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

NOW = "clinigait.now"


def now_ms(db: Session) -> int:
    """Return the time in milliseconds since 1970, UTC."""
    clock: Callable[[], int] = db.info[NOW]
    return clock()
