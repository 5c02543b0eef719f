"""Agreement of foot events with force plates."""

from __future__ import annotations

from pathlib import Path

from clinigait.core import BadInputError, Event, EventKind
from clinigait.datasets import bmc_walk
from clinigait.datasets.people import chosen_people
from clinigait.gait.events import detect_events
from clinigait.gait.filtering import evened, with_seen_points
from clinigait.gait.scene import scene_of
from clinigait.training.validate import Progress, Row, Validation, summarised, written

_PERSON = "bmc"
#: An event farther from every plate's than this is another one.
_SAME_S = 0.15


def validate_plates(
    root: Path, out: Path, subjects: str | None = None, progress: Progress | None = None
) -> Validation:
    """Hold foot events against the force plates of the two BMC walks.

    Two walks of one person: no interval over people can be had, and nothing was tuned on them.

    Parameters
    ----------
    root
        Folder with ``walk1.trc``, ``walk1.forces`` and so on.
    out
        Folder for the tables and pictures.
    subjects
        There is only one person.
    progress
        Called with the number of walks done and of all.

    Raises
    ------
    BadInputError
        If the data set or the folder cannot be used; nothing is left behind.
    """
    if not root.is_dir():
        raise BadInputError(f"There is no folder {root.name[:80]}.", "Give the data set's folder.")
    chosen_people([_PERSON], subjects)
    walks = bmc_walk.plate_walks(root)
    rows: list[Row] = []
    for number, measured in enumerate(walks):
        rows += _rows_of(measured)
        if progress is not None:
            progress(number + 1, len(walks))
    return written(summarised(tuple(rows), len(walks), {}), out)


def _rows_of(measured: bmc_walk.PlateWalk) -> list[Row]:
    walk = with_seen_points(measured.walk)
    scene = scene_of(walk, evened(walk), None, "overground")
    events: list[Event] = []
    for bout in scene.bouts(steady=True):
        events += detect_events(scene.oriented(bout))
    rows: list[Row] = []
    for kind, times_s in measured.events_s.items():
        free = [e for e in events if e.kind is kind]
        for time_s in times_s:
            nearest = min(free, key=lambda e: abs(e.time_s - time_s), default=None)
            if nearest is not None and abs(nearest.time_s - time_s) <= _SAME_S:
                free.remove(nearest)
            else:
                nearest = None
            rows.append(_row(measured.name, kind, float(time_s), nearest))
    return rows


def _row(trial: str, kind: EventKind, truth_s: float, found: Event | None) -> Row:
    name = f"{kind.value}_s"
    if found is None:
        return Row(trial, _PERSON, name, "both", None, truth_s, reason="no event was found here")
    half = 1.96 * found.uncertainty_s
    return Row(
        trial, _PERSON, name, "both", found.time_s, truth_s,
        found.time_s - half, found.time_s + half,
    )  # fmt: skip
