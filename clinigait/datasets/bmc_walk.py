"""BMC: two walks of one person, motion capture over force plates (github demotu/BMC, CC BY 4.0).

Markers in ``walk1.trc`` and ``walk2.trc`` (150 Hz), forces of seven plates in ``walk1.forces`` and
``walk2.forces`` (450 Hz). A foot is on the ground while its plate carries more than 20 N; plates
that are loaded when the record begins or ends tell only the other end of that step. Two walks
are a check, never a place to tune.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, EventKind, Walk
from clinigait.io.trc import read_trc

NAME = "bmc-walk"
_WALKS = ("walk1", "walk2")
_PLATES = 7
_COLUMNS_A_PLATE = 7
_FORCE_RATE_HZ = 450.0
_LOADED_N = 20.0
#: Nothing shorter is a step.
_SHORTEST_S = 0.3
#: A plate that is loaded this near to the end of the record was loaded or left outside of it.
_EDGE_S = 0.01
_MAX_BYTES = 100_000_000


@dataclass(frozen=True, eq=False)
class PlateWalk:
    """One walk and what the plates say of it.

    Parameters
    ----------
    name
        File stem.
    walk
        The markers.
    events_s
        Times at which a foot met or left a plate, by kind of event.
    steps
        The forces of every foot that stood on a plate, in order of time.
    """

    name: str
    walk: Walk
    events_s: dict[EventKind, NDArray[np.float64]]
    steps: tuple[PlateStep, ...] = ()

    def weight_n(self) -> float:
        """Return the body weight: mean of the vertical force over the steps that plates carry.

        From the first contact at which the other foot stands on a plate to the last one.
        """
        starts = [s.start_s for s in self.steps]
        first = next(b.start_s for a, b in pairwise(self.steps) if a.end_s > b.start_s)
        time_s = self.steps[0].time_s
        during = (time_s >= first) & (time_s < starts[-1])
        return float(np.sum([s.up_n for s in self.steps], axis=0)[during].mean())


@dataclass(frozen=True, eq=False)
class PlateStep:
    """What a plate says of one foot's stay on it.

    Parameters
    ----------
    start_s, end_s
        When it was loaded.
    is_whole
        Whether both lie within the record.
    time_s
        (T,) clock of the plates.
    forward_n, up_n
        (T,) force on the foot, in the direction of the walk and up.
    """

    start_s: float
    end_s: float
    is_whole: bool
    time_s: NDArray[np.float64]
    forward_n: NDArray[np.float64]
    up_n: NDArray[np.float64]


def plate_walks(root: Path) -> tuple[PlateWalk, ...]:
    """Read the two walks.

    Raises
    ------
    BadInputError
        If a file is missing or cannot be used.
    """
    found = []
    for name in _WALKS:
        walk, path = read_trc(root / f"{name}.trc"), root / f"{name}.forces"
        found.append(PlateWalk(name, walk, plate_events_s(path), plate_steps(path)))
    return tuple(found)


def plate_events_s(path: Path) -> dict[EventKind, NDArray[np.float64]]:
    """Return when plates were stepped on and left.

    Raises
    ------
    BadInputError
        If the file is not a table of seven plates.
    """
    steps = plate_steps(path)
    last_s = steps[0].time_s[-1] if steps else 0.0
    contacts = [s.start_s for s in steps if s.start_s > _EDGE_S]
    offs = [s.end_s for s in steps if s.end_s < last_s - _EDGE_S]
    return {
        EventKind.INITIAL_CONTACT: np.sort(np.array(contacts)),
        EventKind.FOOT_OFF: np.sort(np.array(offs)),
    }


def plate_steps(path: Path) -> tuple[PlateStep, ...]:
    """Return the forces of every foot that stood on a plate, in order of time.

    The walks go along the first axis of the laboratory, whose second one is up.

    Raises
    ------
    BadInputError
        If the file is not a table of seven plates.
    """
    forces = _forces(path)
    time_s = np.arange(len(forces)) / _FORCE_RATE_HZ
    edge = round(_EDGE_S * _FORCE_RATE_HZ)
    found = []
    for plate in range(_PLATES):
        forward, *upright = forces[:, 1 + _COLUMNS_A_PLATE * plate :][:, :3].T
        up = max(upright, key=lambda force: float(np.abs(force).max()))
        loaded = np.abs(up) > _LOADED_N
        edges = np.flatnonzero(np.diff(np.concatenate([[False], loaded, [False]]).astype(np.int8)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            start_s, end_s = start / _FORCE_RATE_HZ, end / _FORCE_RATE_HZ
            if end_s - start_s >= _SHORTEST_S:
                whole = start > edge and end < len(forces) - 1 - edge
                found.append(PlateStep(start_s, end_s, bool(whole), time_s, forward, up))
    return tuple(sorted(found, key=lambda step: step.start_s))


def _forces(path: Path) -> NDArray[np.float64]:
    broken = BadInputError(
        f"{path.name} is not a table of {_PLATES} force plates.", "Fetch the file again."
    )
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise broken
        lines = path.read_text(encoding="latin1").splitlines()
        head = next(number for number, line in enumerate(lines) if "FX1" in line)
        rows = [line.split() for line in lines[head + 1 :] if line.strip()]
        table = np.array([[float(cell) for cell in row] for row in rows])
    except (OSError, ValueError, StopIteration) as error:
        raise broken from error
    if table.ndim != 2 or table.shape[1] < 1 + _PLATES * _COLUMNS_A_PLATE or len(table) < 2:
        raise broken
    return table
