"""The tables of this folder, read from their CSV files once."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def read_table(name: str, package: str = "clinigait.gait.norms") -> tuple[Mapping[str, str], ...]:
    """Return the rows of a CSV file that lies beside the code.

    Parameters
    ----------
    name
        File name, for example ``spatiotemporal.csv``.
    package
        The package whose folder holds the file.
    """
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
