"""When an assessment was made."""

from __future__ import annotations

from datetime import datetime


def moment_of(created_at: str) -> datetime | None:
    """Return an ISO 8601 time, or None where the text is none."""
    try:
        return datetime.fromisoformat(created_at)
    except ValueError:
        return None
