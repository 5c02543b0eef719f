"""Labels that a data set does not hold, from a table that the user gives and answers for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clinigait.core import BadInputError
from clinigait.datasets.table import number, read_table, refuse_faults

#: What a row may speak of; a table has one of these columns, beside ``label``.
KEYS = ("sequence", "subject", "type")


@dataclass(frozen=True)
class Labels:
    """Labels by sequence, subject or type of walk.

    Parameters
    ----------
    key
        What the names in ``table`` are, one of :data:`KEYS`.
    table
        Labels by name.
    """

    key: str
    table: Mapping[str, str]

    def of(self, **names: str) -> str | None:
        """Return the label of a walk, given its names by key; None where the table has none."""
        return self.table.get(names.get(self.key, ""))

    def check_used(self, known: set[str], path: Path) -> None:
        """Refuse a table that speaks of nobody who is there.

        Raises
        ------
        BadInputError
            If none of its names is in the data set.
        """
        if not known & set(self.table):
            raise BadInputError(
                f"No {self.key} of {path.name} is in the data set, such as "
                f"{next(iter(self.table))[:40]}.",
                f"Use names like {next(iter(sorted(known)), 'those of the folders')[:60]}.",
            )


def read_labels(path: Path) -> Labels:
    """Read a CSV with the column ``label`` and one of ``sequence``, ``subject`` or ``type``.

    Labels are words. Numbers are refused: published tables of labels have been found to
    contradict their own key.

    Raises
    ------
    BadInputError
        If it cannot be used; all faults at once.
    """
    columns, rows = read_table(path, ("label",))
    keys = [key for key in KEYS if key in columns]
    if len(keys) != 1:
        raise BadInputError(
            f"{path.name} does not say what its labels belong to.",
            f"Give exactly one of the columns {', '.join(KEYS)}.",
        )
    table: dict[str, str] = {}
    faults = []
    for row in rows:
        name, label = row.get(keys[0]), row.get("label")
        if not name or not label:
            faults.append(f"line {row.line} has no {'label' if name else keys[0]}")
        elif number(label) is not None:
            faults.append(f"line {row.line} has the number {label[:20]} where a label in words is")
        elif table.setdefault(name, label) != label:
            faults.append(f"line {row.line} gives {name[:40]} a second label")
    refuse_faults(path, faults)
    return Labels(keys[0], table)
