"""Who of a data set is wanted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clinigait.core import BadInputError


def natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts ``T2`` before ``T10``."""
    return [(int(p), "") if p.isdecimal() else (0, p) for p in re.split(r"(\d+)", name)]


def chosen_people(people: Sequence[str], wanted: str | None) -> set[str]:
    """Return the people that a list like ``Val_005,Diz_001`` or ``1-5,8`` names.

    Parameters
    ----------
    people
        Everybody, in the order that numbers count.
    wanted
        Names, numbers and ranges; None keeps all.

    Raises
    ------
    BadInputError
        If an entry names nobody.
    """
    if wanted is None:
        return set(people)
    kept: set[str] = set()
    for entry in (part.strip() for part in wanted.split(",") if part.strip()):
        span = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", entry)
        if entry in people:
            kept.add(entry)
        elif span and 1 <= int(span[1]) <= int(span[2] or span[1]) <= len(people):
            kept.update(people[int(span[1]) - 1 : int(span[2] or span[1])])
        else:
            raise BadInputError(
                f"Nobody in the data set is {entry[:40]}.",
                f"Choose from {', '.join(people[:60])}, or numbers from 1 to {len(people)}.",
            )
    if not kept:
        raise BadInputError("The list of subjects is empty.", "Name at least one person.")
    return kept
