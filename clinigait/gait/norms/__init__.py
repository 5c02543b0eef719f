"""Reference ranges, applied only to people they were measured on."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from clinigait.core import Reference, Subject


def reference_for(name: str, subject: Subject) -> Reference | None:
    """Return the reference range of a parameter for a person, or None where none applies.

    A range applies when age and sex are known and fit, and nothing is said of a condition
    (walking aid, brace, medication, footwear) that the reference population did not have.

    Parameters
    ----------
    name
        Name of the parameter.
    subject
        The person.
    """
    if subject.age_y is None or subject.sex is None or subject.condition:
        return None
    for row in _rows():
        fits = (
            row["parameter"] == name
            and row["sex"] == subject.sex
            and float(row["age_min_y"]) <= subject.age_y < float(row["age_max_y"]) + 1
        )
        if fits:
            return Reference(
                low=float(row["low"]),
                high=float(row["high"]),
                kind=row["kind"],
                population=row["population"],
                source=f"{row['source']}, doi {row['doi']}",
            )
    return None


@cache
def _rows() -> tuple[dict[str, str], ...]:
    table = files(__package__).joinpath("spatiotemporal.csv")
    return tuple(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
