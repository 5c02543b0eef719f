"""Data sets by name or by their layout: one line each in the table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from clinigait.core import BadInputError
from clinigait.datasets import (
    gait_validation,
    jhu_frailty,
    manifest,
    opengait,
    pathological_gait,
    scoliosis1k,
    virtual_clinic,
)
from clinigait.datasets.options import StudyOptions
from clinigait.datasets.people import chosen_people, natural
from clinigait.datasets.study import Study


class DataSet(Protocol):
    """What the file of a data set has; the file itself is the adapter.

    ``NAME`` is what the user gives, ``LAYOUT`` what is looked for, ``TAKES`` which of the options
    ``record`` and ``labels`` mean something for it.
    """

    NAME: str
    LAYOUT: str
    TAKES: tuple[str, ...]

    def is_here(self, path: Path, /) -> bool:
        """Tell whether a path has the layout."""
        ...

    def study(self, path: Path, options: StudyOptions, /) -> Study:
        """Return the walks; raises BadInputError where they cannot be used."""
        ...


#: In the order in which layouts are tried: the general ones last.
DATA_SETS: tuple[DataSet, ...] = (
    manifest,
    virtual_clinic,
    pathological_gait,
    gait_validation,
    jhu_frailty,
    scoliosis1k,
    opengait,
)


def open_study(
    path: Path,
    name: str | None = None,
    subjects: str | None = None,
    *,
    record: str | None = None,
    labels: Path | None = None,
) -> Study:
    """Return the walks of a data set.

    Parameters
    ----------
    path
        Its folder, or a manifest.
    name
        Which data set it is; None finds out by the layout.
    subjects
        People to keep: names, or numbers and ranges in the order of the names (``1-5,8``).
    record
        Which of several records of each walk is read, where the data set has several.
    labels
        A CSV with the column ``label`` and one of ``sequence``, ``subject``, ``type``, for data
        sets that do not hold labels.

    Raises
    ------
    BadInputError
        If there is nothing at the path, its layout is none that is known, an option means nothing
        for it, or its content cannot be used.
    """
    if not path.exists():
        raise BadInputError(f"There is no {path.name[:80] or path}.", "Check its name and place.")
    data_set = _known(path, name)
    for option, given in (("record", record), ("labels", labels)):
        if given is not None and option not in data_set.TAKES:
            raise BadInputError(
                f"The data set {data_set.NAME} takes no --{option}.", f"Leave --{option} away."
            )
    found = data_set.study(path, StudyOptions(record, labels))
    if subjects is None:
        return found
    kept = chosen_people(sorted(found.people, key=natural), subjects)
    return replace(found, samples=tuple(s for s in found.samples if s.person in kept))


def _known(path: Path, name: str | None) -> DataSet:
    # Folders and modules spell names with the other stroke.
    name = name.replace("_", "-") if name else None
    by_name = {data_set.NAME: data_set for data_set in DATA_SETS}
    if name is not None:
        if name not in by_name:
            raise BadInputError(
                f"There is no data set {name[:40]}.", f"Choose of: {', '.join(by_name)}."
            )
        return by_name[name]
    for data_set in DATA_SETS:
        if data_set.is_here(path):
            return data_set
    looked = "; ".join(f"{data_set.NAME} ({data_set.LAYOUT})" for data_set in DATA_SETS)
    raise BadInputError(
        f"{path.name[:80] or 'This'} has the layout of no data set that is known.",
        f"Looked for: {looked}.",
    )
